import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AnchorClient, connectAnchorClient } from '../../test/support/anchor-client.ts';
import { type CheckedChannel, checkBlock, readChannel } from '../../test/support/block-check.ts';
import { describeFixture } from '../../test/support/fixtures.ts';
import { signedLog } from '../../test/support/signed-log.ts';
import { type Devnet, startDevnet } from './devnet.ts';
import { openTransaction } from './transaction.ts';

const folder = mkdtempSync(join(tmpdir(), 'billproof-devnet-'));
const log = signedLog('devnet.test/log', 40);
let devnet: Devnet;
let admin: AnchorClient;
let client: AnchorClient;
let auditor: AnchorClient;

beforeAll(async () => {
  devnet = await startDevnet({ folder });
  const [property, auditing] = devnet.organisations;
  if (property === undefined || auditing === undefined) throw new Error('two organisations');
  admin = connectAnchorClient(devnet, property.admin);
  client = connectAnchorClient(devnet, property.client);
  auditor = connectAnchorClient(devnet, auditing.client);
  await admin.contract.submitTransaction('RegisterKey', log.origin, log.vkey);
  await client.contract.submitTransaction('Submit', log.origin, log.checkpoint(1), '');
});
afterAll(async () => {
  for (const one of [admin, client, auditor]) one.close();
  await devnet.stop();
  rmSync(folder, { recursive: true });
});

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const sizeNow = async () =>
  JSON.parse(text(await client.contract.evaluateTransaction('Latest', log.origin))).size;
const proposeNext = async (by = client) => {
  const size = await sizeNow();
  const call = [log.origin, log.checkpoint(size + 1), log.proof(size, size + 1)];
  return { size: size + 1, proposal: by.contract.newProposal('Submit', { arguments: call }) };
};
const query = (name: string, argument: string | number) =>
  client.ledger.evaluateTransaction(name, devnet.channel, String(argument));
const errorOf = async (run: Promise<unknown>) => {
  const error = await run.then(
    () => undefined,
    (thrown: { name: string; code: number; message: string; details: { message: string }[] }) =>
      thrown,
  );
  return (
    error && { name: error.name, code: error.code, words: error.details.map((d) => d.message) }
  );
};

