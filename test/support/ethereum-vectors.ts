import { concat, equalBytes, hex, utf8 } from '../../ledger/core/bytes.ts';
import type { Checkpoint } from '../../ledger/core/checkpoint.ts';
import { readBlockHeader } from '../../ledger/core/ethereum/block-header.ts';
import { keccak256 } from '../../ledger/core/ethereum/keccak256.ts';
import type { EthereumNetwork } from '../../ledger/core/ethereum/network.ts';
import { type EthereumReceipt, formatEthereumReceipt } from '../../ledger/core/ethereum/receipt.ts';
import { encodeList, encodeString } from '../../ledger/core/ethereum/rlp.ts';
import { sha256 } from '../../ledger/core/primitives.ts';
import {
  ANCHORED,
  accountRlp,
  BLOCK_TIME_S,
  CODE_HASH,
  integer,
  ORIGIN_SLOT,
  RECORD_SLOT,
  ROOT_SLOT,
  receiptOverNodes,
  record,
  type SampleChange,
  sampleNetwork,
  sampleReceipt,
} from './ethereum-chain.ts';
import type { EthereumCase, EthereumChange, EthereumVectors } from './judge-ethereum-case.ts';
import { branchNode, extensionNode, leafNode, pathOf } from './sample-trie.ts';

/** What a check takes, with bytes as they are. */
export interface Given {
  readonly network: EthereumNetwork;
  readonly anchored: Checkpoint;
  readonly receipt: EthereumReceipt;
}

type Variant = readonly [
  name: string,
  change: { readonly [K in keyof Given]?: Partial<Given[K]> },
  expected: string,
];

/** Vectors over what a chain has really made: variants whose hashes are no longer right. */
export function chainVectors(
  about: string,
  given: Given,
  expected: EthereumVectors['expected'],
): EthereumVectors {
  const { network, anchored, receipt } = given;
  const other = sha256(utf8('another hash'));
  const variants: Variant[] = [
    ['no block is known', { network: { blocks: [] } }, 'block not pinned'],
    ['another block is known', { network: { blocks: [other] } }, 'block not pinned'],
    ['of another chain', { network: { chainId: 1 } }, 'ethereum-chain receipt'],
    ['of another contract', { network: { contract: OTHER } }, 'ethereum-contract receipt'],
    ['of other code', { network: { codeHash: other } }, 'ethereum-code account'],
    ['of another log', { anchored: { origin: 'ledger.example/log/site-2' } }, NOT_THIS_LOG],
    ['another root', { anchored: { root: other } }, 'ethereum-root storage'],
    ...headerVariants(receipt.headers),
    ...proofVariants('account', receipt.account),
    ...proofVariants('storage', receipt.storage),
  ];
  return format(about, { network, anchored, receipt }, expected, variants);
}

const OTHER = `0x${'42'.repeat(20)}`;
const NOT_THIS_LOG = 'ethereum-origin storage';

function headerVariants(headers: EthereumReceipt['headers']): Variant[] {
  const [first = new Uint8Array(0), ...later] = headers;
  const { stateRoot } = readBlockHeader(first);
  const at = first.findIndex((_, i) => equalBytes(first.subarray(i, i + 32), stateRoot));
  // The prefix is 0xf9 and two digits of the length.
  const long = concat(Uint8Array.of(0xfa, 0), first.subarray(1));
  const changed = (header: Uint8Array) => ({ receipt: { headers: [header, ...later] } });
  const variants: Variant[] = [
    ['without a header', { receipt: { headers: [] } }, 'ethereum-format receipt'],
    ['header cut off', changed(first.subarray(0, -1)), 'ethereum-format headers/0'],
    ['header with a byte behind it', changed(concat(first, ZERO)), 'ethereum-format headers/0'],
    ['header with a longer length', changed(long), 'ethereum-format headers/0'],
  ];
  const flipped = flip(first, at);
  if (later.length === 0) {
    return [...variants, ['another state', changed(flipped), 'ethereum-proof account']];
  }
  const [second = first, third = first] = later;
  const next: Variant[] = [
    ['another state', changed(flipped), 'ethereum-parent headers/1'],
    ['a header left out', { receipt: { headers: [first, third] } }, 'ethereum-parent headers/1'],
    ['a header twice', { receipt: { headers: [first, first] } }, 'ethereum-parent headers/1'],
    ['without the known block', { receipt: { headers: [first, second] } }, 'block not pinned'],
    ['a later state', { receipt: { headers: [second, third] } }, 'ethereum-proof account'],
  ];
  return [...variants, ...next];
}

