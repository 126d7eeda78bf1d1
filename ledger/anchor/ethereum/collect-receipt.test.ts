import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnchoredChain, openAnchoredChain } from '../../../test/support/anchored-chain.ts';
import { fromHex } from '../../core/bytes.ts';
import { readBlockHeader } from '../../core/ethereum/block-header.ts';
import type { EthereumReceipt } from '../../core/ethereum/receipt.ts';
import { verifyEthereumReceipt } from '../../core/ethereum/verify-receipt.ts';
import { type BlockName, collectEthereumReceipt } from './collect-receipt.ts';
import type { RpcCall } from './json-rpc.ts';

const LONG_NAME = 'ledger.example/log/the-tower-at-the-end-of-the-long-street/site-1';

// The contract itself, in a node that runs in this process.
let short: AnchoredChain;
let long: AnchoredChain;
beforeAll(async () => {
  short = await openAnchoredChain('ledger.example/log/site-1', [7, 13, 32]);
  long = await openAnchoredChain(LONG_NAME, [7, 13]);
});
afterAll(async () => {
  await short.chain.close();
  await long.chain.close();
});

function collect(
  { chain, network }: AnchoredChain,
  size: number,
  block: BlockName = 'latest',
  call: RpcCall = chain.request,
): Promise<EthereumReceipt> {
  return collectEthereumReceipt(call, network, size, block);
}

/** The node of the chain, which answers one method otherwise. */
function lying(method: string, change: (answer: Record<string, unknown>) => unknown): RpcCall {
  return async (asked, params) => {
    const answer = await short.chain.request(asked, params);
    return asked === method ? change(Object(answer)) : answer;
  };
}

function inCapitals(node: unknown): string {
  return `0x${String(node).slice(2).toUpperCase()}`;
}

const refusedAs = (code: string) => expect.objectContaining({ code });

describe('a receipt that is collected from a node', () => {
  it.each([7, 13, 32])('shows the anchor of size %i', async (size) => {
    const receipt = await collect(short, size);
    const verdict = verifyEthereumReceipt(receipt, short.checkpoint(size), short.network);
    expect(verdict).toMatchObject({ ok: true, blockNumber: 4, trust: 'block not pinned' });
    const blocks = receipt.headers.map((header) => readBlockHeader(header).hash);
    const known = { ...short.network, blocks };
    expect(verifyEthereumReceipt(receipt, short.checkpoint(size), known)).toMatchObject({
      ...{ ok: true, trust: 'pinned' },
    });
  });

  it('shows the anchor of a log with a long name', async () => {
    const receipt = await collect(long, 13);
    const verdict = verifyEthereumReceipt(receipt, long.checkpoint(13), long.network);
    expect(verdict).toMatchObject({ ok: true, origin: LONG_NAME, size: 13 });
  });

  it('tells when the checkpoint was anchored, and of which block the state is', async () => {
    const startedMs = Date.parse('2026-09-01T00:00:00Z');
    const receipt = await collect(short, 7, '0x3');
    const verdict = verifyEthereumReceipt(receipt, short.checkpoint(7), short.network);
    expect(verdict).toMatchObject({
      ...{ ok: true, blockNumber: 3 },
      ...{ blockTimeMs: startedMs + 24_000, headerTimeMs: startedMs + 36_000 },
    });
    const finalized = await collect(short, 7, 'finalized');
    expect(verifyEthereumReceipt(finalized, short.checkpoint(7), short.network)).toMatchObject({
      ...{ ok: true, size: 7 },
    });
  });

  it('is the same when the node mixes up the nodes of a proof, adds others and writes capitals', async () => {
    const call = lying('eth_getProof', (answer) => {
      const nodes = (list: unknown) =>
        Array.isArray(list) ? ['0x80', ...list.toReversed().map(inCapitals)] : [];
      const storage = Array.isArray(answer['storageProof']) ? answer['storageProof'] : [];
      return {
        accountProof: nodes(answer['accountProof']),
        storageProof: storage.map((one: { proof: unknown }) => ({ proof: nodes(one.proof) })),
      };
    });
    expect(await collect(short, 13, 'latest', call)).toEqual(await collect(short, 13));
  });
});