describe('the unmodified client of Fabric', () => {
  test('endorses, submits and learns the status of an anchor', async () => {
    const { size, proposal } = await proposeNext();
    const transaction = await proposal.endorse();
    const key = `anchor/${log.origin}/${String(size).padStart(16, '0')}`;
    expect(JSON.parse(text(transaction.getResult()))).toEqual({ key });
    const commit = await transaction.submit();
    const status = await commit.getStatus();
    expect(status).toMatchObject({
      code: 0,
      successful: true,
      blockNumber: BigInt(devnet.height - 1),
    });
    expect(status.transactionId).toBe(proposal.getTransactionId());
    expect(text(await auditor.contract.evaluateTransaction('At', log.origin, `${size}`))).toContain(
      `"size":${size}`,
    );
  });

  test('finds a stored transaction again after a restart of its own', async () => {
    const { proposal } = await proposeNext();
    const bytes = (await proposal.endorse()).getBytes();
    await client.gateway.newTransaction(bytes).submit();
    const transaction = client.gateway.newTransaction(bytes);
    await client.gateway.newTransaction(bytes).submit();
    expect((await (await transaction.submit()).getStatus()).code).toBe(0);
    const processed = peer.ProcessedTransaction.deserializeBinary(
      await query('GetTransactionByID', transaction.getTransactionId()),
    );
    expect(processed.getValidationcode()).toBe(0);
  });

  test('hears of anchors as events, from the block that it asks for', async () => {
    const network = client.gateway.getNetwork(devnet.channel);
    const events = await network.getChaincodeEvents('anchor', { startBlock: 1n });
    const heard: string[] = [];
    const { size, proposal } = await proposeNext();
    await (await proposal.endorse()).submit();
    for await (const event of events) {
      heard.push(event.eventName);
      if (text(event.payload).includes(`"size":${size},`)) break;
    }
    events.close();
    expect(heard.slice(0, 2)).toEqual(['key-registered', 'anchored']);
    expect(heard).toHaveLength(size + 1);
  });

  test('hears of what comes when it names no block, and nothing twice', async () => {
    const network = client.gateway.getNetwork(devnet.channel);
    const events = await network.getChaincodeEvents('anchor');
    const { size, proposal } = await proposeNext();
    const commit = await (await proposal.endorse()).submit();
    const { blockNumber, transactionId } = await commit.getStatus();
    for await (const event of events) {
      expect(event).toMatchObject({ blockNumber, transactionId, eventName: 'anchored' });
      break;
    }
    events.close();
    const checkpoint = { getBlockNumber: () => blockNumber, getTransactionId: () => transactionId };
    const later = await network.getChaincodeEvents('anchor', { checkpoint });
    const next = await proposeNext();
    await (await next.proposal.endorse()).submit();
    for await (const event of later) {
      expect(text(event.payload)).toContain(`"size":${size + 1},`);
      break;
    }
    later.close();
  });

  test('is told what the contract refused, by both peers', async () => {
    const call = [log.origin, log.checkpoint(1), ''];
    const run = client.contract.submitTransaction('Submit', ...call);
    const error = await errorOf(run);
    expect(error).toMatchObject({ name: 'EndorseError', code: 10 });
    expect(error?.words).toHaveLength(2);
    expect(error?.words[0]).toMatch(/^chaincode response 500, anchor-not-growing: /);
  });

  test('gets code 11 for a transaction whose reads are out of date', async () => {
    const [one, other] = await Promise.all([proposeNext(), proposeNext(auditor)]);
    const [first, second] = await Promise.all([one.proposal.endorse(), other.proposal.endorse()]);
    const commits = [await first.submit(), await second.submit()];
    const codes = await Promise.all(commits.map(async (commit) => (await commit.getStatus()).code));
    expect(codes).toEqual([0, 11]);
  });

  test('gets code 10 for an anchor that only one organisation has endorsed', async () => {
    const size = await sizeNow();
    const call = [log.origin, log.checkpoint(size + 1), log.proof(size, size + 1)];
    const options = { arguments: call, endorsingOrganizations: ['PropertyMSP'] };
    const transaction = await client.contract.newProposal('Submit', options).endorse();
    expect((await (await transaction.submit()).getStatus()).code).toBe(10);
    expect(await sizeNow()).toBe(size);
  });

  test('gets code 10 for a key that only one organisation has endorsed', async () => {
    const { origin, vkey } = signedLog('devnet.test/one-sided', 1);
    const options = { arguments: [origin, vkey], endorsingOrganizations: ['PropertyMSP'] };
    const transaction = await admin.contract.newProposal('RegisterKey', options).endorse();
    expect((await (await transaction.submit()).getStatus()).code).toBe(10);
    expect(text(await client.contract.evaluateTransaction('Key', origin))).toBe('');
  });

  test('anchors many logs at once, up to ten of them in a block', async () => {
    const logs = Array.from({ length: 25 }, (_, n) => signedLog(`devnet.test/many/${n}`, 2));
    await Promise.all(
      logs.map(({ origin, vkey }) => admin.contract.submitTransaction('RegisterKey', origin, vkey)),
    );
    const before = devnet.height;
    const commits = await Promise.all(
      logs.map(async ({ origin, checkpoint }) => {
        const call = { arguments: [origin, checkpoint(2), ''] };
        const commit = await client.contract.submitAsync('Submit', call);
        return (await commit.getStatus()).code;
      }),
    );
    expect(commits).toEqual(logs.map(() => 0));
    const sizes: number[] = [];
    for (let number = before; number < devnet.height; number += 1) {
      const block = checkBlock(await query('GetBlockByNumber', number), channel());
      sizes.push(block.transactions.length);
    }
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(25);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10);
  });

  test('gets a statement of validity: both peers sign the version of the key', async () => {
    const { size, proposal } = await proposeNext();
    const { blockNumber } = await (await (await proposal.endorse()).submit()).getStatus();
    const at = client.contract.newProposal('At', {
      arguments: [log.origin, `${size}`],
      endorsingOrganizations: ['PropertyMSP', 'AuditorMSP'],
    });
    const bytes = (await at.endorse()).getBytes();
    expect(readVersions(bytes)).toEqual({
      [`anchor/${log.origin}/${String(size).padStart(16, '0')}`]: [Number(blockNumber), 0],
    });
  });
});

