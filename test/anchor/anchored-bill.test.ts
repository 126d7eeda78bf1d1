import { describe, expect, test } from 'vitest';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { DEVELOPMENT_CONSORTIUM } from '../../ledger/core/fabric/channel-config.ts';
import type { FabricReceipt } from '../../ledger/core/fabric/receipt.ts';
import { portable } from '../../ledger/core/primitives.ts';
import { formatTrustPolicy, parseTrustPolicy } from '../../ledger/core/trust-policy.ts';
import { type Layer, verifyBundle } from '../../ledger/core/verdict.ts';
import { TENANT } from '../attacks/story.ts';
import { writeOf } from '../support/fabric-network.ts';
import type { BundleParts } from '../support/forge.ts';
import {
  channel,
  checkpoint,
  encode,
  index,
  policyWith,
  receiptOf,
  site,
} from './anchored-site.ts';

// Layer 9 over receipts of a channel whose keys the test holds: what each may be called, and no more.

interface Judged {
  readonly receipts?: readonly unknown[];
  readonly earlier?: readonly unknown[];
  readonly trust?: string | undefined;
  readonly policy?: string;
}

function judge({ receipts = [], earlier = [], trust, policy = site.trust }: Judged) {
  const lie = (parts: BundleParts) => ({
    ...parts,
    ...{ policy, earlier, anchors: { fabric: receipts, ethereum: [] } },
  });
  const verdict = verifyBundle(site.bundle(TENANT, lie), { trust, primitives: portable });
  return { overall: verdict.overall, ninth: ninthOf(verdict.layers) };
}

function ninthOf(layers: readonly Layer[]) {
  const { status, findings = [] } = layers[8] ?? {};
  return { status, codes: findings.map(({ code }) => code), params: findings[0]?.params };
}

test('a real channel of the trust file makes it verified, and is told with all that counts', () => {
  const { overall, ninth } = judge({ receipts: [receiptOf()], trust: policyWith() });
  expect(overall).toBe('verified');
  expect(ninth).toMatchObject({ status: 'verified', codes: ['anchored'] });
  expect(ninth.params).toEqual({
    ...{ channel: 'anchors', block: 6, at: '2026-11-23T11:10:00.860Z', size: checkpoint.size },
    ...{ endorsers: 'AuditorMSP, PropertyMSP', orderers: 3, quorum: 3 },
  });
});

describe('never verified', () => {
  test('by a network that says of itself that it is for development', () => {
    const genesis = channel.configBlock({ consortium: DEVELOPMENT_CONSORTIUM });
    const judged = judge({
      receipts: [receiptOf(checkpoint, { genesis })],
      trust: policyWith(genesis),
    });
    expect(judged.overall).toBe('verified');
    expect(judged.ninth).toMatchObject({ status: 'not-present', codes: ['anchored-development'] });
  });

  test('by a network that only the file names', () => {
    const judged = judge({ receipts: [receiptOf()], policy: policyWith() });
    expect(judged.ninth).toMatchObject({ status: 'not-present', codes: ['anchored-by-file'] });
  });

  test('without the word of the peers that the transaction was valid', () => {
    const receipts = [receiptOf(checkpoint, { validity: false })];
    const judged = judge({ receipts, trust: policyWith() });
    expect(judged.ninth).toMatchObject({ status: 'not-present', codes: ['anchored-unproven'] });
  });

  test('by a channel that the trust file does not name', () => {
    const judged = judge({ receipts: [receiptOf()], trust: site.trust, policy: policyWith() });
    expect(judged.ninth).toMatchObject({
      status: 'not-present',
      codes: ['anchor-unknown-network'],
    });
  });

  test('without a receipt', () => {
    expect(judge({ trust: policyWith() }).ninth).toMatchObject({
      ...{ status: 'not-present', codes: ['anchor-none'] },
    });
  });

  test('by an anchor of the same tree under the name of another log', () => {
    const { origin } = checkpoint;
    const note = site.checkpoint().replaceAll(origin, `${origin}-2`);
    const anchors = { fabric: [receiptOf(parseCheckpoint(note))], ethereum: [] };
    const earlier = [{ checkpoint: note, consistency: [], anchors }];
    const judged = judge({ earlier, trust: policyWith() });
    expect(judged.overall).toBe('failed');
    expect(judged.ninth).toMatchObject({ status: 'not-present', codes: ['anchor-none'] });
  });

  test('by the receipt of a checkpoint before the bill', () => {
    const before = parseCheckpoint(site.checkpoint(index));
    const anchors = { fabric: [receiptOf(before)], ethereum: [] };
    const judged = judge({ earlier: [{ ...site.earlier(index), anchors }], trust: policyWith() });
    expect(judged.ninth).toMatchObject({ status: 'not-present', codes: ['anchor-none'] });
  });
});