const ZERO = new Uint8Array(1);

function proofVariants(part: 'account' | 'storage', nodes: readonly Uint8Array[]): Variant[] {
  const [first = ZERO] = nodes;
  const last = nodes.at(-1) ?? ZERO;
  const changes: [string, readonly Uint8Array[]][] = [
    ['without nodes', []],
    ['without the first node', nodes.slice(1)],
    ['without the last node', nodes.slice(0, -1)],
    ['with a node twice', [...nodes, last]],
    ['with nodes in another order', nodes.toReversed()],
    ['with a bit flipped in its first node', [flip(first, first.length - 2), ...nodes.slice(1)]],
    ['with a bit flipped in its last node', [...nodes.slice(0, -1), flip(last, last.length - 2)]],
  ];
  return changes.map(([name, list]) => [
    `${part} ${name}`,
    { receipt: { [part]: list } },
    `ethereum-proof ${part}`,
  ]);
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, (bytes[at] ?? 0) ^ 1);
}

/** Vectors whose hashes are all right, over states and nodes that no chain would make. */
export function forgedVectors(): EthereumVectors {
  const receipt = sampleReceipt();
  const network = sampleNetwork(receipt);
  const forged = (name: string, change: SampleChange, expected: string): Variant => {
    const changed = sampleReceipt(change);
    return [name, { receipt: changed, network: sampleNetwork(changed) }, expected];
  };
  const storage = (slot: string, word: Uint8Array) => ({ storage: new Map([[slot, word]]) });
  const raw = (rlp: Uint8Array) => ({ rawStorage: new Map([[ROOT_SLOT, rlp]]) });
  const fields = [integer(1), integer(0), CODE_HASH, CODE_HASH].map(encodeString);
  const account = (...rlp: readonly Uint8Array[]) => ({ account: () => encodeList(rlp) });
  const earlier = BLOCK_TIME_S - 3600;
  const variants: Variant[] = [
    forged('no contract', { account: () => undefined }, 'ethereum-code account'),
    forged('other code', { codeHash: sha256(utf8('code')) }, 'ethereum-code account'),
    forged('an account of three fields', account(...fields.slice(1)), 'ethereum-format account'),
    forged('an account of five fields', account(...fields, ...fields.slice(3)), FORMAT_ACCOUNT),
    forged('a nonce with a zero', account(...fields.with(0, ZERO)), FORMAT_ACCOUNT),
    forged('another log', { origin: 'ledger.example/log/site-2' }, NOT_THIS_LOG),
    forged('a longer name', { origin: 'ledger.example/log/site-11' }, NOT_THIS_LOG),
    forged('a name of two words', { origin: `${ANCHORED.origin}-and-more` }, NOT_THIS_LOG),
    forged('not anchored', storage(RECORD_SLOT, new Uint8Array(32)), 'ethereum-absent storage'),
    forged('of another size', storage(RECORD_SLOT, record(301, earlier, 9)), RECORD),
    forged('after itself', storage(RECORD_SLOT, record(300, earlier, 300)), RECORD),
    forged('of a later block', storage(RECORD_SLOT, record(300, BLOCK_TIME_S + 1, 9)), RECORD),
    forged('with a byte more', storage(RECORD_SLOT, flip(record(300, earlier, 9), 0)), RECORD),
    forged('of this very block', storage(RECORD_SLOT, record(300, BLOCK_TIME_S, 9)), 'pinned'),
    forged('another root', storage(ROOT_SLOT, CODE_HASH), 'ethereum-root storage'),
    forged('a word of no bytes', raw(encodeString(new Uint8Array(0))), FORMAT_STORAGE),
    forged('a word with a zero', raw(encodeString(concat(ZERO, CODE_HASH))), FORMAT_STORAGE),
    forged('a word that is a list', raw(encodeList([encodeString(CODE_HASH)])), FORMAT_STORAGE),
    forged('a word in two', raw(concat(integer(5), integer(5))), FORMAT_STORAGE),
    ...forgedNodes(),
  ];
  const { hash } = readBlockHeader(receipt.headers[0] ?? ZERO);
  return format(
    'A state made for this file, in which every hash is right: what stands in it decides.',
    { network, anchored: ANCHORED, receipt },
    {
      ...{ blockNumber: 300, blockHash: `0x${hex(hash)}`, trust: 'pinned' },
      ...{ blockTimeMs: earlier * 1000, headerTimeMs: BLOCK_TIME_S * 1000 },
    },
    variants,
  );
}

