// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title Merkle trees of RFC 6962
 * @notice SHA-256 trees of transparency logs: not the sorted-pair Keccak trees that are common on
 * chains. A proof is refused with the reason, under the names that `ledger/core/merkle.ts` uses.
 */
library MerkleTree {
    /// @notice The empty tree is a prefix of every tree and proves nothing (`empty-tree`).
    error EmptyTree();

    /// @notice A tree of `to` leaves cannot extend one of `from` (`size-order`).
    error SizeOrder(uint256 from, uint256 to);

    /// @notice Leaf `index` is not in a tree of `size` leaves (`index-out-of-range`).
    error IndexOutOfRange(uint256 index, uint256 size);

    /// @notice The proof ends before it reaches the root (`proof-too-short`).
    error ProofTooShort();

    /// @notice The proof goes on after it has reached the root (`proof-too-long`).
    error ProofTooLong();

    /// @notice The proof does not rebuild the root of the smaller tree (`from-root-mismatch`).
    error FromRootMismatch();

    /// @notice The proof does not rebuild the root of the larger tree (`root-mismatch`).
    error RootMismatch();

    /// @notice This chain has no SHA-256 at address 2, or the call has run out of gas.
    error Sha256Unavailable();

    /// @notice Hash of a leaf whose entry has 32 bytes: `SHA-256(0x00 || entry)`.
    function leafHash(bytes32 entry) internal view returns (bytes32 hash) {
        bool done;
        assembly ("memory-safe") {
            // 33 bytes in scratch space, answer in its first word.
            mstore8(0x00, 0x00)
            mstore(0x01, entry)
            // Arguments are evaluated from the right, so the size is that of this very answer. A
            // call to an address without code succeeds too, and answers with nothing.
            done := and(eq(returndatasize(), 0x20), staticcall(gas(), 2, 0x00, 0x21, 0x00, 0x20))
            hash := mload(0x00)
        }
        if (!done) revert Sha256Unavailable();
    }

    /// @notice Hash of an inner node: `SHA-256(0x01 || left || right)`.
    function nodeHash(bytes32 left, bytes32 right) internal view returns (bytes32 hash) {
        bool done;
        assembly ("memory-safe") {
            // 65 bytes behind the end of the used memory, which is left as it was.
            let input := mload(0x40)
            mstore8(input, 0x01)
            mstore(add(input, 0x01), left)
            mstore(add(input, 0x21), right)
            done := and(eq(returndatasize(), 0x20), staticcall(gas(), 2, input, 0x41, 0x00, 0x20))
            hash := mload(0x00)
        }
        if (!done) revert Sha256Unavailable();
    }

    /**
     * @notice Reverts unless `leaf` is the hash of the `index`-th leaf of the tree (RFC 9162 section
     * 2.1.3.2).
     * @param proof The hashes beside the leaf's path, from its sibling upwards.
     */
    function requireIncluded(
        uint256 index,
        uint256 size,
        bytes32 leaf,
        bytes32 root,
        bytes32[] calldata proof
    ) internal view {
        if (index >= size) revert IndexOutOfRange(index, size);
        bytes32 node = leaf;
        uint256 position = index;
        uint256 last = size - 1;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (last == 0) revert ProofTooLong();
            if (position & 1 == 1 || position == last) {
                node = nodeHash(proof[i], node);
                // Where the path runs along the right border, levels without a sibling are skipped.
                while (position & 1 == 0) {
                    position >>= 1;
                    last >>= 1;
                }
            } else {
                node = nodeHash(node, proof[i]);
            }
            position >>= 1;
            last >>= 1;
        }
        if (last != 0) revert ProofTooShort();
        if (node != root) revert RootMismatch();
    }

    /**
     * @notice Reverts unless the tree of `from` leaves is a prefix of the tree of `to` leaves (RFC
     * 9162 section 2.1.4.2). Between equal sizes the proof is empty and the roots are equal.
     */
    function requirePrefix(
        uint256 from,
        uint256 to,
        bytes32 fromRoot,
        bytes32 toRoot,
        bytes32[] calldata proof
    ) internal view {
        if (from > to) revert SizeOrder(from, to);
        if (from == 0) revert EmptyTree();
        if (from == to) {
            if (proof.length > 0) revert ProofTooLong();
            if (fromRoot != toRoot) revert RootMismatch();
            return;
        }
        (bytes32 part, bytes32 whole) = _rebuild(from - 1, to - 1, fromRoot, proof);
        if (part != fromRoot) revert FromRootMismatch();
        if (whole != toRoot) revert RootMismatch();
    }

    /**
     * @dev Walks from the smaller tree's last leaf, at `position`, to the root of the larger tree,
     * whose last leaf is at `last`, and rebuilds both roots.
     */
    function _rebuild(
        uint256 position,
        uint256 last,
        bytes32 fromRoot,
        bytes32[] calldata proof
    ) private view returns (bytes32 part, bytes32 whole) {
        // Up to the root of the largest complete subtree that ends where the smaller tree ends.
        while (position & 1 == 1) {
            position >>= 1;
            last >>= 1;
        }
        uint256 next = 0;
        if (position == 0) {
            // The smaller tree is one complete subtree: its own seed, left out of the proof.
            part = fromRoot;
        } else {
            if (proof.length == 0) revert ProofTooShort();
            part = proof[0];
            next = 1;
        }
        whole = part;
        for (; next < proof.length; ++next) {
            if (last == 0) revert ProofTooLong();
            bytes32 sibling = proof[next];
            if (position & 1 == 1 || position == last) {
                part = nodeHash(sibling, part);
                whole = nodeHash(sibling, whole);
                while (position & 1 == 0) {
                    position >>= 1;
                    last >>= 1;
                }
            } else {
                whole = nodeHash(whole, sibling);
            }
            position >>= 1;
            last >>= 1;
        }
        if (last != 0) revert ProofTooShort();
    }
}
