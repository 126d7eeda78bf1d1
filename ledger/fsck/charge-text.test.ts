import { describe, expect, it } from 'vitest';
import { ChargeText } from './charge-text.ts';
import { TextBlock } from './text-block.ts';

const HASH = '0123456789abcdef'.repeat(4);
const ref = (at: string, seq: number, value: string) =>
  `{"at":"2026-07-31T16:${at}:00.000Z","hash":"${HASH}","seq":${seq},"value":"${value}"}`;
const line = (period: string, before: string, qty: string) =>
  `{"amount":"0.100001","before":"${before}","period":"${period}","price":"0.400003",` +
  `"qty":"${qty}","tier":"1"}`;

/** An event as `core/usage-event.ts` writes it, with every member that may be absent or not. */
function eventText(full: boolean, amount = '0.100001', opposite = '-0.100001'): string {
  const span =
    '"span":{"from":"2026-07-31T16:00:00.000Z","to":"2026-07-31T16:15:00.000Z"},"tariff":{"hash":"';
  return (
    `{"account":"a-1","at":"2026-07-31T16:15:00.000Z","data":{"amount":"${amount}",` +
    `"balance":"-0.100001","ct":"1","from":${ref('00', 0, '100.00')},${full ? '"late":true,' : ''}` +
    `"lines":[${line('valley', '0.000000', '0.250000')}${full ? `,${line('peak', '1.500000', '2.000000')}` : ''}],` +
    `"meter":"m-1","period":"2026-08","postings":[{"account":"prepaid:a-1:water-cold",` +
    `"amount":"${amount}","currency":"CNY"},{"account":"revenue:water-cold","amount":"${opposite}",` +
    `"currency":"CNY"}],"pt":"1","quantity":"0.250000","register":"1-0:1.8.0",` +
    `${full ? `"rollover":"1000000.00",${span}` : '"tariff":{"hash":"'}${HASH}","id":"office",` +
    `"version":12},"to":${ref('15', 1, '100.25')},"used":"7.000000","wallet":"water-cold"},` +
    `"id":"019fb8b0-7580-742f-ad4e-f2a3e791651c","log":"ledger.example/log/tower","n":34,` +
    `"prev":"${HASH}","type":"usage.deducted","v":1}`
  );
}

function read(text: string): ChargeText | undefined {
  // The event stands between others, as in a segment: what lies around it is not looked at.
  const block = new TextBlock(Buffer.from(`${text}\n${text}\n${text}`));
  const length = Buffer.byteLength(text);
  const charge = new ChargeText();
  return charge.read(block, length + 1, length * 2 + 1) ? charge : undefined;
}

