import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sampleSigner } from '../../contracts/sample-signers.ts';
import type { EthereumConnection } from '../../ledger/anchor/ethereum/connection.ts';
import { EthereumChain } from '../../ledger/anchor/ethereum/ethereum-chain.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { prefixProof } from '../reference/rfc6962.ts';
import { type SignedLog, signedLog } from '../support/signed-log.ts';
import { type EthereumUnderTest, ethereumUnderTest, SIGNERS } from './ethereum-networks.ts';

let network: EthereumUnderTest;
beforeAll(async () => {
  network = await ethereumUnderTest();
});
afterAll(() => network.stop());

let logs = 0;
let log: SignedLog;
let connection: EthereumConnection;
beforeEach(async () => {
  logs += 1;
  log = signedLog(`ethereum-chain.test/${logs}`);
  connection = await network.connect(log);
});

/** Signs whatever it is asked to, as a signer may that others hold. */
const WILLING = SIGNERS.map(({ key, address }) => ({
  address,
  sign: ({ digest }: { readonly digest: Uint8Array }) => Promise.resolve(key.sign(digest)),
}));

function chainWith(change: Partial<EthereumConnection>): EthereumChain {
  return new EthereumChain({ ...connection, ...change });
}

function task(from: number, to: number, note = log.checkpoint(to)) {
  const proof = from === 0 ? [] : prefixProof(from, log.leaves.slice(0, to));
  const head = from === 0 ? undefined : { origin: log.origin, size: from, root: log.root(from) };
  return { checkpoint: parseCheckpoint(note), note, head, proof };
}

async function anchor(chain: EthereumChain, ...steps: Parameters<typeof task>): Promise<void> {
  const prepared = await chain.prepare(task(...steps));
  await chain.submit(prepared);
  expect(await chain.outcome(prepared, 5_000)).toEqual({ state: 'anchored' });
}

describe('refuses to prepare, in the words of the other contract', () => {
  test('what is no news', async () => {
    const chain = chainWith({});
    await anchor(chain, 0, 6);
    const again = chain.prepare(task(6, 6));
    await expect(again).rejects.toMatchObject({ code: 'anchor-known' });
    const other = chain.prepare(task(6, 6, log.checkpointOver(6, log.root(5))));
    await expect(other).rejects.toMatchObject({ code: 'anchor-fork' });
    const smaller = chain.prepare({ ...task(6, 6), checkpoint: task(0, 2).checkpoint });
    await expect(smaller).rejects.toMatchObject({ code: 'anchor-not-growing' });
  });

  test('the empty tree', async () => {
    await expect(chainWith({}).prepare(task(0, 0))).rejects.toMatchObject({
      code: 'anchor-empty-tree',
    });
  });

  test('a proof that its signers have not looked at', async () => {
    const chain = chainWith({ signers: WILLING });
    const early = chain.prepare({ ...task(0, 6), proof: [log.root(1)] });
    await expect(early).rejects.toMatchObject({ code: 'proof-too-long' });
    await anchor(chain, 0, 6);
    const good = task(6, 9);
    const bad = [
      [{ ...good, proof: good.proof.slice(0, -1) }, 'proof-too-short'],
      [{ ...good, proof: [...good.proof, log.root(1)] }, 'proof-too-long'],
      [{ ...good, proof: good.proof.toReversed() }, 'from-root-mismatch'],
      [task(6, 9, log.checkpointOver(9, log.root(8))), 'root-mismatch'],
    ] as const;
    for (const [wrong, code] of bad) {
      await expect(chain.prepare(wrong)).rejects.toMatchObject({ code });
    }
  });

  test('signatures that the contract does not count', async () => {
    const { key, address } = sampleSigner('nobody that the contract knows');
    const stranger = { address, sign: WILLING[0]?.sign ?? Promise.reject };
    const strangers = [
      {
        ...stranger,
        sign: ({ digest }: { digest: Uint8Array }) => Promise.resolve(key.sign(digest)),
      },
      ...WILLING.slice(0, 1),
    ];
    await expect(chainWith({ signers: strangers }).prepare(task(0, 6))).rejects.toMatchObject({
      code: 'signer-unknown',
      params: { signer: address },
    });
    const few = chainWith({ signers: WILLING.slice(0, 1) });
    await expect(few.prepare(task(0, 6))).rejects.toMatchObject({ code: 'signature-missing' });
  });
});

describe('refuses to work with', () => {
  test('a contract of another log', async () => {
    const [found, expected] = [log.origin, 'another.log'];
    const error = { code: 'anchor-other-log', params: { found, expected } };
    await expect(chainWith({}).head(expected)).rejects.toMatchObject(error);
  });

  test('a node of another chain', async () => {
    const elsewhere = chainWith({ network: { ...connection.network, chainId: 1 } });
    await expect(elsewhere.head(log.origin)).rejects.toMatchObject({ code: 'ethereum-chain' });
  });

  test('other code, or none', async () => {
    const codeHash = new Uint8Array(32);
    const other = chainWith({ network: { ...connection.network, codeHash } });
    await expect(other.head(log.origin)).rejects.toMatchObject({ code: 'ethereum-code' });
    const contract = `0x${'00'.repeat(19)}42`;
    const none = chainWith({ network: { ...connection.network, contract } });
    await expect(none.head(log.origin)).rejects.toMatchObject({
      code: 'ethereum-code',
      params: { found: 'none' },
    });
  });

  test('an account that cannot pay', async () => {
    const { key, address } = sampleSigner('a poor account');
    const poor = chainWith({ senderKey: key.privateKey });
    await expect(poor.prepare(task(0, 6))).rejects.toMatchObject({
      code: 'anchor-funds',
      params: { account: address, balance: '0' },
    });
  });
});

test('a chain that asks for more than the limit is waited for', async () => {
  const thrifty = chainWith({ maxFeePerGas: 1n });
  await expect(thrifty.prepare(task(0, 6))).rejects.toMatchObject({ code: 'chain-unavailable' });
});

test('the place of an anchor is the same in every receipt, whatever came later', async () => {
  const chain = chainWith({});
  const { chainId, contract } = connection.network;
  expect(chain.name).toBe(`ethereum/31337/${contract}`);
  await anchor(chain, 0, 6);
  const checkpoint = parseCheckpoint(log.checkpoint(6));
  const first = await chain.receipt(checkpoint);
  await anchor(chain, 6, 9);
  const second = await chain.receipt(checkpoint);
  expect(second.receipt).not.toEqual(first.receipt);
  expect(second.place).toEqual(first.place);
  expect(first).toMatchObject({
    network: 'development',
    place: { chainId, contract, blockTime: first.atMs / 1000 },
  });
});

test('what came by another way is found all the same', async () => {
  await anchor(chainWith({}), 0, 6);
  const { receipt } = await chainWith({}).receipt(parseCheckpoint(log.checkpoint(6)));
  expect(network.proves(receipt, log.checkpoint(6))).toBe(true);
});
