import { beforeAll, describe, expect, it } from 'vitest';
import { fromHex, hex, utf8 } from '../../ledger/core/bytes.ts';
import { formatMicros } from '../../ledger/core/decimal.ts';
import { commitmentOf, eventSalt } from '../../ledger/core/event.ts';
import { leafHash } from '../../ledger/core/merkle.ts';
import { sha256Bytes } from '../../ledger/writer/fast-hash.ts';
import { type ForgedEvent, Forger } from '../support/forge.ts';
import { honest, TENANT, tellTo } from './story.ts';

/**
 * An attacker who knows everything of a top-up but its amount: account, place in the chain, time, id,
 * wallet, balance before. Without salts, one look at the public log would tell it.
 */
const WHOLE_YUAN = 20_000;

describe('a dictionary of all plausible amounts', () => {
  let f: Forger;
  let topUp: ForgedEvent;
  let publicBytes: ReadonlySet<string>;

  beforeAll(() => {
    f = tellTo(new Forger());
    const found = f.account(TENANT).events.find(({ type }) => type === 'topup.credited');
    if (found === undefined) throw new Error('the tenant has paid');
    topUp = found;
    publicBytes = new Set(f.entries.flatMap((entry) => [hex(entry), hex(leafHash(entry))]));
  });

  /** Every text that the event may have. */
  function* guesses(): Generator<string> {
    for (let yuan = 0; yuan <= WHOLE_YUAN; yuan += 1) {
      const amount = formatMicros(BigInt(yuan) * 1_000_000n);
      yield topUp.text.replaceAll('50.000000', amount);
    }
  }

  /** Guesses that public bytes confirm under a way to make a commitment. */
  function confirmed(commit: (text: string) => Uint8Array): string[] {
    const found: string[] = [];
    for (const text of guesses()) {
      const guess = commit(text);
      if (publicBytes.has(hex(guess)) || publicBytes.has(hex(leafHash(guess, sha256Bytes)))) {
        found.push(text);
      }
    }
    return found;
  }

  it('finds the amount for whoever has the salt, so it would find it if it could', () => {
    expect(confirmed((text) => commitmentOf(fromHex(topUp.salt), text, sha256Bytes))).toEqual([
      topUp.text,
    ]);
  });

  it.each<[string, (text: string) => Uint8Array]>([
    ['no salt', (text) => sha256Bytes(utf8(text))],
    ['no salt but the label', (text) => sha256Bytes(utf8(`billproof/v1/event\n${text}`))],
    ['a salt of zeros', (text) => commitmentOf(new Uint8Array(32), text, sha256Bytes)],
    [
      'the salt of a key of zeros',
      (text) => commitmentOf(eventSalt(new Uint8Array(32), topUp.n), text, sha256Bytes),
    ],
    ['the entry before as salt', (text) => commitmentOf(entryBefore(), text, sha256Bytes)],
  ])('finds nothing by public bytes with %s', (_, commit) => {
    expect(confirmed(commit)).toEqual([]);
  });

  it('finds nothing with the salt of the event before, which its own bill has opened', () => {
    const before = f.account(TENANT).events[topUp.n - 1];
    const salt = fromHex(before?.salt ?? '');
    expect(confirmed((text) => commitmentOf(salt, text, sha256Bytes))).toEqual([]);
  });

  it('finds no two equal entries for two equal payments', () => {
    const twice = tellTo(new Forger(), {
      'august-top-up': (site) => {
        honest['august-top-up'](site);
        site.topUp(TENANT, '2026-08-29T01:00:00.000Z', '50.000000');
      },
    });
    expect(new Set(twice.entries.map(hex)).size).toBe(twice.entries.length);
  });

  function entryBefore(): Uint8Array {
    return f.entries[topUp.index - 1] ?? new Uint8Array(32);
  }
});