/** Block and transaction of each key that the contract has read for an endorsed answer. */
function readVersions(prepared: Uint8Array): Record<string, [number, number]> {
  const envelope = gateway.PreparedTransaction.deserializeBinary(prepared).getEnvelope();
  const transaction = openTransaction(envelope?.serializeBinary() ?? new Uint8Array());
  const reads = transaction?.sets.get('anchor')?.getReadsList() ?? [];
  return Object.fromEntries(
    reads.map((read) => {
      const version = read.getVersion();
      return [read.getKey(), [version?.getBlockNum() ?? -1, version?.getTxNum() ?? -1]];
    }),
  );
}

describe('the gateway', () => {
  test('turns away who is no client of the channel', async () => {
    const [property, auditing] = devnet.organisations;
    if (property === undefined || auditing === undefined) throw new Error('two organisations');
    const { certificate } = property.client;
    const strangers = [
      { ...property.client, key: auditing.client.key },
      { ...property.client, mspId: 'AuditorMSP' },
      { ...property.client, certificate: certificate.replace(/A/, 'B') },
    ];
    for (const identity of strangers) {
      const stranger = connectAnchorClient(devnet, identity);
      const run = stranger.contract.evaluateTransaction('Latest', log.origin);
      expect(await errorOf(run)).toMatchObject({ code: 7 });
      stranger.close();
    }
  });

  test('knows one channel, one chaincode, two organisations', async () => {
    const other = client.gateway.getNetwork('other').getContract('anchor');
    expect(await errorOf(other.evaluateTransaction('Latest', 'a'))).toMatchObject({ code: 3 });
    const deaf = await client.gateway.getNetwork('other').getChaincodeEvents('anchor');
    const heard = async () => {
      for await (const event of deaf) throw new Error(`heard ${event.eventName}`);
    };
    expect(await errorOf(heard())).toMatchObject({ code: 5 });
    const missing = client.gateway.getNetwork(devnet.channel).getContract('missing');
    expect(await errorOf(missing.evaluateTransaction('Latest', 'a'))).toMatchObject({ code: 9 });
    const endorsingOrganizations = ['TenantsMSP'];
    const proposal = client.contract.newProposal('At', { arguments: [], endorsingOrganizations });
    expect(await errorOf(proposal.endorse())).toMatchObject({ code: 14 });
  });

  test('orders nothing that its client has not signed', async () => {
    const { proposal } = await proposeNext();
    const prepared = gateway.PreparedTransaction.deserializeBinary(
      (await proposal.endorse()).getBytes(),
    );
    prepared.getEnvelope()?.setSignature(new Uint8Array(70));
    const forged = client.gateway.newTransaction(prepared.serializeBinary());
    expect(await errorOf(forged.submit())).toMatchObject({ name: 'SubmitError', code: 10 });
  });

  test('answers the questions of qscc', async () => {
    const info = common.BlockchainInfo.deserializeBinary(
      await client.ledger.evaluateTransaction('GetChainInfo', devnet.channel),
    );
    expect(info.getHeight()).toBe(devnet.height);
    const last = checkBlock(await query('GetBlockByNumber', devnet.height - 1), channel());
    expect(Buffer.from(info.getCurrentblockhash_asU8()).toString('hex')).toBe(last.hash);
    const [{ txId } = { txId: '' }] = last.transactions;
    const found = await query('GetBlockByTxID', txId);
    expect(checkBlock(found, channel()).hash).toBe(last.hash);
    const unknown = await errorOf(query('GetTransactionByID', 'ab'.repeat(32)));
    expect(unknown).toMatchObject({ name: 'GatewayError', code: 2 });
    expect(await errorOf(query('GetBlockByNumber', devnet.height))).toMatchObject({ code: 2 });
    const config = await client.gateway
      .getNetwork(devnet.channel)
      .getContract('cscc')
      .evaluateTransaction('GetConfigBlock', devnet.channel);
    expect(Buffer.from(config)).toEqual(Buffer.from(devnet.genesis));
  });
});

