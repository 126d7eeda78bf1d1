// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LogAnchor} from "../src/LogAnchor.sol";
import {LogHandler} from "./LogHandler.sol";

/// @dev What stays true of the contract, whatever its log, its signers and its owner do.
contract LogAnchorInvariantsTest {
    LogHandler private _handler;
    LogAnchor private _anchor;

    function setUp() external {
        _handler = new LogHandler();
        _anchor = _handler.anchor();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_noLieIsAnchored() external view {
        assert(!_handler.lied());
        assert(_anchor.anchorCount() == _handler.count());
    }

    function invariant_headOnlyGrows() external view {
        LogAnchor.Anchor memory anchor = _anchor.latest();
        uint256 found = 1;
        while (anchor.previousSize != 0) {
            LogAnchor.Anchor memory previous = _anchor.anchorAt(anchor.previousSize);
            assert(previous.size < anchor.size && previous.blockTime <= anchor.blockTime);
            anchor = previous;
            ++found;
        }
        assert(found == _anchor.anchorCount());
    }

    function invariant_anchoredRootsNeverChange() external view {
        for (uint256 i = 0; i < _handler.count(); ++i) {
            (uint64 size, bytes32 root) = _handler.anchored(i);
            LogAnchor.Anchor memory anchor = _anchor.anchorAt(size);
            assert(anchor.size == size && anchor.root == root);
        }
    }

    function invariant_latestIsConsistentWithAllBefore() external view {
        uint256 last = _handler.count() - 1;
        (uint64 lastSize, ) = _handler.anchored(last);
        for (uint256 i = 0; i <= last; ++i) {
            (uint64 size, bytes32 root) = _handler.anchored(i);
            _anchor.verifyPrefix(size, root, lastSize, _handler.proofBetween(i, last));
        }
    }
}
