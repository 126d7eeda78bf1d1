import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex, utf8 } from './bytes.ts';
import { canonicalize } from './canonical-json.ts';
import {
  commitmentOf,
  EVENT_TYPES,
  eventSalt,
  eventText,
  keyYear,
  type LedgerEvent,
  parseEvent,
} from './event.ts';
import { leafHash } from './merkle.ts';
import { sha256 } from './primitives.ts';

const EVENT: LedgerEvent = {
  v: 1,
  log: 'ledger.example/log/site-1',
  account: 'acc-7',
  n: 0,
  prev: '0'.repeat(64),
  type: 'topup.credited',
  at: '2026-09-01T00:00:00.000Z',
  id: '0199d0c0-0000-7000-8000-000000000000',
  data: { amount: '5.000000' },
};

describe('an event', () => {
  it('is read from its own text, for every type', () => {
    for (const type of EVENT_TYPES) {
      const event = { ...EVENT, type };
      expect(parseEvent(eventText(event))).toEqual(event);
    }
  });

  it.each([
    ['another version', { v: 2 }, 'bad-shape'],
    ['an unknown type', { type: 'topup.stolen' }, 'bad-shape'],
    ['an unknown member', { name: 'Li' }, 'bad-shape'],
    ['an origin in capitals', { log: 'Ledger.example' }, 'bad-shape'],
    ['a negative place', { n: -1 }, 'bad-shape'],
    ['a short prev', { prev: '00' }, 'bad-shape'],
    ['an id that is no UUIDv7', { id: '0199d0c0-0000-4000-8000-000000000000' }, 'bad-shape'],
    ['a time with an offset', { at: '2026-09-01T08:00:00+08:00' }, 'bad-shape'],
    ['data that are no object', { data: [] }, 'bad-shape'],
  ])('with %s is refused', (_, change, code) => {
    const verbatim = canonicalize({ ...EVENT, ...change });
    expect(() => parseEvent(verbatim)).toThrow(expect.objectContaining({ code }));
  });

  it('has one spelling', () => {
    const spaced = eventText(EVENT).replace(',', ', ');
    const error = expect.objectContaining({ code: 'json-not-canonical' });
    expect(() => parseEvent(spaced)).toThrow(error);
  });

  it('takes its key by the UTC year of its time', () => {
    expect(keyYear('2026-12-31T23:59:59.999Z')).toBe(2026);
  });
});

describe('a commitment', () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i);

  it('changes with every byte of event and salt', () => {
    const verbatim = eventText(EVENT);
    const salt = eventSalt(key, 0);
    const base = hex(commitmentOf(salt, verbatim));
    fc.assert(
      fc.property(fc.nat(verbatim.length - 1), fc.nat(31), (at, byte) => {
        const other =
          verbatim.slice(0, at) + (verbatim[at] === 'x' ? 'y' : 'x') + verbatim.slice(at + 1);
        expect(hex(commitmentOf(salt, other))).not.toBe(base);
        expect(hex(commitmentOf(salt.with(byte, (salt[byte] ?? 0) ^ 1), verbatim))).not.toBe(base);
      }),
    );
  });

  it('has another salt for every place and every key', () => {
    const salts = [0, 1, 2 ** 32, 2 ** 53 - 1].map((n) => hex(eventSalt(key, n)));
    salts.push(hex(eventSalt(key.with(0, 9), 0)));
    expect(new Set(salts).size).toBe(5);
  });

  it('is not found by trying every plausible amount against public bytes', () => {
    const secret = eventText({ ...EVENT, data: { amount: '12.340000' } });
    const entry = hex(leafHash(commitmentOf(eventSalt(key, 0), secret)));
    const published = new Set([entry, hex(commitmentOf(eventSalt(key, 0), secret))]);
    const zeros = new Uint8Array(32);
    for (let cents = 0; cents < 2_000; cents += 1) {
      const whole = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}0000`;
      const guess = utf8(eventText({ ...EVENT, data: { amount: whole } }));
      const tries = [
        sha256(guess),
        commitmentOf(zeros, eventText({ ...EVENT, data: { amount: whole } })),
      ];
      for (const found of tries) {
        expect(published.has(hex(found)) || published.has(hex(leafHash(found)))).toBe(false);
      }
    }
  });
});