const FORMAT_ACCOUNT = 'ethereum-format account';
const FORMAT_STORAGE = 'ethereum-format storage';
const RECORD = 'ethereum-record storage';

/** Nodes on the path to the slot of the name, the first that is looked for. */
function forgedNodes(): Variant[] {
  const path = pathOf(Uint8Array.from(Buffer.from(ORIGIN_SLOT, 'hex')));
  const [nibble = ''] = path;
  const other = nibble === '0' ? '1' : '0';
  const word = encodeString(CODE_HASH);
  const leaf = leafNode(path.slice(1), word);
  const items = (...list: readonly Uint8Array[]) => encodeList(list);
  const packed = (digits: string) => encodeString(Uint8Array.from(Buffer.from(digits, 'hex')));
  const none = Uint8Array.of(0x80);
  const branch = (own: Uint8Array, beside: Uint8Array, value: Uint8Array) => {
    const children: Uint8Array[] = Array.from({ length: 16 }, () => none);
    return items(
      ...children.with(Number.parseInt(nibble, 16), own).with(Number(other), beside),
      value,
    );
  };
  const named = encodeString(keccak256(leaf));
  const lists: [string, readonly Uint8Array[]][] = [
    ['a node that is no list', [word]],
    ['a node of three items', [items(packed(`20${path}`), word, word)]],
    ['a node with a byte behind it', [concat(leafNode(path, word), none)]],
    ['a branch with a value', [branch(named, named, word), leaf]],
    ['a branch of one child', [branch(named, none, none), leaf]],
    ['a branch that holds a node of 32 bytes and more', [branch(leaf, named, none)]],
    ['a branch that names a child by 31 bytes', [branch(named.subarray(1), named, none)]],
    ['a path with the flag 4', [items(packed(`40${path}`), word)]],
    ['an even path with a nibble beside its flag', [items(packed(`21${path}`), word)]],
    ['a leaf of 63 nibbles', [leafNode(path.slice(1), word)]],
    ['a leaf without a value', [leafNode(path, new Uint8Array(0))]],
    ['an extension of no nibbles', [extensionNode('', branch(named, named, none))]],
    ['an extension to a leaf', [extensionNode(nibble, leaf), leaf]],
    ['an extension of the whole path', [items(packed(`00${path}`), named)]],
  ];
  const variants: Variant[] = lists.map(([name, nodes]) => over(name, nodes, FORMAT_STORAGE));
  const empty = branchNode({ [other]: leaf, [nibble === '2' ? '3' : '2']: leaf });
  return [
    ...variants,
    over('a branch without a child there', [empty], NOT_THIS_LOG),
    over('an extension to elsewhere', [extensionNode(`${other}${other}`, empty)], NOT_THIS_LOG),
  ];
}

function over(name: string, nodes: readonly Uint8Array[], expected: string): Variant {
  const receipt = receiptOverNodes(nodes, (root) => accountRlp(root, CODE_HASH));
  return [name, { receipt, network: sampleNetwork(receipt) }, expected];
}

function format(
  about: string,
  given: Given,
  expected: EthereumVectors['expected'],
  variants: readonly Variant[],
): EthereumVectors {
  const base = formatCase(given);
  return {
    about,
    case: base,
    expected,
    variants: variants.map(([name, change, words]) => {
      const changed = formatCase({
        network: { ...given.network, ...change.network },
        anchored: { ...given.anchored, ...change.anchored },
        receipt: { ...given.receipt, ...change.receipt },
      });
      return { name, change: difference(base, changed), expected: words };
    }),
  };
}

function formatCase({ network, anchored, receipt }: Given): EthereumCase {
  return {
    network: { ...network, codeHash: hex(network.codeHash), blocks: network.blocks.map(hex) },
    anchored: { ...anchored, root: hex(anchored.root) },
    receipt: formatEthereumReceipt(receipt),
  };
}

function difference(from: EthereumCase, to: EthereumCase): EthereumChange {
  const parts = (['network', 'anchored', 'receipt'] as const).map((part) => {
    const before = new Map<string, unknown>(Object.entries(from[part]));
    const members = Object.entries(to[part]).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(before.get(name)),
    );
    return [part, Object.fromEntries(members)] as const;
  });
  return Object.fromEntries(parts.filter(([, members]) => Object.keys(members).length > 0));
}
