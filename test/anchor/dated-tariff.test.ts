import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { cosign } from '../../ledger/core/cosignature.ts';
import { portable } from '../../ledger/core/primitives.ts';
import {
  ED25519_COSIGNATURE,
  formatNote,
  formatVerifierKey,
  parseNote,
  verifierKey,
} from '../../ledger/core/signed-note.ts';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { honestSite } from '../attacks/attack.ts';
import { base } from '../attacks/charges-story.ts';
import { TENANT, tell } from '../attacks/story.ts';
import type { BundleParts } from '../support/forge.ts';

// Layer 5: an order in the log is no date. A date is the word of a witness that the verifier named.

const site = honestSite();
const VALID_FROM_S = Date.parse('2026-07-31T16:00:00.000Z') / 1000;
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
const key = verifierKey('audit.example/w1', ED25519_COSIGNATURE, raw);
const policy = site.trust.replace(/quorum none/, `witness w1 ${formatVerifierKey(key)}\nquorum w1`);
/** Where the price list of the bill stands in the log. */
const tariff = site.account('site').events.find(({ type }) => type === 'tariff.published');
const tariffIndex = tariff?.index ?? -1;

function cosigned(note: string, timeS: number): string {
  const { text, signatures } = parseNote(note);
  const line = cosign(text, timeS, key, (message) => sign(null, message, privateKey));
  return formatNote({ text, signatures: [...signatures, line] });
}

interface Shown {
  /** Events under the earlier checkpoint. */
  readonly size: number;
  readonly timeS: number;
  readonly trust?: string | undefined;
}

/** What layer 5 says, with an earlier checkpoint that the witness saw at a time. */
function fifth({ size, timeS, trust }: Shown, told = site) {
  const earlier = told.earlier(size);
  const lie = (parts: BundleParts) => ({
    ...parts,
    policy,
    checkpoint: cosigned(told.checkpoint(), Date.parse('2026-10-02T00:00:00.000Z') / 1000),
    earlier: [{ ...earlier, checkpoint: cosigned(earlier.checkpoint, timeS) }],
  });
  const verdict = verifyBundle(told.bundle(TENANT, lie), { trust, primitives: portable });
  expect(verdict.layers.filter(({ status }) => status === 'failed')).toEqual([]);
  const { status, findings = [] } = verdict.layers[4] ?? {};
  return { status, codes: findings.map(({ code }) => code), at: findings.at(-1)?.params['at'] };
}

test('a witness that saw the price list before it applied gives it its date', () => {
  const shown = { size: tariffIndex + 1, timeS: VALID_FROM_S - 60, trust: policy };
  expect(fifth(shown)).toMatchObject({
    ...{ status: 'verified', codes: ['tariff-ok', 'tariff-dated'] },
    at: '2026-07-31T15:59:00.000Z',
  });
  // To the second in which it begins to apply, it was before.
  expect(fifth({ ...shown, timeS: VALID_FROM_S }).codes).toEqual(['tariff-ok', 'tariff-dated']);
});

test('without such a word only the order is shown', () => {
  const orderOnly = ['tariff-ok', 'tariff-order-shown'];
  const holding = tariffIndex + 1;
  expect(fifth({ size: holding, timeS: VALID_FROM_S + 1, trust: policy }).codes).toEqual(orderOnly);
  // A checkpoint from before the price list says nothing about it.
  expect(fifth({ size: tariffIndex, timeS: VALID_FROM_S - 60, trust: policy }).codes).toEqual(
    orderOnly,
  );
  // A witness that only the file names may be the operator's own.
  expect(fifth({ size: holding, timeS: VALID_FROM_S - 60 }).codes).toEqual(orderOnly);
  expect(fifth({ size: holding, timeS: VALID_FROM_S - 60, trust: site.trust }).codes).toEqual(
    orderOnly,
  );
});

test('a price list that only charges fees, a share or a stay needs its date too', () => {
  const charges = tell(base);
  const lists = charges.account('site').events.filter(({ type }) => type === 'tariff.published');
  const codes = lists.map(({ index }) => {
    const shown = { size: index + 1, timeS: VALID_FROM_S - 60, trust: policy };
    return fifth(shown, charges).codes.at(-1);
  });
  const orderOnly = 'tariff-order-shown';
  expect(codes).toEqual([orderOnly, orderOnly, orderOnly, 'tariff-dated']);
});
