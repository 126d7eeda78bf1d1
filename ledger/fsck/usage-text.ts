/** What `fsck` reads out of a `usage.deducted` event without a JSON parser. Texts as they stand. */
export interface UsageText {
  readonly account: string;
  readonly year: number;
  readonly amount: string;
  readonly balance: string;
  /** The register references, whole: `{"at":…}`. */
  readonly from: string;
  readonly to: string;
  readonly lines: string;
  readonly meter: string;
  readonly period: string;
  readonly postings: string;
  readonly quantity: string;
  readonly tariff: string;
  readonly version: number;
  readonly toHash: string;
  readonly used: string;
  readonly wallet: string;
  readonly log: string;
  readonly n: number;
  readonly prev: string;
}

const ID = '[A-Za-z0-9._-]+';
const MICROS = '-?[0-9]+\\.[0-9]{6}';
const HASH = '[0-9a-f]{64}';
const REF = '"at":"[0-9T:.Z-]{24}","hash"';
/** The one shape that `core/usage-event.ts` writes. Its bytes are vouched for by the commitment. */
const USAGE = new RegExp(
  `^\\{"account":"(${ID})","at":"([0-9]{4})[0-9T:.Z-]{20}","data":\\{"amount":"(${MICROS})",` +
    `"balance":"(${MICROS})","ct":"[0-9]+","from":(\\{${REF}:[ -|]*?\\}),(?:"late":true,)?` +
    `"lines":\\[([^\\]]*)\\],"meter":"(${ID})","period":"([0-9-]{7})","postings":\\[([^\\]]*)\\],` +
    `"pt":"[0-9]+","quantity":"(${MICROS})","register":"[^"]+",(?:"rollover":"[0-9.]+",)?` +
    `(?:"span":\\{[^}]*\\},)?"tariff":\\{"hash":"${HASH}","id":"(${ID})","version":([0-9]+)\\},` +
    `"to":(\\{${REF}:"(${HASH})","seq":[0-9]+,"value":"[0-9.-]+"\\}),"used":"(${MICROS})",` +
    `"wallet":"([a-z-]+)"\\},"id":"[0-9a-f-]{36}","log":"([^"]+)","n":([0-9]+),"prev":"(${HASH})",` +
    `"type":"usage\\.deducted","v":1\\}$`,
);

/** The parts of a usage event; undefined for any other text. */
export function readUsage(text: string): UsageText | undefined {
  const m = USAGE.exec(text);
  if (m === null) return undefined;
  return {
    account: m[1] ?? '',
    year: Number(m[2]),
    amount: m[3] ?? '',
    balance: m[4] ?? '',
    from: m[5] ?? '',
    lines: m[6] ?? '',
    meter: m[7] ?? '',
    period: m[8] ?? '',
    postings: m[9] ?? '',
    quantity: m[10] ?? '',
    tariff: m[11] ?? '',
    version: Number(m[12]),
    to: m[13] ?? '',
    toHash: m[14] ?? '',
    used: m[15] ?? '',
    wallet: m[16] ?? '',
    log: m[17] ?? '',
    n: Number(m[18]),
    prev: m[19] ?? '',
  };
}

const LINE =
  /"before":"(-?[0-9.]+)","period":"([^"]+)","price":"[^"]+","qty":"(-?[0-9.]+)","tier":"([^"]+)"/g;

/** Notes for each line of a usage event, by period and tier, where its quantity stood and how much. */
export function noteLines(lines: string, version: string, billed: Map<string, BilledLine>): void {
  LINE.lastIndex = 0;
  for (let m = LINE.exec(lines); m !== null; m = LINE.exec(lines)) {
    billed.set(`${version}/${m[2] ?? ''}/${m[4] ?? ''}`, [m[1] ?? '', m[3] ?? '']);
  }
}

/** Quantity billed before a line, and the line's own. */
export type BilledLine = readonly [before: string, qty: string];

/** Longest text whose micros, and the difference of two of them, are safe integers. */
export const LONGEST_SAFE = 15;

/** A fixed decimal of at most `LONGEST_SAFE` characters in micros. */
export function safeMicros(text: string): number {
  const point = text.length - 7;
  return Number(text.slice(0, point) + text.slice(point + 1));
}

/** The postings that a deduction must have: wallet to revenue, summing to zero. */
export function expectedPostings(usage: UsageText, currency: string): string {
  const { account, wallet, amount } = usage;
  return (
    `{"account":"prepaid:${account}:${wallet}","amount":"${amount}","currency":"${currency}"},` +
    `{"account":"revenue:${wallet}","amount":"${negated(amount)}","currency":"${currency}"}`
  );
}

function negated(amount: string): string {
  if (amount.startsWith('-')) return amount.slice(1);
  return amount === '0.000000' ? amount : `-${amount}`;
}

/** Parts of a reading record that its place in a meter's chain depends on. */
export interface RecordText {
  readonly bridge: string;
  readonly epoch: number;
  readonly meter: string;
  readonly prev: string;
  readonly seq: number;
}

const RECORD_HEAD =
  /^\{"at":"[^"]*","bridge":"([^"]*)","clock":"[SIU]","epoch":([0-9]+),"meter":"([^"]*)","prev":"([0-9a-f]{64})"/;

export function readRecord(text: string): RecordText | undefined {
  const m = RECORD_HEAD.exec(text);
  const at = text.lastIndexOf('"seq":');
  if (m === null || at < 0) return undefined;
  const seq = Number(text.slice(at + 6, text.indexOf(',', at)));
  return { bridge: m[1] ?? '', epoch: Number(m[2]), meter: m[3] ?? '', prev: m[4] ?? '', seq };
}
