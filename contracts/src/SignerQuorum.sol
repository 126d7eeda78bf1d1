// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownership} from "./Ownership.sol";

/**
 * @title Quorum of signers
 * @notice A set of secp256k1 keys, of which `threshold` different ones must sign. The owner may
 * change the set, and can never lower it below the threshold or the threshold to zero.
 */
abstract contract SignerQuorum is Ownership {
    /// @notice A compact signature (ERC-2098): the highest bit of `yParityAndS` is the parity of y.
    struct Signature {
        bytes32 r;
        bytes32 yParityAndS;
    }

    /// @dev Half of the order of secp256k1. A larger s is the second spelling of a signature.
    uint256 private constant HALF_ORDER =
        0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    mapping(address signer => bool) private _isSigner;
    // The heir's small fields follow in the same slot, so that an anchor reads it only once.
    uint32 private _signerCount;
    uint32 private _threshold;

    event SignerAdded(address indexed signer);
    event SignerRemoved(address indexed signer);
    event ThresholdChanged(uint256 threshold);

    /// @notice Fewer signatures than the threshold (`signature-missing`).
    error SignatureMissing(uint256 given, uint256 threshold);

    /// @notice The signature at `index` is none, or has the larger s (`signature-invalid`).
    error SignatureInvalid(uint256 index);

    /// @notice `signer` has signed, and is not in the set.
    error SignerUnknown(address signer);

    /// @notice Signatures stand in ascending order of their signers, each signer once.
    error SignerOrder(address previous, address signer);

    /// @notice `signer` is in the set already, or is the zero address.
    error SignerRefused(address signer);

    /// @notice A threshold is at least one and at most the number of signers.
    error ThresholdOutOfRange(uint256 threshold, uint256 signerCount);

    constructor(address[] memory signers, uint32 initialThreshold) {
        for (uint256 i = 0; i < signers.length; ++i) _addSigner(signers[i]);
        _setThreshold(initialThreshold);
    }

    /// @notice Lets `signer` sign from now on.
    function addSigner(address signer) external onlyOwner {
        _addSigner(signer);
    }

    /// @notice Lets `signer` sign no more.
    function removeSigner(address signer) external onlyOwner {
        if (!_isSigner[signer]) revert SignerUnknown(signer);
        uint32 left = _signerCount - 1;
        if (left < _threshold) revert ThresholdOutOfRange(_threshold, left);
        delete _isSigner[signer];
        _signerCount = left;
        emit SignerRemoved(signer);
    }

    /// @notice Sets how many signers must sign from now on.
    function setThreshold(uint32 newThreshold) external onlyOwner {
        _setThreshold(newThreshold);
    }

    /// @notice Whether `signer` may sign.
    function isSigner(address signer) external view returns (bool) {
        return _isSigner[signer];
    }

    /// @notice How many may sign.
    function signerCount() external view returns (uint256) {
        return _signerCount;
    }

    /// @notice How many must sign.
    function threshold() external view returns (uint256) {
        return _threshold;
    }

    /// @dev Reverts unless at least `threshold` different signers, and nobody else, signed `digest`.
    function _requireQuorum(bytes32 digest, Signature[] calldata signatures) internal view {
        uint256 needed = _threshold;
        if (signatures.length < needed) revert SignatureMissing(signatures.length, needed);
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = _recover(digest, signatures[i]);
            // The zero address is what a signature of nobody recovers to.
            if (signer == address(0)) revert SignatureInvalid(i);
            if (!_isSigner[signer]) revert SignerUnknown(signer);
            if (signer <= previous) revert SignerOrder(previous, signer);
            previous = signer;
        }
    }

    /// @dev The signer, or the zero address.
    function _recover(
        bytes32 digest,
        Signature calldata signature
    ) private pure returns (address) {
        uint256 s = uint256(signature.yParityAndS) & (type(uint256).max >> 1);
        if (s > HALF_ORDER) return address(0);
        uint8 v = uint8(27 + (uint256(signature.yParityAndS) >> 255));
        return ecrecover(digest, v, signature.r, bytes32(s));
    }

    function _addSigner(address signer) private {
        if (signer == address(0) || _isSigner[signer]) revert SignerRefused(signer);
        _isSigner[signer] = true;
        ++_signerCount;
        emit SignerAdded(signer);
    }

    function _setThreshold(uint32 newThreshold) private {
        if (newThreshold == 0 || newThreshold > _signerCount) {
            revert ThresholdOutOfRange(newThreshold, _signerCount);
        }
        _threshold = newThreshold;
        emit ThresholdChanged(newThreshold);
    }
}