test('an earlier checkpoint that holds the bill counts as well', () => {
  const anchors = {
    fabric: [receiptOf(parseCheckpoint(site.checkpoint(index + 1)))],
    ethereum: [],
  };
  const earlier = [{ ...site.earlier(index + 1), anchors }];
  expect(judge({ earlier, trust: policyWith() }).ninth).toMatchObject({
    ...{ status: 'verified', codes: ['anchored'] },
  });
});

test('of two networks with the names of one channel the receipt says which it is of', () => {
  const later = channel.configBlock({ capabilities: ['V3_0', 'V2_0', 'V2_0'] });
  const [before, after] = [undefined, later].map((genesis) => ({
    kind: 'fabric' as const,
    network: channel.network(genesis),
  }));
  if (before === undefined || after === undefined) throw new Error('there are two');
  const trustOf = (...anchors: (typeof before)[]) =>
    formatTrustPolicy({ ...parseTrustPolicy(site.trust), anchors });
  for (const genesis of [undefined, later]) {
    const receipts = [receiptOf(checkpoint, genesis === undefined ? {} : { genesis })];
    for (const trust of [trustOf(before, after), trustOf(after, before)]) {
      expect(judge({ receipts, trust }).ninth).toMatchObject({ codes: ['anchored'] });
    }
  }
});

describe('a false receipt fails, whoever names the network', () => {
  const other = { ...checkpoint, root: Uint8Array.from(checkpoint.root, (byte) => byte ^ 1) };
  const auditorAlone = channel.transaction({
    writes: [writeOf(checkpoint)],
    endorsers: [channel.auditorPeer],
  });
  const cases: readonly [string, unknown, string][] = [
    ['of another root', receiptOf(other), 'fabric-write-set'],
    [
      'endorsed by one',
      encode(channel.receipt({ block: channel.block([auditorAlone]) })),
      'fabric-endorsements',
    ],
    ['ordered by two', encode(ordered(2)), 'fabric-quorum'],
    [
      'of another genesis',
      receiptOf(checkpoint, {
        genesis: channel.configBlock({
          sequence: 0,
          consensus: 'BFT',
          consenters: channel.consenters.slice(0, 3),
        }),
      }),
      'fabric-pinned-hash',
    ],
    ['that is none', 'receipt', 'bad-shape'],
  ];
  for (const [name, receipt, code] of cases) {
    test(name, () => {
      for (const by of [{ trust: policyWith() }, { policy: policyWith() }]) {
        const judged = judge({ receipts: [receipt], ...by });
        expect(judged.overall).toBe('failed');
        expect(judged.ninth).toMatchObject({ status: 'failed', codes: [code] });
      }
    });
  }

  test('also beside a good one', () => {
    const judged = judge({ receipts: [receiptOf(), receiptOf(other)], trust: policyWith() });
    expect(judged.ninth).toMatchObject({ status: 'failed', codes: ['fabric-write-set'] });
  });
});

/** A receipt whose block so many orderers signed. */
function ordered(count: number): FabricReceipt {
  const transaction = channel.transaction({ writes: [writeOf(checkpoint)] });
  const signers = channel.consenters.slice(0, count);
  return channel.receipt({ block: channel.block([transaction], { signers }) });
}
