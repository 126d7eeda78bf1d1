// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleTree} from "./MerkleTree.sol";
import {Ownership} from "./Ownership.sol";
import {SignerQuorum} from "./SignerQuorum.sol";

/**
 * @title Anchor of one log
 * @notice Keeps checkpoints of one RFC 6962 log, each with the time of its block, and takes a new
 * one only with the proof that the log has grown out of the last one and was not rewritten.
 *
 * Nobody can change or remove an anchor: not the signers, not the owner. There is no upgrade and no
 * pause. The owner may change who signs, and may give that up. Anyone may submit what is signed.
 */
contract LogAnchor is SignerQuorum {
    /// @notice One checkpoint. `previousSize` is the anchor before it, zero for the first one.
    struct Anchor {
        bytes32 root;
        uint64 size;
        uint64 blockTime;
        uint64 previousSize;
    }

    /// @dev What every implementation of the log format can count to: 2^53 - 1.
    uint64 private constant LARGEST_SIZE = (1 << 53) - 1;

    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant DOMAIN_NAME = keccak256("Billproof log anchor");
    bytes32 private constant DOMAIN_VERSION = keccak256("1");
    bytes32 private constant CHECKPOINT_TYPE =
        keccak256("Checkpoint(string origin,uint64 size,bytes32 root)");

    /// @dev Leaf hash of 32 zero bytes.
    bytes32 private constant ZERO_LEAF =
        0x7f9c9e31ac8256ca2f258583df262dbc7d6f68f2a03043d5c99a4ae5a7396ce9;

    bytes32 private immutable _originHash;

    // These two share a slot with the signers' count and threshold.
    uint64 private _headSize;
    uint64 private _count;
    mapping(uint64 size => Anchor) private _anchors;
    string private _origin;

    /// @notice The log had `size` leaves and this `root` no later than this block.
    event Anchored(uint64 indexed size, bytes32 indexed root);

    /// @notice A log has a name (`checkpoint-origin`).
    error CheckpointOrigin();

    /// @notice No log of this format has `size` leaves (`checkpoint-size`).
    error CheckpointSize(uint64 size);

    /// @notice There is no anchor of this size.
    error AnchorUnknown(uint64 size);

    /**
     * @param logOrigin The first line of the log's checkpoints.
     * @param signers Who may sign, in any order, each once.
     * @param initialThreshold How many of them must sign.
     * @param initialOwner Who may change the signers; the zero address for nobody.
     */
    constructor(
        string memory logOrigin,
        address[] memory signers,
        uint32 initialThreshold,
        address initialOwner
    ) Ownership(initialOwner) SignerQuorum(signers, initialThreshold) {
        if (bytes(logOrigin).length == 0) revert CheckpointOrigin();
        // A chain without SHA-256 would take the first anchor and never a second one.
        if (MerkleTree.leafHash(0) != ZERO_LEAF) revert MerkleTree.Sha256Unavailable();
        _origin = logOrigin;
        _originHash = keccak256(bytes(logOrigin));
    }

    /**
     * @notice Anchors a checkpoint that is larger than the last one.
     * @param size Leaves of the log.
     * @param root Its root.
     * @param consistencyProof RFC 6962 section 2.1.2 from the last anchor; empty for the first.
     * @param signatures Over `checkpointDigest(size, root)`, by ascending address of the signer.
     */
    function submit(
        uint64 size,
        bytes32 root,
        bytes32[] calldata consistencyProof,
        Signature[] calldata signatures
    ) external {
        if (size > LARGEST_SIZE) revert CheckpointSize(size);
        uint64 headSize = _headSize;
        if (size <= headSize) revert MerkleTree.SizeOrder(headSize, size);
        _requireQuorum(checkpointDigest(size, root), signatures);
        if (headSize > 0) {
            bytes32 headRoot = _anchors[headSize].root;
            MerkleTree.requirePrefix(headSize, size, headRoot, root, consistencyProof);
        } else if (consistencyProof.length > 0) {
            revert MerkleTree.ProofTooLong();
        }
        _anchors[size] = Anchor(root, size, uint64(block.timestamp), headSize);
        _headSize = size;
        ++_count;
        emit Anchored(size, root);
    }

    /**
     * @notice Proves that an entry is in the log as it was anchored; reverts with the reason if not.
     * @param commitment The entry: a commitment of 32 bytes, not its leaf hash.
     * @param index The entry's place in the log, from zero.
     * @param size An anchored size.
     * @param proof RFC 6962 section 2.1.1: the hashes beside the path, from the leaf upwards.
     * @return blockTime When the anchor was made, in seconds since 1970: the entry is not younger.
     */
    function verifyInclusion(
        bytes32 commitment,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof
    ) external view returns (uint64 blockTime) {
        Anchor memory anchor = anchorAt(size);
        bytes32 leaf = MerkleTree.leafHash(commitment);
        MerkleTree.requireIncluded(index, size, leaf, anchor.root, proof);
        return anchor.blockTime;
    }

    /**
     * @notice Proves that a checkpoint which was not itself anchored is an earlier state of the log
     * as it was anchored; reverts with the reason if not.
     * @return blockTime When the anchor was made: the checkpoint's entries are not younger.
     */
    function verifyPrefix(
        uint64 size,
        bytes32 root,
        uint64 anchoredSize,
        bytes32[] calldata proof
    ) external view returns (uint64 blockTime) {
        Anchor memory anchor = anchorAt(anchoredSize);
        MerkleTree.requirePrefix(size, anchoredSize, root, anchor.root, proof);
        return anchor.blockTime;
    }

    /// @notice The largest anchor; reverts with `AnchorUnknown(0)` before the first one.
    function latest() external view returns (Anchor memory) {
        return anchorAt(_headSize);
    }

    /// @notice How many anchors there are. Walk them by `previousSize` from `latest`.
    function anchorCount() external view returns (uint256) {
        return _count;
    }

    /// @notice The name of the log.
    function origin() external view returns (string memory) {
        return _origin;
    }

    /// @notice The anchor of exactly this size.
    function anchorAt(uint64 size) public view returns (Anchor memory anchor) {
        anchor = _anchors[size];
        if (anchor.size == 0) revert AnchorUnknown(size);
    }

    /**
     * @notice What signers sign (EIP-712): bound to this chain, this contract and this log.
     * @dev The domain is computed each time, so a fork of the chain with a new id has a new one.
     */
    function checkpointDigest(uint64 size, bytes32 root) public view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPE, DOMAIN_NAME, DOMAIN_VERSION, block.chainid, address(this))
        );
        bytes32 checkpoint = keccak256(abi.encode(CHECKPOINT_TYPE, _originHash, size, root));
        return keccak256(abi.encodePacked(hex"1901", domain, checkpoint));
    }
}
