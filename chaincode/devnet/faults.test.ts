import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gateway } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AnchorClient, connectAnchorClient } from '../../test/support/anchor-client.ts';
import { checkBlock, readChannel } from '../../test/support/block-check.ts';
import { type SignedLog, signedLog } from '../../test/support/signed-log.ts';
import { type Devnet, startDevnet } from './devnet.ts';
import { parseFault } from './faults.ts';
import { openTransaction } from './transaction.ts';

const folder = mkdtempSync(join(tmpdir(), 'billproof-faults-'));
const log = signedLog('faults.test/log', 60);
let devnet: Devnet;
let client: AnchorClient;

beforeAll(async () => {
  devnet = await startDevnet({ folder: join(folder, 'network') });
  const [property] = devnet.organisations;
  if (property === undefined) throw new Error('an organisation');
  const admin = connectAnchorClient(devnet, property.admin);
  await admin.contract.submitTransaction('RegisterKey', log.origin, log.vkey);
  admin.close();
  client = connectAnchorClient(devnet, property.client);
  await client.contract.submitTransaction('Submit', log.origin, log.checkpoint(1), '');
});
afterAll(async () => {
  client.close();
  await devnet.stop();
  rmSync(folder, { recursive: true });
});

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const sizeNow = async (by = client) =>
  JSON.parse(text(await by.contract.evaluateTransaction('Latest', log.origin))).size;
const propose = async (by = client, of: SignedLog = log, step = 1) => {
  const from = await sizeNow(by);
  const call = [of.origin, of.checkpoint(from + step), of.proof(from, from + step)];
  return by.contract.newProposal('Submit', { arguments: call });
};
const failureOf = async (run: Promise<unknown>) => {
  const error = await run.then(
    () => undefined,
    (thrown: { name: string; code: number; details?: { message: string }[] }) => thrown,
  );
  return error && [error.name, error.code, ...(error.details ?? []).map((d) => d.message)];
};
const statusOf = async (bytes: Uint8Array) =>
  (await client.gateway.newTransaction(bytes).submit()).getStatus();
/** Where a transaction stands, as often as it does: block and flag. */
const placesOf = async (txId: string) => {
  const places: [number, number][] = [];
  for (let number = 1; number < devnet.height; number += 1) {
    const args = [devnet.channel, `${number}`];
    const bytes = await client.ledger.evaluateTransaction('GetBlockByNumber', ...args);
    for (const found of checkBlock(bytes, readChannel(devnet.genesis)).transactions) {
      if (found.txId === txId) places.push([number, found.flag]);
    }
  }
  return places;
};
const isCommitted = (txId: string) =>
  client.ledger.evaluateTransaction('GetTransactionByID', devnet.channel, txId).then(
    () => true,
    () => false,
  );
/** The writes of a transaction that waits for the client's signature. */
const preparedOf = (bytes: Uint8Array) => {
  const envelope = gateway.PreparedTransaction.deserializeBinary(bytes).getEnvelope();
  const opened = openTransaction(envelope?.serializeBinary() ?? new Uint8Array());
  const writes = opened?.sets.get('anchor')?.getWritesList() ?? [];
  return { txId: opened?.txId, writes: writes.map((write) => text(write.getValue_asU8())) };
};

describe('a submission', () => {
  test('that fails may have been committed after all', async () => {
    devnet.fault({ kind: 'submit-error' });
    const transaction = await (await propose()).endorse();
    expect(await failureOf(transaction.submit())).toEqual(['SubmitError', 14]);
    const again = client.gateway.newTransaction(transaction.getBytes());
    const status = await (await again.submit()).getStatus();
    expect(status.code).toBe(0);
    expect(await placesOf(transaction.getTransactionId())).toHaveLength(2);
  });

  test('that fails may be committed much later', async () => {
    devnet.fault({ kind: 'commit-late', ms: 4_000 });
    const transaction = await (await propose()).endorse();
    expect(await failureOf(transaction.submit())).toEqual(['SubmitError', 14]);
    expect(await isCommitted(transaction.getTransactionId())).toBe(false);
    await expect.poll(() => isCommitted(transaction.getTransactionId())).toBe(true);
  });

  test('that succeeds may be lost, and the same bytes can be submitted again', async () => {
    devnet.fault({ kind: 'submit-lost' });
    const transaction = await (await propose()).endorse();
    const commit = await transaction.submit();
    const waited = commit.getStatus({ deadline: Date.now() + 300 });
    expect(await failureOf(waited)).toEqual(['CommitStatusError', 4]);
    expect(await isCommitted(transaction.getTransactionId())).toBe(false);
    expect((await statusOf(transaction.getBytes())).code).toBe(0);
  });

  test('may be ordered twice, and its status names the first block', async () => {
    devnet.fault({ kind: 'ordered-twice' });
    const transaction = await (await propose()).endorse();
    const { code, blockNumber } = await (await transaction.submit()).getStatus();
    const first = Number(blockNumber);
    await expect.poll(() => devnet.height).toBe(first + 2);
    expect(code).toBe(0);
    expect(await placesOf(transaction.getTransactionId())).toEqual([
      [first, 0],
      [first + 1, 9],
    ]);
  });

  test('waits for a new leader', async () => {
    devnet.fault({ kind: 'leader-dead', ms: 500 });
    const started = performance.now();
    const transaction = await (await propose()).endorse();
    expect((await (await transaction.submit()).getStatus()).code).toBe(0);
    expect(performance.now() - started).toBeGreaterThan(500);
  });

  test('may have no answer about its status, which can be asked for again', async () => {
    devnet.fault({ kind: 'status-lost' });
    const commit = await (await (await propose()).endorse()).submit();
    expect(await failureOf(commit.getStatus())).toEqual(['CommitStatusError', 14]);
    const asked = client.gateway.newCommit(commit.getBytes());
    expect((await asked.getStatus()).code).toBe(0);
  });
});

