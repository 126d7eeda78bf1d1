import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { anchorContract } from '../../contracts/test-chain.ts';
import { Anchorer, type AnchorNews } from '../../ledger/anchor/anchorer.ts';
import type { PreparedAnchor } from '../../ledger/anchor/chain.ts';
import { readCall } from '../../ledger/anchor/ethereum/anchor-transaction.ts';
import type { EthereumConnection } from '../../ledger/anchor/ethereum/connection.ts';
import { EthereumChain } from '../../ledger/anchor/ethereum/ethereum-chain.ts';
import { SqliteAnchorStore } from '../../ledger/anchor/sqlite-anchor-store.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { type SignedLog, signedLog } from '../support/signed-log.ts';
import { type EthereumUnderTest, ethereumUnderTest } from './ethereum-networks.ts';
import type { NodeFault } from './ethereum-node.ts';
import { GrowingLog } from './growing-log.ts';

// What nodes and the chain behind them do, and what the anchorer makes of it: one anchor a checkpoint.

let network: EthereumUnderTest;
const folder = mkdtempSync(join(tmpdir(), 'billproof-ethereum-'));
beforeAll(async () => {
  network = await ethereumUnderTest();
});
afterAll(async () => {
  await network.stop();
  rmSync(folder, { recursive: true });
});

let logs = 0;
let signed: SignedLog;
let log: GrowingLog;
let connection: EthereumConnection;
let chain: EthereumChain;
let store: SqliteAnchorStore;
let news: AnchorNews[];
let nowMs: number;

beforeEach(async () => {
  logs += 1;
  signed = signedLog(`ethereum.test/${logs}`);
  log = new GrowingLog(signed);
  connection = await network.connect(signed);
  chain = new EthereumChain(connection);
  store = new SqliteAnchorStore(join(folder, `${logs}.db`));
  news = [];
  nowMs = 0;
  return () => {
    chain.close();
    return store.close();
  };
});

/** An anchorer that knows only what is stored, as after a start. */
function anew(): Anchorer {
  return new Anchorer(log, { chain, store, tell: (item) => news.push(item), nowMs: () => nowMs });
}

function place() {
  return { site: log.site, chain: chain.name };
}

async function untilDone(): Promise<void> {
  for (let rounds = 0; rounds < 40; rounds += 1) if (await anew().round()) return;
  throw new Error(`not done: ${JSON.stringify(news)}`);
}

function request(method: string, ...params: readonly unknown[]): Promise<unknown> {
  return network.testChain.request(method, params);
}

/** A transaction that continues what counts on the chain. */
async function prepareNext(way: EthereumChain, size: number): Promise<PreparedAnchor> {
  const note = signed.checkpoint(size);
  const head = await way.head(log.origin);
  const proof = head === undefined ? [] : await log.prove(head.size, size);
  return await way.prepare({ checkpoint: parseCheckpoint(note), note, head, proof });
}

/** Sizes that the contract has, the newest first. */
async function anchoredSizes(): Promise<number[]> {
  const contract = anchorContract(network.testChain, connection.network.contract);
  const read = async (name: string, ...args: number[]) => {
    const outcome = await contract.read(name, args);
    if (!outcome.ok) throw new Error(outcome.error);
    return outcome.values[0];
  };
  const sizes: number[] = [];
  for (let anchor = await read('latest'); Array.isArray(anchor); ) {
    sizes.push(Number(anchor[1]));
    anchor = anchor[3] === 0n ? undefined : await read('anchorAt', Number(anchor[3]));
  }
  return sizes;
}

async function expectExactly(...sizes: readonly number[]): Promise<void> {
  const newestFirst = sizes.toReversed();
  expect(await anchoredSizes()).toEqual(newestFirst);
  expect(await store.pending(place())).toBeUndefined();
  const kept = await store.list(place(), 1000, 100);
  expect(kept.map(({ size }) => size)).toEqual(newestFirst);
  expect(log.confirmed.map(({ size }) => size)).toEqual(sizes);
  for (const { size, note } of log.confirmed) {
    const receipt: unknown = JSON.parse(await store.receipt(place(), size));
    expect(network.proves(receipt, note)).toBe(true);
  }
}

