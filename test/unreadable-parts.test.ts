import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../ledger/core/canonical-json.ts';
import { verifyBundle } from '../ledger/core/verdict.ts';
import { all, honest, officeTariff, TENANT, tell } from './attacks/story.ts';
import type { BundleParts } from './support/forge.ts';

const SEPTEMBER = '2026-09-04T03:00:00.000Z';
const noted = (type: 'reading.held' | 'reading.released', data: JsonObject) =>
  tell({
    'failed-poll': all(honest['failed-poll'], (f) => void f.write(TENANT, type, SEPTEMBER, data)),
  });
const enrolled = (lie: JsonObject) =>
  tell({ enrol: (f) => f.enrol('2026-08-01T01:00:00.000Z', undefined, lie) });
const billed = (lie: JsonObject) =>
  tell({
    bill: (f) => f.bill(TENANT, '2026-09-30T16:05:00.000Z', '2026-09', (b) => ({ ...b, ...lie })),
  });
const toppedUp = (step: 'early-top-up' | 'top-up', at: string) =>
  tell({ [step]: (f: ReturnType<typeof tell>) => f.topUp(TENANT, at, '40.000000', { vip: true }) });

/** Layers that are not verified, of the eight that a bill needs and the history. */
function doubts(text: string): Record<number, string> {
  const needed = verifyBundle(text, {}).layers.filter(
    ({ n, status }) => status === 'failed' || (n <= 8 && status !== 'verified'),
  );
  return Object.fromEntries(
    needed.map(({ n, status, findings }) => [
      n,
      status === 'failed' ? (findings[0]?.code ?? '') : status,
    ]),
  );
}

describe('a part of a bill that nobody can read', () => {
  it.each<[string, ReturnType<typeof tell>, Record<number, string>]>([
    ['a hold', noted('reading.held', { meter: 'm-1' }), { 3: 'bad-shape', 4: 'bad-shape' }],
    ['a release', noted('reading.released', { meter: 'm-1' }), { 4: 'bad-shape' }],
    ['a device key', enrolled({ jwk: { crv: 'P-256' } }), { 3: 'bad-shape' }],
    ['an enrolment', enrolled({ epoch: 'one' }), { 3: 'bad-shape' }],
    [
      'a tariff',
      tell({ tariff: (f) => f.publish('2026-07-30T02:00:00.000Z', officeTariff(), { v: 1 }) }),
      { 5: 'bad-tariff', 6: 'not-present' },
    ],
    ['the zone', billed({ zone: 'Mars/Base' }), { 5: 'zone-differs', 6: 'not-present' }],
    [
      'a top-up before the statement before',
      toppedUp('early-top-up', '2026-08-31T17:00:00.000Z'),
      { 5: 'bad-shape', 6: 'not-present' },
    ],
    ['a top-up', toppedUp('top-up', '2026-09-02T02:00:00.000Z'), { 6: 'bad-shape' }],
    [
      'the statement',
      billed({ vip: true }),
      {
        ...{ 1: 'bad-shape', 2: 'not-present', 3: 'not-present', 4: 'not-present' },
        ...{ 5: 'not-present', 6: 'not-present', 7: 'not-present', 8: 'not-present' },
      },
    ],
  ])('fails the layer that reads it: %s', (_, site, expected) => {
    expect(doubts(site.bundle(TENANT))).toEqual(expected);
  });

  it.each<[string, (parts: BundleParts) => BundleParts, Record<number, string>]>([
    [
      'a batch',
      (parts) => ({ ...parts, batches: [{ jws: 'a.b.c', index: 0, path: [] }] }),
      { 3: 'bad-batch' },
    ],
    [
      'the policy',
      (parts) => ({ ...parts, policy: 'quorum none # nobody\n' }),
      { 8: 'policy-line' },
    ],
    [
      'an earlier state',
      (parts) => ({ ...parts, earlier: [noteOf('none')] }),
      { 10: 'note-without-signatures' },
    ],
    [
      'an earlier state that is empty',
      (parts) => ({ ...parts, earlier: [noteOf(tell().checkpoint(0))] }),
      { 10: 'earlier-forked' },
    ],
  ])('fails the layer that reads it, in the file: %s', (_, edit, expected) => {
    expect(doubts(tell().bundle(TENANT, edit))).toEqual(expected);
  });
});

function noteOf(checkpoint: string) {
  return { checkpoint, consistency: [], anchors: { fabric: [], ethereum: [] } };
}
