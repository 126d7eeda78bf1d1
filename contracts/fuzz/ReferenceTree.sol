// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @dev RFC 6962 section 2.1 word for word: recursive, slow, and with the compiler's own SHA-256.
 * Trees are the entries `[start, end)` of a list.
 */
library ReferenceTree {
    function treeHash(
        bytes32[] memory entries,
        uint256 start,
        uint256 end
    ) internal pure returns (bytes32) {
        if (end == start) return sha256("");
        if (end - start == 1) return sha256(abi.encodePacked(bytes1(0x00), entries[start]));
        uint256 middle = start + _split(end - start);
        bytes32 left = treeHash(entries, start, middle);
        return sha256(abi.encodePacked(bytes1(0x01), left, treeHash(entries, middle, end)));
    }

    /// @dev PATH(m, D[n]) of section 2.1.1.
    function path(
        uint256 m,
        bytes32[] memory entries,
        uint256 start,
        uint256 end
    ) internal pure returns (bytes32[] memory) {
        if (end - start == 1) return new bytes32[](0);
        uint256 k = _split(end - start);
        uint256 middle = start + k;
        if (m < k) {
            return _append(path(m, entries, start, middle), treeHash(entries, middle, end));
        }
        return _append(path(m - k, entries, middle, end), treeHash(entries, start, middle));
    }

    /// @dev PROOF(m, D[n]) of section 2.1.2, for 0 < m <= n.
    function proof(
        uint256 m,
        bytes32[] memory entries,
        uint256 n
    ) internal pure returns (bytes32[] memory) {
        return _subproof(m, entries, 0, n, true);
    }

    function _subproof(
        uint256 m,
        bytes32[] memory entries,
        uint256 start,
        uint256 end,
        bool known
    ) private pure returns (bytes32[] memory) {
        uint256 n = end - start;
        if (m == n) {
            bytes32[] memory none = new bytes32[](0);
            return known ? none : _append(none, treeHash(entries, start, end));
        }
        uint256 k = _split(n);
        uint256 middle = start + k;
        if (m <= k) {
            bytes32 right = treeHash(entries, middle, end);
            return _append(_subproof(m, entries, start, middle, known), right);
        }
        bytes32 left = treeHash(entries, start, middle);
        return _append(_subproof(m - k, entries, middle, end, false), left);
    }

    /// @dev The largest power of two smaller than n.
    function _split(uint256 n) private pure returns (uint256 k) {
        k = 1;
        while (2 * k < n) k *= 2;
    }

    function _append(
        bytes32[] memory list,
        bytes32 last
    ) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) longer[i] = list[i];
        longer[list.length] = last;
    }
}