/** The methods that two anchors call, each once. */
const METHODS = [
  'eth_chainId',
  'eth_getCode',
  'eth_call',
  'eth_getBlockByNumber',
  'eth_estimateGas',
  'eth_maxPriorityFeePerGas',
  'eth_getBalance',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_getTransactionByHash',
  'eth_sendRawTransaction',
  'eth_getProof',
] as const;

test('calls these methods of a node and no others', async () => {
  network.node.calls.length = 0;
  log.size = 5;
  await untilDone();
  expect([...new Set(network.node.calls)].sort()).toEqual([...METHODS].sort());
  await expectExactly(5);
});

const FAULTS: readonly NodeFault[] = [
  'answer-lost',
  'call-lost',
  'status-500',
  'status-429',
  'hangs',
  'late',
  'overtaken',
  'garbage',
  'other-id',
  'error',
  'knows-nothing',
];

test.each(FAULTS)('one anchor a checkpoint, when a node does this to a call: %s', async (fault) => {
  for (const method of METHODS) {
    log.size += 1;
    // One that begins anew looks at the place again.
    chain.close();
    chain = new EthereumChain({ ...connection, deadlineMs: fault === 'hangs' ? 300 : undefined });
    network.node.fault(method, fault);
    await untilDone();
    expect([method, (await store.newest(place()))?.size]).toEqual([method, log.size]);
  }
  await expectExactly(...METHODS.map((_, i) => i + 1));
});

test('tells an outage once, and covers what was missed with one proof', async () => {
  log.size = 2;
  await untilDone();
  const anchorer = anew();
  for (log.size = 3; log.size < 10; log.size += 1) {
    network.node.fault('eth_getBlockByNumber', 'call-lost');
    expect(await anchorer.round()).toBe(false);
  }
  expect(await anchorer.state()).toMatchObject({ code: 'chain-unavailable', size: 2, lag: 8 });
  expect(await anchorer.round()).toBe(true);
  expect(news.map(({ code }) => code)).toEqual(['chain-unavailable', 'anchors-again']);
  await expectExactly(2, 10);
});