const channel = (): CheckedChannel => readChannel(devnet.genesis);

describe('its blocks', () => {
  test('are signed by a quorum, chained, and endorsed by both organisations', async () => {
    let previous = devnet.genesisHash;
    const codes = new Set<number>();
    for (let number = 1; number < devnet.height; number += 1) {
      const block = checkBlock(await query('GetBlockByNumber', number), channel());
      expect([block.number, block.previousHash]).toEqual([number, previous]);
      previous = block.hash;
      for (const { flag, endorsers } of block.transactions) {
        codes.add(flag);
        if (flag === 0) expect(endorsers.toSorted()).toEqual(['AuditorMSP', 'PropertyMSP']);
      }
    }
    expect([...codes].sort()).toEqual([0, 10, 11, 9].sort());
  });

  test('hold the root in the endorsed write set', async () => {
    const { size, proposal } = await proposeNext();
    const { blockNumber } = await (await (await proposal.endorse()).submit()).getStatus();
    const block = checkBlock(await query('GetBlockByNumber', Number(blockNumber)), channel());
    const key = `anchor/${log.origin}/${String(size).padStart(16, '0')}`;
    const root = Buffer.from(log.root(size)).toString('hex');
    expect(block.transactions[0]?.writes[key]).toBe(
      `{"origin":"${log.origin}","size":${size},"root":"${root}"}`,
    );
  });

  test('begin with a configuration that calls itself a development network', () => {
    const { channelId, consortium, genesisHash, consenters, roots } = channel();
    expect({ channelId, consortium, genesisHash }).toEqual({
      channelId: 'anchors',
      consortium: 'billproof-development',
      genesisHash: devnet.genesisHash,
    });
    expect([...consenters.keys()]).toEqual([1, 2, 3, 4]);
    expect([...roots.keys()].sort()).toEqual([
      'AuditorMSP',
      'AuditorOrdererMSP',
      'NotaryOrdererMSP',
      'PropertyMSP',
      'PropertyOrdererMSP',
      'TenantsOrdererMSP',
    ]);
  });
});

describeFixture('the check of this test', 'fabric-blocks/', (fixtures) => {
  const read = (name: string) => readFileSync(new URL(name, fixtures));

  test.each(['block-004', 'block-006', 'block-006-other-peer', 'block-009', 'block-011'])(
    'accepts %s of a real network',
    (name) => {
      const real = readChannel(read('genesis.block'));
      expect(real.consortium).toBeUndefined();
      const { transactions } = checkBlock(read(`${name}.block`), real);
      for (const { endorsers } of transactions) {
        expect(endorsers.toSorted()).toEqual(['AuditorMSP', 'PropertyMSP']);
      }
    },
  );

  test.each([
    ['quorum-of-two', '2 of 3 consenters have signed'],
    ['previous-hash-changed', '0 of 3 consenters have signed'],
    ['orderer-signature-high-s', '2 of 3 consenters have signed'],
    ['data-changed', 'data hash'],
    ['boundary-moved', ''],
    ['creator-signature-broken', 'creator signature'],
    ['endorsement-of-other-payload', 'endorsement'],
    ['endorser-is-a-client', 'the endorser is no peer'],
    ['endorser-of-another-ca', 'identity'],
    ['other-channel', 'channel'],
  ])('refuses %s', (name, words) => {
    const real = readChannel(read('genesis.block'));
    expect(() => checkBlock(read(`neg/${name}.block`), real)).toThrow(words);
  });
});
