// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleTree} from "../src/MerkleTree.sol";
import {ReferenceTree} from "./ReferenceTree.sol";

/// @dev The optimised verifier against the recursive reference, over trees that the fuzzer chooses.
contract MerkleTreeTest {
    uint256 private constant LARGEST = 70;

    function prefix(
        uint256 from,
        uint256 to,
        bytes32 fromRoot,
        bytes32 toRoot,
        bytes32[] calldata proof
    ) external view {
        MerkleTree.requirePrefix(from, to, fromRoot, toRoot, proof);
    }

    function included(
        uint256 index,
        uint256 size,
        bytes32 leaf,
        bytes32 root,
        bytes32[] calldata proof
    ) external view {
        MerkleTree.requireIncluded(index, size, leaf, root, proof);
    }

    function testFuzz_hashesAreTheCompilersOwn(bytes32 left, bytes32 right) external view {
        assert(MerkleTree.leafHash(left) == sha256(abi.encodePacked(bytes1(0x00), left)));
        bytes32 node = sha256(abi.encodePacked(bytes1(0x01), left, right));
        assert(MerkleTree.nodeHash(left, right) == node);
    }

    /// @dev The assembly leaves the memory as it found it, but for the scratch space.
    function testFuzz_hashesTouchNoMemoryInUse(bytes32 left, bytes memory kept) external view {
        bytes32 before = keccak256(kept);
        uint256 free;
        uint256 zero;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        MerkleTree.nodeHash(left, MerkleTree.leafHash(left));
        uint256 freeAfter;
        assembly ("memory-safe") {
            freeAfter := mload(0x40)
            zero := mload(0x60)
        }
        assert(freeAfter == free && zero == 0 && keccak256(kept) == before);
    }

    function testFuzz_honestPrefixIsProved(uint256 from, uint256 to, bytes32 seed) external view {
        to = 1 + (to % LARGEST);
        from = 1 + (from % to);
        bytes32[] memory entries = _entries(seed, to);
        bytes32[] memory proof = ReferenceTree.proof(from, entries, to);
        this.prefix(from, to, _root(entries, from), _root(entries, to), proof);
    }

    function testFuzz_honestEntryIsProved(uint256 index, uint256 size, bytes32 seed) external view {
        size = 1 + (size % LARGEST);
        index %= size;
        bytes32[] memory entries = _entries(seed, size);
        bytes32[] memory proof = ReferenceTree.path(index, entries, 0, size);
        bytes32 leaf = MerkleTree.leafHash(entries[index]);
        this.included(index, size, leaf, _root(entries, size), proof);
    }

    /// @dev One entry of the smaller tree is another one: no change of history gets through.
    function testFuzz_rewrittenHistoryIsRefused(
        uint256 from,
        uint256 to,
        uint256 place,
        bytes32 seed
    ) external view {
        to = 2 + (to % LARGEST);
        from = 1 + (from % (to - 1));
        bytes32[] memory entries = _entries(seed, to);
        bytes32 fromRoot = _root(entries, from);
        entries[place % from] = ~entries[place % from];
        bytes32[] memory proof = ReferenceTree.proof(from, entries, to);
        bytes32 toRoot = _root(entries, to);
        try this.prefix(from, to, fromRoot, toRoot, proof) {
            assert(false);
        } catch (bytes memory reason) {
            // A power of two is its own seed, so there the other root is what does not fit.
            bytes4 wanted = from & (from - 1) == 0
                ? MerkleTree.RootMismatch.selector
                : MerkleTree.FromRootMismatch.selector;
            assert(bytes4(reason) == wanted);
        }
    }

    /// @dev Whatever the fuzzer makes up, it proves nothing.
    function testFuzz_inventedProofIsRefused(
        uint256 from,
        uint256 to,
        bytes32[] calldata proof,
        bytes32 seed
    ) external view {
        to = 2 + (to % LARGEST);
        from = 1 + (from % (to - 1));
        bytes32[] memory entries = _entries(seed, to);
        try this.prefix(from, to, _root(entries, from), _root(entries, to), proof) {
            assert(false);
        } catch {}
        bytes32 leaf = MerkleTree.leafHash(entries[from]);
        try this.included(from, to, leaf, _root(entries, to), proof) {
            assert(false);
        } catch {}
    }

    /// @dev One bit of an honest proof is turned over.
    function testFuzz_damagedProofIsRefused(
        uint256 from,
        uint256 to,
        uint256 bitAt,
        bytes32 seed
    ) external view {
        to = 2 + (to % LARGEST);
        from = 1 + (from % (to - 1));
        bytes32[] memory entries = _entries(seed, to);
        bytes32[] memory proof = ReferenceTree.proof(from, entries, to);
        uint256 place = (bitAt >> 8) % proof.length;
        proof[place] ^= bytes32(uint256(1) << (bitAt & 0xff));
        try this.prefix(from, to, _root(entries, from), _root(entries, to), proof) {
            assert(false);
        } catch {}
    }

    function _entries(
        bytes32 seed,
        uint256 count
    ) private pure returns (bytes32[] memory entries) {
        entries = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) entries[i] = keccak256(abi.encode(seed, i));
    }

    function _root(bytes32[] memory entries, uint256 size) private pure returns (bytes32) {
        return ReferenceTree.treeHash(entries, 0, size);
    }
}
