// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LogAnchor} from "../src/LogAnchor.sol";
import {SignerQuorum} from "../src/SignerQuorum.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {vm} from "./Vm.sol";

/**
 * @dev A log, its signer and its owner in one hand, which is honest in `grow` and tries everything
 * else in the other functions. It remembers what it has anchored, and whether a lie got through.
 */
contract LogHandler {
    uint256 private constant KEY = 7;

    LogAnchor public immutable anchor;
    bool public lied;
    uint256 public refused;
    uint64[] private _sizes;
    bytes32[] private _roots;
    bytes32[] private _entries;

    constructor() {
        address[] memory signers = new address[](1);
        signers[0] = vm.addr(KEY);
        anchor = new LogAnchor("ledger.example/log/site-1", signers, 1, address(this));
        grow(0);
    }

    /// @dev The log grows by some entries and is anchored.
    function grow(uint8 by) public {
        uint256 from = _entries.length;
        uint256 to = from + 1 + (by % 9);
        while (_entries.length < to) _entries.push(keccak256(abi.encode(_entries.length, by)));
        bytes32 root = ReferenceTree.treeHash(_entries, 0, to);
        bytes32[] memory proof = _proof(_entries, to);
        vm.warp(block.timestamp + 12);
        anchor.submit(uint64(to), root, proof, _sign(uint64(to), root));
        _sizes.push(uint64(to));
        _roots.push(root);
    }

    /// @dev One old entry is replaced, and everything after it computed and signed anew.
    function rewrite(uint256 place, uint8 by) external {
        uint256 to = _entries.length + 1 + (by % 9);
        bytes32[] memory forged = new bytes32[](to);
        for (uint256 i = 0; i < _entries.length; ++i) forged[i] = _entries[i];
        place %= _entries.length;
        forged[place] = ~forged[place];
        _lie(uint64(to), ReferenceTree.treeHash(forged, 0, to), _proof(forged, to));
    }

    /// @dev An earlier or equal size, with the root that it had or any other.
    function shrink(uint64 size, bytes32 root, bool honest) external {
        size = uint64(size % (_entries.length + 1));
        if (honest) root = ReferenceTree.treeHash(_entries, 0, size);
        _lie(size, root, new bytes32[](0));
    }

    /// @dev A larger size with a root and a proof that were made up.
    function invent(uint64 by, bytes32 root, bytes32[] calldata proof) external {
        _lie(uint64(_entries.length) + 1 + (by % 1000), root, proof);
    }

    /// @dev The owner changes who signs: it must not help.
    function rotate(uint256 key) external {
        address signer = vm.addr(1 + (key % 1000));
        if (!anchor.isSigner(signer)) anchor.addSigner(signer);
        else if (signer != vm.addr(KEY)) anchor.removeSigner(signer);
    }

    function count() external view returns (uint256) {
        return _sizes.length;
    }

    function anchored(uint256 i) external view returns (uint64 size, bytes32 root) {
        return (_sizes[i], _roots[i]);
    }

    function proofBetween(uint256 i, uint256 j) external view returns (bytes32[] memory) {
        return ReferenceTree.proof(_sizes[i], _entries, _sizes[j]);
    }

    function _lie(uint64 size, bytes32 root, bytes32[] memory proof) private {
        try anchor.submit(size, root, proof, _sign(size, root)) {
            lied = true;
        } catch {
            ++refused;
        }
    }

    function _proof(
        bytes32[] memory entries,
        uint256 to
    ) private view returns (bytes32[] memory proof) {
        if (_sizes.length == 0) return proof;
        return ReferenceTree.proof(_sizes[_sizes.length - 1], entries, to);
    }

    function _sign(
        uint64 size,
        bytes32 root
    ) private view returns (SignerQuorum.Signature[] memory signatures) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, anchor.checkpointDigest(size, root));
        signatures = new SignerQuorum.Signature[](1);
        bytes32 packed = bytes32(uint256(s) | (uint256(v - 27) << 255));
        signatures[0] = SignerQuorum.Signature(r, packed);
    }
}