describe('a charge is read where it stands', () => {
  it.each([false, true])('with all its parts (members that may be absent: %s)', (full) => {
    const charge = read(eventText(full));
    if (charge === undefined) throw new Error('it can be read');
    const { block, lines, lineCount } = charge;
    expect({
      account: charge.account(),
      meter: charge.meter(),
      period: charge.period(),
      tariff: [charge.tariff(), charge.version, charge.tariffHash()],
      from: block.text(charge.fromAt, charge.fromEnd),
      to: block.text(charge.toAt, charge.toEnd),
      toHash: charge.toHash(),
      wallet: block.text(charge.walletAt, charge.walletEnd),
      log: block.text(charge.logAt, charge.logEnd),
      prev: block.text(charge.prevAt, charge.prevAt + 64),
      numbers: [charge.year, charge.n, charge.amountMicros, charge.balanceMicros],
      quantities: [charge.usedMicros, charge.quantityMicros],
      lines: lines
        .slice(0, lineCount)
        .map((part) => [
          block.text(part.periodAt, part.periodEnd),
          block.text(part.tierAt, part.tierEnd),
          part.billedMicros,
        ]),
      isIn: [charge.isIn('CNY'), charge.isIn('EUR')],
    }).toEqual({
      account: 'a-1',
      meter: 'm-1',
      period: '2026-08',
      tariff: ['office', 12, HASH],
      from: ref('00', 0, '100.00'),
      to: ref('15', 1, '100.25'),
      toHash: HASH,
      wallet: 'water-cold',
      log: 'ledger.example/log/tower',
      prev: HASH,
      numbers: [2026, 34, 100001, -100001],
      quantities: [7_000_000, 250_000],
      lines: [['valley', '1', 250_000], ...(full ? [['peak', '1', 3_500_000]] : [])],
      isIn: [true, false],
    });
  });

  it('is balanced with any sign of the amount', () => {
    expect(read(eventText(false, '-0.100001', '0.100001'))?.balanced).toBe(true);
    expect(read(eventText(false, '0.000000', '0.000000'))?.balanced).toBe(true);
    expect(read(eventText(false, '0.100001', '0.100001'))?.balanced).toBe(false);
    expect(read(eventText(false, '-0.100001', '-0.100001'))?.balanced).toBe(false);
    expect(read(eventText(false, '0.000000', '-0.000000'))?.balanced).toBe(false);
  });

  it.each([
    ['another account', '"prepaid:a-1:', '"prepaid:a-2:'],
    ['another wallet', '"revenue:water-cold"', '"revenue:water-hot"'],
    ['a wallet that is not charged', '"wallet":"water-cold"', '"wallet":"water-col"'],
    ['another amount', '"amount":"-0.100001"', '"amount":"-0.100002"'],
    [
      'another currency',
      '"amount":"-0.100001","currency":"CNY"',
      '"amount":"-0.100001","currency":"EUR"',
    ],
    [
      'no second posting',
      ',{"account":"revenue:water-cold","amount":"-0.100001","currency":"CNY"}',
      '',
    ],
  ])('is not balanced with postings of %s', (_, from, to) => {
    const text = eventText(false);
    expect(text).toContain(from);
    expect(read(text.replace(from, to))?.balanced).toBe(false);
  });

  it.each([
    ['a sum beyond safe integers', '"used":"7.000000"', '"used":"123456789.000000"'],
    ['a leading zero', '"quantity":"0.250000"', '"quantity":"00.250000"'],
    ['minus zero', '"used":"7.000000"', '"used":"-0.000000"'],
    ['five decimals', '"used":"7.000000"', '"used":"7.00000"'],
    ['a negative number', '"n":34', '"n":-34'],
    ['a number beyond safe integers', '"n":34', '"n":9007199254740993'],
    ['an escape', '"register":"1-0:1.8.0"', '"register":"1-0:\\u0031.8.0"'],
    ['a text that is not ASCII', '"register":"1-0:1.8.0"', '"register":"1-0:é"'],
  ])('is left to the replay with %s', (_, from, to) => {
    const text = eventText(false);
    expect(text).toContain(from);
    expect(read(text.replace(from, to))).toBeUndefined();
  });

  it('is left to the replay when it ends early, or goes on', () => {
    const text = eventText(true);
    for (let length = 0; length < text.length; length += 1) {
      expect(read(text.slice(0, length)), `${length}`).toBeUndefined();
    }
    expect(read(`${text} `)).toBeUndefined();
  });

  it('is nothing else: any byte of its frame that is changed is seen', () => {
    const text = eventText(true);
    // Hashes and currencies are compared by whoever reads the charge; the postings are `balanced`.
    const compared = new RegExp(`${HASH}|CNY`, 'g');
    const free = new Set<number>();
    for (const { index, 0: found } of text.matchAll(compared)) {
      for (let i = 0; i < found.length; i += 1) free.add(index + i);
    }
    const seen = (i: number) => {
      const charge = read(`${text.slice(0, i)}\u0001${text.slice(i + 1)}`);
      return charge === undefined || !charge.balanced;
    };
    const missed = Array.from(text, (_, i) => i).filter((i) => !free.has(i) && !seen(i));
    expect(missed).toEqual([]);
  });
});
