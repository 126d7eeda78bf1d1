// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LogAnchor} from "../src/LogAnchor.sol";
import {SignerQuorum} from "../src/SignerQuorum.sol";
import {vm} from "./Vm.sol";

/// @dev First anchors, which need signatures and no proof.
contract SignerQuorumTest {
    uint256 private constant ORDER =
        0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function testFuzz_quorumAnchors(uint256 key, uint64 size, bytes32 root) external {
        (LogAnchor anchor, uint256[2] memory keys) = _deploy(key);
        size = 1 + (size % ((1 << 53) - 1));
        anchor.submit(size, root, new bytes32[](0), _sign(anchor, keys, size, root));
        LogAnchor.Anchor memory latest = anchor.latest();
        assert(latest.size == size && latest.root == root && latest.previousSize == 0);
        assert(latest.blockTime == block.timestamp && anchor.anchorCount() == 1);
    }

    function testFuzz_signatureForAnotherCheckpointIsRefused(
        uint256 key,
        uint64 size,
        bytes32 root,
        uint64 otherSize,
        bytes32 otherRoot
    ) external {
        (LogAnchor anchor, uint256[2] memory keys) = _deploy(key);
        size = 1 + (size % ((1 << 53) - 1));
        vm.assume(size != otherSize || root != otherRoot);
        SignerQuorum.Signature[] memory signatures = _sign(anchor, keys, otherSize, otherRoot);
        _requireRefused(anchor, size, root, signatures);
    }

    function testFuzz_signatureForAnotherContractIsRefused(uint256 key, bytes32 root) external {
        (LogAnchor one, uint256[2] memory keys) = _deploy(key);
        (LogAnchor two, ) = _deploy(key);
        _requireRefused(two, 9, root, _sign(one, keys, 9, root));
    }

    function testFuzz_strangerIsRefused(uint256 key, uint256 other, bytes32 root) external {
        (LogAnchor anchor, uint256[2] memory keys) = _deploy(key);
        other = 1 + (other % (ORDER - 1));
        vm.assume(other != keys[0] && other != keys[1]);
        address stranger = vm.addr(other);
        uint256[2] memory mixed = stranger < vm.addr(keys[1])
            ? [other, keys[1]]
            : [keys[1], other];
        _requireRefused(anchor, 9, root, _sign(anchor, mixed, 9, root));
    }

    /// @dev Bytes that nobody signed: they recover to nobody, or to somebody who does not count.
    function testFuzz_inventedSignatureIsRefused(
        uint256 key,
        bytes32 root,
        SignerQuorum.Signature[] calldata signatures
    ) external {
        (LogAnchor anchor, ) = _deploy(key);
        _requireRefused(anchor, 9, root, signatures);
    }

    function testFuzz_onlyTheOwnerChangesSigners(uint256 key, address caller) external {
        (LogAnchor anchor, uint256[2] memory keys) = _deploy(key);
        vm.assume(caller != address(this));
        address signer = vm.addr(keys[0]);
        vm.prank(caller);
        try anchor.removeSigner(signer) {
            assert(false);
        } catch {}
        vm.prank(caller);
        try anchor.setThreshold(1) {
            assert(false);
        } catch {}
        assert(anchor.isSigner(signer) && anchor.threshold() == 2);
    }

    function _requireRefused(
        LogAnchor anchor,
        uint64 size,
        bytes32 root,
        SignerQuorum.Signature[] memory signatures
    ) private {
        try anchor.submit(size, root, new bytes32[](0), signatures) {
            assert(false);
        } catch {}
        assert(anchor.anchorCount() == 0);
    }

    /// @dev Two signers, both needed, by ascending address; this test is the owner.
    function _deploy(uint256 key) private returns (LogAnchor anchor, uint256[2] memory keys) {
        key = 1 + (key % (ORDER - 2));
        keys = vm.addr(key) < vm.addr(key + 1) ? [key, key + 1] : [key + 1, key];
        address[] memory signers = new address[](2);
        (signers[0], signers[1]) = (vm.addr(keys[0]), vm.addr(keys[1]));
        anchor = new LogAnchor("ledger.example/log/site-1", signers, 2, address(this));
    }

    function _sign(
        LogAnchor anchor,
        uint256[2] memory keys,
        uint64 size,
        bytes32 root
    ) private view returns (SignerQuorum.Signature[] memory signatures) {
        bytes32 digest = anchor.checkpointDigest(size, root);
        signatures = new SignerQuorum.Signature[](2);
        for (uint256 i = 0; i < 2; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[i], digest);
            uint256 packed = uint256(s) | (uint256(v - 27) << 255);
            signatures[i] = SignerQuorum.Signature(r, bytes32(packed));
        }
    }
}
