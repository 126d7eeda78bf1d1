import { ZERO_HASH } from '../core/reading.ts';
import {
  type BilledLine,
  noteLines,
  type RecordText,
  safeMicros,
  type UsageText,
} from './usage-text.ts';

/** Charges of one account that follow each other: what they do to it, added up. */
export interface AccountRun {
  readonly account: string;
  readonly currency: string;
  readonly firstN: number;
  readonly firstPrev: string;
  /** Balances in micros before the first and after the last charge. */
  readonly wallets: Map<string, { readonly before: number; after: number }>;
  /** First `n` of each bill, and of each tariff version in it. */
  readonly starts: [period: string, n: number][];
  readonly uses: {
    readonly use: string;
    readonly key: string;
    readonly n: number;
    readonly leaf: number;
  }[];
  readonly leaves: number[];
  lastUse: Pick<UsageText, 'period' | 'tariff' | 'version'> | undefined;
  prev: string;
}

/** Billed records of one meter that follow each other. */
export interface MeterRun {
  readonly meter: string;
  readonly account: string;
  readonly bridge: string;
  readonly firstEpoch: number;
  readonly firstSeq: number;
  readonly firstPrev: string;
  /** `from` of the first charge, verbatim. */
  readonly from: string;
  readonly firstPeriod: string;
  readonly firstLeaf: number;
  epoch: number;
  seq: number;
  hash: string;
  to: string;
  period: string;
  /** True when the bill changed within the run. */
  changed: boolean;
  billed: Map<string, BilledLine>;
  used: string;
  quantity: string;
  tariff: string;
  version: number;
  readonly records: number[];
}

export function startAccountRun(usage: UsageText, currency: string): AccountRun {
  return {
    ...{ account: usage.account, currency, firstN: usage.n, firstPrev: usage.prev },
    ...{
      wallets: new Map(),
      starts: [],
      uses: [],
      leaves: [],
      lastUse: undefined,
      prev: usage.prev,
    },
  };
}

/** Why the charge does not go on with the run, if so. */
export function addToAccount(
  run: AccountRun,
  usage: UsageText,
  leaf: number,
  commitment: string,
): 'event-gap' | 'event-chain-broken' | 'balance-differs' | undefined {
  const { n, period } = usage;
  const gap = n !== run.firstN + run.leaves.length;
  const broken = usage.prev !== run.prev;
  const amount = safeMicros(usage.amount);
  const after = safeMicros(usage.balance);
  const wallet = run.wallets.get(usage.wallet);
  const unbalanced = wallet !== undefined && wallet.after !== after + amount;
  if (wallet === undefined) {
    run.wallets.set(usage.wallet, { before: after + amount, after });
  } else {
    wallet.after = after;
  }
  const { lastUse } = run;
  const { tariff, version } = usage;
  if (lastUse?.period !== period || lastUse.tariff !== tariff || lastUse.version !== version) {
    run.lastUse = usage;
    run.starts.push([period, n]);
    const key = `${tariff}/${version}`;
    run.uses.push({ use: `${period}/${key}`, key, n, leaf });
  }
  run.leaves.push(leaf);
  run.prev = commitment;
  if (gap) return 'event-gap';
  if (broken) return 'event-chain-broken';
  return unbalanced ? 'balance-differs' : undefined;
}

export function startMeterRun(usage: UsageText, record: RecordText, leaf: number): MeterRun {
  const { bridge, epoch, seq, prev } = record;
  const { meter, account, from, period, tariff, version } = usage;
  return {
    ...{ meter, account, bridge, from, firstPeriod: period, firstLeaf: leaf },
    ...{ firstEpoch: epoch, firstSeq: seq, firstPrev: prev, epoch, seq: seq - 1, hash: prev },
    ...{
      to: '',
      period,
      changed: false,
      billed: new Map(),
      used: '',
      quantity: '',
      tariff,
      version,
    },
    records: [],
  };
}

/** Whether a record is the next of a chain: the next number after the hash, or a new epoch's first. */
export function follows(
  record: Pick<RecordText, 'epoch' | 'seq' | 'prev'>,
  last: { readonly epoch: number; readonly seq: number; readonly hash: string },
): boolean {
  if (record.epoch > last.epoch) return record.seq === 0 && record.prev === ZERO_HASH;
  return record.epoch === last.epoch && record.seq === last.seq + 1 && record.prev === last.hash;
}

/** Adds a charge; false when it does not start where the one before ended. */
export function addCharge(run: MeterRun, usage: UsageText, sameRecord: boolean): boolean {
  const continues = run.to === '' || usage.from === run.to || (sameRecord && usage.to === run.to);
  run.to = usage.to;
  if (usage.period !== run.period) {
    run.period = usage.period;
    run.changed = true;
    run.billed = new Map();
  }
  noteLines(usage.lines, `${usage.tariff}/${usage.version}`, run.billed);
  run.used = usage.used;
  run.quantity = usage.quantity;
  run.tariff = usage.tariff;
  run.version = usage.version;
  return continues;
}