describe('while blocks are made by hand', () => {
  let prepared: PreparedAnchor;
  beforeEach(async () => {
    log.size = 4;
    await untilDone();
    log.size = 7;
    await request('evm_setAutomine', false);
    prepared = await prepareNext(chain, 7);
    return () => request('evm_setAutomine', true);
  });

  async function untilDoneByItself(): Promise<void> {
    await request('evm_setAutomine', true);
    await untilDone();
  }

  /** As the anchorer does it, which then ends before it knows what came of it. */
  async function keepAndSubmit(): Promise<void> {
    await store.keep(place(), { ...prepared, size: 7, note: signed.checkpoint(7) });
    await chain.submit(prepared);
    expect(await chain.outcome(prepared, 0)).toEqual({ state: 'waiting' });
  }

  /** Somebody with the key sends another transaction under the same number, for more. */
  async function replace(what: { readonly to: string; readonly data?: string }): Promise<void> {
    const { sender, nonce } = readCall(prepared);
    await request('hardhat_impersonateAccount', sender);
    const fees = { maxFeePerGas: '0x4000000000', maxPriorityFeePerGas: '0x200000000' };
    const other = { from: sender, nonce: `0x${nonce.toString(16)}`, gas: '0x50000' };
    await request('eth_sendTransaction', { ...other, ...fees, ...what });
    await request('evm_mine');
    expect(await chain.outcome(prepared, 0)).toMatchObject({ state: 'void' });
  }

  test('an anchor counts from the block on that finality asks for', async () => {
    const patient = new EthereumChain({ ...connection, finality: 3 });
    for (let blocks = 1; blocks < 3; blocks += 1) await request('evm_mine');
    await chain.submit(prepared);
    for (let blocks = 1; blocks < 3; blocks += 1) {
      await request('evm_mine');
      expect(await patient.outcome(prepared, 0)).toEqual({ state: 'waiting' });
      expect(await patient.head(log.origin)).toMatchObject({ size: 4 });
      const checkpoint = parseCheckpoint(signed.checkpoint(7));
      await expect(patient.receipt(checkpoint)).rejects.toMatchObject({ code: 'anchor-missing' });
    }
    await expect(prepareNext(patient, 9)).rejects.toThrow('The chain holds 7 events');
    await request('evm_mine');
    expect(await patient.outcome(prepared, 0)).toEqual({ state: 'anchored' });
    expect(await patient.head(log.origin)).toMatchObject({ size: 7 });
    patient.close();
  });

  test('a round waits for the block', async () => {
    const round = anew().round();
    await expect.poll(async () => (await store.pending(place()))?.id).toBeDefined();
    const id = (await store.pending(place()))?.id;
    // Kept is not sent yet: a block before that would be an empty one.
    await expect.poll(() => request('eth_getTransactionByHash', id)).not.toBeNull();
    await request('evm_mine');
    expect(await round).toBe(true);
    await expectExactly(4, 7);
  });

  test('a transaction that was replaced by the same anchor is recorded', async () => {
    await keepAndSubmit();
    const { contract: to, data } = readCall(prepared);
    await replace({ to, data });
    await untilDoneByItself();
    await expectExactly(4, 7);
  });

  test('a transaction that was replaced by something else is made again', async () => {
    await keepAndSubmit();
    await replace({ to: connection.network.contract.replace(/.{4}$/, '0000') });
    await untilDoneByItself();
    await expectExactly(4, 7);
  });

  test('a transaction that nodes have forgotten is sent again', async () => {
    await keepAndSubmit();
    await request('hardhat_dropTransaction', prepared.id);
    expect(await chain.outcome(prepared, 0)).toEqual({ state: 'unknown' });
    await untilDoneByItself();
    await expectExactly(4, 7);
  });

  test('a transaction that another one overtakes is made again from there', async () => {
    await request('evm_setAutomine', true);
    const { senderKey } = await network.connect(signedLog(`${log.origin}/other`));
    const other = new EthereumChain({ ...connection, senderKey });
    await other.submit(await prepareNext(other, 6));
    other.close();
    await request('evm_setAutomine', false);
    await keepAndSubmit();
    await request('evm_mine');
    expect(await chain.outcome(prepared, 0)).toMatchObject({ state: 'void' });
    await untilDoneByItself();
    await expectExactly(4, 6, 7);
  });

  test('a transaction waits while the chain asks for more than the limit', async () => {
    await request('hardhat_setNextBlockBaseFeePerGas', '0x4000000000');
    await keepAndSubmit();
    await request('evm_mine');
    expect(await chain.outcome(prepared, 0)).toEqual({ state: 'waiting' });
    await expect(prepareNext(chain, 7)).rejects.toThrow('is our limit');
    await request('hardhat_setNextBlockBaseFeePerGas', '0x1');
    await request('evm_mine');
    expect(await chain.outcome(prepared, 0)).toEqual({ state: 'anchored' });
    await untilDoneByItself();
    await expectExactly(4, 7);
  });
});

test('says so when a chain was begun anew, and anchors nothing on it', async () => {
  const networks = [await ethereumUnderTest(), await ethereumUnderTest()] as const;
  const [before, after] = networks;
  const known = await before.connect(signed);
  const begun = await after.connect(signed);
  expect(begun.network).toEqual(known.network);
  chain = new EthereumChain(known);
  log.size = 5;
  await untilDone();
  before.node.serve(after.testChain);
  log.size = 9;
  const anchorer = anew();
  expect(await anchorer.round()).toBe(false);
  nowMs = 300_000;
  expect(await anchorer.round()).toBe(false);
  expect((await anchorer.state()).code).toBe('chain-unavailable');
  nowMs = 300_001;
  expect(await anchorer.round()).toBe(false);
  expect(await anchorer.state()).toMatchObject({ code: 'anchor-lost', size: 5, isPending: false });
  expect(await chain.head(log.origin)).toBeUndefined();
  // It was the node that was wrong.
  before.node.serve(before.testChain);
  expect(await anchorer.round()).toBe(true);
  expect((await store.newest(place()))?.size).toBe(9);
  const codes = ['chain-unavailable', 'anchor-lost', 'anchors-again'];
  expect(news.map(({ code }) => code)).toEqual(codes);
  for (const { stop } of networks) await stop();
});