describe('a receipt is not collected', () => {
  it('of a size that is not anchored in the block', async () => {
    await expect(collect(short, 14)).rejects.toThrowError(refusedAs('ethereum-absent'));
    await expect(collect(short, 32, '0x3')).rejects.toThrowError(refusedAs('ethereum-absent'));
  });

  it('where there is no contract', async () => {
    await expect(collect(short, 7, '0x0')).rejects.toThrowError(refusedAs('ethereum-code'));
  });

  it('of a contract whose log has a name that no log has', async () => {
    const other = await openAnchoredChain('l'.repeat(300), [3]);
    await expect(collect(other, 3)).rejects.toThrowError(refusedAs('ethereum-origin'));
    await other.chain.close();
  });

  it('from a node of another chain', async () => {
    const target = { ...short.network, chainId: 1 };
    await expect(
      collectEthereumReceipt(short.chain.request, target, 7, 'latest'),
    ).rejects.toThrowError(refusedAs('ethereum-chain'));
  });

  it.each(['stateRoot', 'timestamp', 'extraData', 'requestsHash', 'baseFeePerGas'])(
    'over a header whose %s is another than the block has',
    async (field) => {
      const call = lying('eth_getBlockByNumber', (block) => ({
        ...block,
        [field]: `${block[field]}99`,
      }));
      await expect(collect(short, 7, 'latest', call)).rejects.toThrowError(
        refusedAs('ethereum-header'),
      );
    },
  );

  it('over a header with a field that is not known here, or is missing', async () => {
    const changes: ((block: Record<string, unknown>) => unknown)[] = [
      (block) => ({ ...block, hash: `0x${'0'.repeat(64)}` }),
      ({ requestsHash: _, ...block }) => block,
      (block) => ({ ...block, requestsHash: null }),
    ];
    for (const change of changes) {
      await expect(
        collect(short, 7, 'latest', lying('eth_getBlockByNumber', change)),
      ).rejects.toThrowError(refusedAs('ethereum-header'));
    }
  });

  it('from answers that are none', async () => {
    const answers: [method: string, answer: unknown][] = [
      ['eth_chainId', null],
      ['eth_chainId', 31_337],
      ['eth_getBlockByNumber', null],
      ['eth_getBlockByNumber', { number: '0x1' }],
      ['eth_getBlockByNumber', []],
      ['eth_getProof', null],
      ['eth_getProof', { accountProof: [], storageProof: 'none' }],
      ['eth_getProof', { accountProof: ['0x8'], storageProof: [] }],
      ['eth_getProof', { accountProof: 'none', storageProof: [] }],
      ['eth_getProof', { accountProof: [], storageProof: [null] }],
    ];
    for (const [method, answer] of answers) {
      const call: RpcCall = async (asked, params) =>
        asked === method ? answer : short.chain.request(asked, params);
      await expect(collect(short, 7, 'latest', call)).rejects.toThrowError(
        refusedAs('ethereum-node'),
      );
    }
  });

  it('from a proof of another block, as after a reorganisation', async () => {
    const call: RpcCall = (method, params) =>
      short.chain.request(method, method === 'eth_getProof' ? params.with(2, '0x3') : params);
    await expect(collect(short, 7, 'latest', call)).rejects.toThrowError(
      refusedAs('ethereum-proof'),
    );
  });

  it('when the node fails, and says how', async () => {
    const failing: RpcCall = () => Promise.reject(new Error('429 too many requests'));
    await expect(collect(short, 7, 'latest', failing)).rejects.toThrowError('429');
  });
});

it('asks for the proof at the number of the block that it was told', async () => {
  const asked: unknown[] = [];
  await collect(long, 13, 'latest', (method, params) => {
    asked.push(method === 'eth_getProof' ? [method, params[2]] : [method, ...params]);
    return long.chain.request(method, params);
  });
  expect(asked).toEqual([
    ['eth_chainId'],
    ['eth_getBlockByNumber', 'latest', false],
    ['eth_getProof', '0x3'],
    ['eth_getProof', '0x3'],
  ]);
  expect(fromHex(long.network.contract.slice(2))).toHaveLength(20);
});