describe('an endorsement', () => {
  test('fails when a peer is behind, and succeeds with a new proposal', async () => {
    devnet.fault({ kind: 'payloads-differ' });
    const words = 'ProposalResponsePayloads do not match';
    expect(await failureOf((await propose()).endorse())).toEqual(['EndorseError', 10, words]);
    expect((await (await (await (await propose()).endorse()).submit()).getStatus()).code).toBe(0);
  });

  test('of out-of-date reads becomes a conflict', async () => {
    devnet.fault({ kind: 'stale-reads' });
    const transaction = await (await propose()).endorse();
    expect((await (await transaction.submit()).getStatus()).code).toBe(11);
  });

  test('fails when the auditor endorses another root', async () => {
    devnet.fault({ kind: 'other-root', peers: 'one' });
    const words = 'ProposalResponsePayloads do not match';
    expect(await failureOf((await propose()).endorse())).toEqual(['EndorseError', 10, words]);
  });

  test('of another root by all peers shows only in the prepared write set', async () => {
    devnet.fault({ kind: 'other-root', peers: 'all' });
    const size = (await sizeNow()) + 1;
    const { writes } = preparedOf((await (await propose()).endorse()).getBytes());
    const wanted = Buffer.from(log.root(size)).toString('hex');
    for (const write of writes) {
      expect(write).toContain(`"size":${size},`);
      expect(write).not.toContain(wanted);
    }
    expect(writes).toHaveLength(2);
  });

  test('may be of a transaction that the client has not proposed', async () => {
    devnet.fault({ kind: 'other-transaction' });
    const proposal = await propose();
    const { txId } = preparedOf((await proposal.endorse()).getBytes());
    expect(txId).not.toBe(proposal.getTransactionId());
  });

  test('fails while the contract is away, and succeeds once it is back', async () => {
    await devnet.stopChaincode();
    const [, code, ...words] = (await failureOf((await proposeQuery()).endorse())) ?? [];
    expect(code).toBe(10);
    expect(words[0]).toMatch(/could not launch chaincode/);
    await devnet.startChaincode();
    expect((await (await (await (await propose()).endorse()).submit()).getStatus()).code).toBe(0);
  });
});

test('a contract that has died is started again', async () => {
  devnet.fault({ kind: 'chaincode-gone', ms: 4_000 });
  const answer = async () => {
    const proposal = await proposeQuery();
    return await proposal.evaluate().then(text, () => '');
  };
  await expect.poll(answer).toBe('');
  await expect.poll(answer).toContain(log.origin);
});

test('a folder serves one network at a time', async () => {
  const second = startDevnet({ folder: join(folder, 'network') });
  await expect(second).rejects.toThrow(/in use/);
});

test('a fault that is not on the menu is refused', () => {
  expect(() => parseFault({ kind: 'earthquake' })).toThrow();
  expect(parseFault({ kind: 'leader-dead', ms: 5 })).toEqual({ kind: 'leader-dead', ms: 5 });
});

/** A proposal without a question to the contract before it. */
const proposeQuery = async () => client.contract.newProposal('Latest', { arguments: [log.origin] });

test('a forked channel is signed on both sides, and differs in its header hashes', async () => {
  const [property] = devnet.organisations;
  if (property === undefined) throw new Error('an organisation');
  const copy = join(folder, 'fork');
  cpSync(join(folder, 'network'), copy, { recursive: true });
  const height = devnet.height;
  const fork = await startDevnet({ folder: copy });
  const other = connectAnchorClient(fork, property.client);
  try {
    expect([fork.genesisHash, fork.height]).toEqual([devnet.genesisHash, height]);
    await (await (await propose()).endorse()).submit().then((commit) => commit.getStatus());
    const there = await (await propose(other, log, 2)).endorse();
    await there.submit().then((commit) => commit.getStatus());
    const blockAt = async (by: AnchorClient) => {
      const args = [devnet.channel, `${height}`];
      const bytes = await by.ledger.evaluateTransaction('GetBlockByNumber', ...args);
      return checkBlock(bytes, readChannel(devnet.genesis));
    };
    const [ours, theirs] = [await blockAt(client), await blockAt(other)];
    expect(ours.previousHash).toBe(theirs.previousHash);
    expect(ours.hash).not.toBe(theirs.hash);
  } finally {
    other.close();
    await fork.stop();
  }
});
