import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { attacks } from './all-attacks.ts';
import type { Forgery } from './attack.ts';
import { type Judgement, judgementFor, judgementOf } from './judgement.ts';

const folder = new URL('../vectors/attacks/', import.meta.url);

/** One file an attack, for verifiers in other languages. `failed` names the first reason by layer. */
interface Vector extends Forgery {
  readonly name: string;
  readonly expect: Judgement;
}

/** A few that other verifiers are likely to miss. */
const CHOSEN: readonly (readonly [file: string, list: string, name: string])[] = [
  ['failed-poll-left-out', 'edited readings', 'failed poll left out'],
  ['reading-set-aside', 'signed readings', 'good reading set aside to move the time of use'],
  [
    'released-to-charge-again',
    'signed readings',
    'release of an old reading to charge its use again',
  ],
  ['rounded-up', 'prices and fees', 'rounding of a line'],
  ['tariff-dated-back', 'prices and fees', 'tariff logged after its first use and dated back'],
  ['terms-after-the-fact', 'prices and fees', 'ratio raised after the use'],
  [
    'payment-between-bills',
    'payments and bills',
    'top-up from before the last bill left out of both',
  ],
  ['payment-on-no-bill', 'payments and bills', 'top-up and fee on a bill that was issued'],
  ['log-written-anew', 'payments and bills', 'top-up dropped and the log written anew'],
  ['proof-of-smaller-log', 'events and proofs', 'proof of a smaller log'],
];

function vectorOf(list: string, name: string): Vector {
  const attack = attacks[list]?.find((known) => known.name === name);
  if (attack === undefined) throw new Error(`there is no attack ${list}: ${name}`);
  return { name, ...attack.tamper(), expect: judgementFor(attack) };
}

describe('the vectors of attacks', () => {
  it.each(CHOSEN)('%s is the file that the forger makes', (file, list, name) => {
    const text = `${JSON.stringify(vectorOf(list, name), null, 1)}\n`;
    const path = new URL(`${file}.json`, folder);
    if (process.env.UPDATE_VECTORS === '1') writeFileSync(path, text);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('are found out, each file by itself', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(files.toSorted()).toEqual(CHOSEN.map(([file]) => `${file}.json`).toSorted());
    for (const file of files) {
      const vector: Vector = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
      const { text, options } = vector;
      const verdict = verifyBundle(text, { ...options, primitives: nativePrimitives() });
      expect([file, judgementOf(verdict)]).toEqual([file, vector.expect]);
    }
  });
});
