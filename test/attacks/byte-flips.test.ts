import { describe, expect, it } from 'vitest';
import { INFORMATIVE_FIELDS } from '../../ledger/core/bundle.ts';
import { canonicalize, isObject } from '../../ledger/core/canonical-json.ts';
import { type Verdict, verifyBundle } from '../../ledger/core/verdict.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import type { BundleParts } from '../support/forge.ts';
import { TENANT, tell } from './story.ts';

const primitives = nativePrimitives();

/** The first bill: few readings, every kind of member. */
function smallestBill() {
  const first = tell({
    'border-use': undefined,
    'top-up': undefined,
    'use-1': undefined,
    'failed-poll': undefined,
    'use-2': undefined,
    'neighbour-use': undefined,
    'use-3': undefined,
    'use-4': undefined,
    fee: undefined,
    bill: undefined,
  });
  return { text: first.bundle(TENANT), trust: first.trust };
}

/** A small generator with a printed seed: the same flips can be made again. */
function randomBytes(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
}

const { text, trust } = smallestBill();
const bytes = Buffer.from(text);
const expected = verifyBundle(text, { trust, primitives });

function withByte(at: number, value: number): string {
  const changed = Buffer.from(bytes);
  changed[at] = value;
  return changed.toString('utf8');
}

/** JSON pointers of the leaves in which two bundles differ, list places as `*`. */
function differences(a: unknown, b: unknown, pointer = ''): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (isObject(a) && isObject(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
      differences(a[key], b[key], `${pointer}/${key}`),
    );
  }
  return [pointer];
}

/** What a verdict says beside the members that are only shown. */
function told({ bill, ...verdict }: Verdict) {
  return { ...verdict, bill: { ...bill, producedBy: '', producedAt: '' } };
}

/** Undefined when the flip was found out; else what it changed without being found out. */
function unnoticed(changed: string): string | undefined {
  const verdict = verifyBundle(changed, { trust, primitives });
  if (verdict.overall === 'failed' || verdict.overall === 'unusable') return undefined;
  const where = differences(JSON.parse(text), JSON.parse(changed));
  const isInformative = where.every((pointer) =>
    INFORMATIVE_FIELDS.some((field) => pointer === field || pointer.startsWith(`${field}/`)),
  );
  expect(told(verdict)).toEqual(told(expected));
  return isInformative ? undefined : where.join();
}

describe('one byte of a bundle', () => {
  it('is a bill that is verified while it is whole', () => {
    expect(expected.overall).toBe('verified');
    expect(bytes.length).toBeLessThan(20_000);
  });

  it('stays verified when it is in a member that is only shown', () => {
    const parts: BundleParts = JSON.parse(text);
    const produced = { by: 'somebody else', at: '2030-01-01T00:00:00.000Z' };
    const leaf = { sums: 'of anybody' };
    const changes = [{ produced }, { policy: 'x' }, { period: { leaf, path: [] } }];
    const verdicts = changes.map((change) =>
      verifyBundle(canonicalize({ ...parts, ...change }), { trust, primitives }),
    );
    expect(verdicts.map(({ overall }) => overall)).toEqual(changes.map(() => 'verified'));
    const notes = verdicts.map(({ layers }) => [
      layers[6]?.findings[1]?.code,
      layers[8]?.findings[0]?.code,
    ]);
    expect(notes).toEqual([
      [undefined, 'anchor-none'],
      [undefined, 'anchor-none'],
      ['period-unread', 'anchor-none'],
    ]);
  });

  it('fails with a receipt that is none', () => {
    const parts: BundleParts = JSON.parse(text);
    const anchors = { fabric: ['receipt'], ethereum: [] };
    const { overall, layers } = verifyBundle(canonicalize({ ...parts, anchors }), {
      ...{ trust, primitives },
    });
    expect([overall, layers[8]?.findings[0]?.code]).toEqual(['failed', 'bad-shape']);
  });

  it.each([
    ['its lowest bit', () => 1],
    ['its letter case or its fifth bit', () => 0x20],
  ])('is found out or only shown when %s is turned', (_, mask) => {
    const missed: string[] = [];
    for (const [at, byte] of bytes.entries()) {
      const found = unnoticed(withByte(at, byte ^ mask()));
      if (found !== undefined) missed.push(`${at} ${found}`);
    }
    expect(missed).toEqual([]);
  });

  it('is found out or only shown when it is any other', () => {
    const seed = Number(process.env.FLIP_SEED ?? Date.now() % 2 ** 31);
    const random = randomBytes(seed);
    const missed: string[] = [];
    for (const [at, byte] of bytes.entries()) {
      const other = random();
      const found = other === byte ? undefined : unnoticed(withByte(at, other));
      if (found !== undefined) missed.push(`seed ${seed}: ${at} to ${other} ${found}`);
    }
    expect(missed).toEqual([]);
  });

  it('is found out when it is left out or there twice', () => {
    const missed: string[] = [];
    for (let at = 0; at < bytes.length; at += 3) {
      const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at + 1)];
      const cut = unnoticed(Buffer.concat([head, tail]).toString('utf8'));
      const again = unnoticed(
        Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at)]).toString('utf8'),
      );
      for (const found of [cut, again]) if (found !== undefined) missed.push(`${at} ${found}`);
    }
    expect(missed).toEqual([]);
  });
});
