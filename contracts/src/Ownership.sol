// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title Ownership in two steps
 * @notice The new owner has to accept, so that no mistyped address becomes the owner; and the owner
 * can give the right up for ever. The events are those that block explorers know.
 */
abstract contract Ownership {
    address private _owner;
    address private _pendingOwner;

    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    /// @notice Only the owner may do this, and `caller` is not the owner.
    error NotOwner(address caller);

    /// @notice Ownership was not offered to `caller`.
    error NotPendingOwner(address caller);

    modifier onlyOwner() {
        if (msg.sender != _owner) revert NotOwner(msg.sender);
        _;
    }

    /// @param initialOwner The zero address for a contract that nobody owns from the start.
    constructor(address initialOwner) {
        _transferOwnership(initialOwner);
    }

    /// @notice Who may change the signers; the zero address when nobody may, ever again.
    function owner() external view returns (address) {
        return _owner;
    }

    /// @notice To whom ownership is offered; the zero address when to nobody.
    function pendingOwner() external view returns (address) {
        return _pendingOwner;
    }

    /// @notice Offers ownership to `newOwner`; the zero address takes an offer back.
    function transferOwnership(address newOwner) external onlyOwner {
        _pendingOwner = newOwner;
        emit OwnershipTransferStarted(_owner, newOwner);
    }

    /// @notice Takes an offered ownership.
    function acceptOwnership() external {
        if (msg.sender != _pendingOwner) revert NotPendingOwner(msg.sender);
        _transferOwnership(msg.sender);
    }

    /// @notice Gives ownership up. The signers and their threshold stay as they are for ever.
    function renounceOwnership() external onlyOwner {
        _transferOwnership(address(0));
    }

    /// @dev Ends an open offer as well: nobody may accept what was renounced.
    function _transferOwnership(address newOwner) private {
        address previousOwner = _owner;
        _owner = newOwner;
        delete _pendingOwner;
        emit OwnershipTransferred(previousOwner, newOwner);
    }
}
