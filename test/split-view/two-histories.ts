import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseCheckpoint, type SignedCheckpoint } from '../../ledger/core/checkpoint.ts';
import type { HashReader } from '../../ledger/core/merkle-proofs.ts';
import { parseTime } from '../../ledger/core/time.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { LedgerOptions } from '../../ledger/ledger-options.ts';
import { proveConsistency, rootAt, treeReader } from '../../ledger/log-reader.ts';
import { SqliteReader } from '../../ledger/store/sqlite/sqlite-reader.ts';
import { SampleLedger, SITE } from '../support/sample-ledger.ts';

/** The tenant who paid 100 yuan at the desk; the forked log knows of ten. */
export const TENANT = 'acc-1';
export const PAID = '100.000000';
export const BOOKED = '10.000000';

const PERIOD = '2026-08';
const AFTER_PERIOD = parseTime('2026-08-31T17:00:00.000Z');

/** A log up to the day on which the tenant pays: what both histories begin with. */
export async function beginLog(): Promise<SampleLedger> {
  const sample = await SampleLedger.make();
  await sample.account(TENANT, 'm-1');
  await sample.ledger.setClock(parseTime('2026-08-30T00:00:00.000Z'));
  await sample.readings(['m-1'], '2026-07-31T16:00:00.000Z', 96);
  return sample;
}

/**
 * The operator's second data folder, beside the first one, with all of its keys. He stops the service
 * for the moment that a copy takes. Answers what opens the copy.
 */
export function copyData({ options }: SampleLedger, name: string): LedgerOptions {
  const dataDir = join(options.dataDir, '..', name);
  cpSync(options.dataDir, dataDir, { recursive: true });
  return { ...options, dataDir };
}

/** The bridge's last reading of the month: it signs once, and both histories hold it. */
export function lastReading({ device }: SampleLedger) {
  const record = device.record({ meter: 'm-1', at: '2026-08-31T16:00:00.000Z', value: '150.00' });
  return device.batch([record]);
}

/** From the payment, which is signed by itself where that is asked for, to the bill; the id of the bill. */
export async function payAndBill(
  ledger: Ledger,
  bridge: string,
  reading: ReturnType<typeof lastReading>,
  amount: string,
  signPayment = false,
): Promise<string> {
  const of = { site: SITE, account: TENANT };
  const paid = { wallet: 'electricity', method: 'cash', amount };
  await ledger.setClock(parseTime('2026-08-30T00:00:00.000Z'));
  await ledger.execute({ do: 'credit-top-up', ...of, ...paid });
  if (signPayment) await ledger.anchorNow();
  await ledger.setClock(AFTER_PERIOD);
  await ledger.acceptBatch(SITE, bridge, reading.jws, reading.records);
  await ledger.execute({ do: 'charge-fees', ...of, period: PERIOD });
  const { id } = await ledger.execute({ do: 'issue-statement', ...of, period: PERIOD });
  return String(id);
}

/** Logs accounts of nobody until the log has `size` events, and signs just that tree. */
export async function growTo(ledger: Ledger, size: number): Promise<SignedCheckpoint> {
  await ledger.setClock(AFTER_PERIOD);
  await ledger.anchorNow();
  for (let missing = size - (await signedTree(ledger)).size; missing > 0; missing -= 1) {
    await ledger.execute({ do: 'open-account', site: SITE });
  }
  await ledger.anchorNow();
  const signed = await signedTree(ledger);
  if (signed.size !== size) throw new Error(`the log has ${signed.size} events, not ${size}`);
  return signed;
}

export async function signedTree(ledger: Ledger): Promise<SignedCheckpoint> {
  return parseCheckpoint((await ledger.checkpoint(SITE)) ?? '');
}

/** Roots and proofs of a log by its data folder, as whoever holds the folder makes them. */
export class TreeOf {
  readonly #store: SqliteReader;

  constructor(dataDir: string) {
    this.#store = new SqliteReader(join(dataDir, 'ledger.db'));
  }

  root(size: number): Uint8Array {
    return Uint8Array.from(rootAt(this.#store, SITE, size));
  }

  prove(from: number, to: number): readonly Uint8Array[] {
    return proveConsistency(this.reader(to), from, to);
  }

  reader(size: number): HashReader {
    return treeReader(this.#store, SITE, size);
  }

  /** The note that was signed of this very size. */
  note(size: number): string {
    const row = this.#store.checkpoint(SITE, size);
    if (row?.size !== size) throw new Error(`no checkpoint of ${size} events was signed`);
    return row.note;
  }

  close(): void {
    this.#store.close();
  }
}

/**
 * Two histories of one log, without witnesses and chains: the same as far as `common`, then both of
 * `size` events and of `larger`. The bills are of the first two trees that can hold them.
 */
export interface TwoHistories {
  readonly sample: SampleLedger;
  readonly fork: Ledger;
  readonly vkey: string;
  readonly common: number;
  readonly size: number;
  readonly larger: number;
  readonly trees: { readonly honest: TreeOf; readonly forked: TreeOf };
  /** The tenant's bill, as a proof bundle. */
  readonly bills: {
    readonly honest: string;
    /** Of a tree as large as the honest one. */
    readonly forked: string;
    /** Of the larger tree, with the proof from `size` that the forked log has, and without. */
    readonly forkedLarger: string;
    readonly forkedUnproven: string;
  };
  remove(): Promise<void>;
}

export async function tellTwoHistories(): Promise<TwoHistories> {
  const sample = await beginLog();
  const reading = lastReading(sample);
  await sample.ledger.anchorNow();
  const common = (await signedTree(sample.ledger)).size;
  await sample.ledger.close();
  // He signs what he needs and no more: the forked log has few checkpoints.
  const forkOptions = { ...copyData(sample, 'forked'), checkpointMs: 3_600_000 };
  sample.ledger = await Ledger.open(sample.options);
  const fork = await Ledger.open(forkOptions);
  const { bridge } = sample.device;
  const id = await payAndBill(sample.ledger, bridge, reading, PAID, true);
  const { size } = await growTo(sample.ledger, common + 12);
  const honest = await sample.ledger.bundle(SITE, id);
  await growTo(sample.ledger, size + 5);
  const forkedId = await payAndBill(fork, bridge, reading, BOOKED);
  await growTo(fork, size);
  const forked = await fork.bundle(SITE, forkedId);
  const { size: larger } = await growTo(fork, size + 5);
  const forkedLarger = await fork.bundle(SITE, forkedId, { seen: size });
  const forkedUnproven = await fork.bundle(SITE, forkedId);
  const trees = {
    honest: new TreeOf(sample.options.dataDir),
    forked: new TreeOf(forkOptions.dataDir),
  };
  const bills = { honest, forked, forkedLarger, forkedUnproven };
  const vkey = sample.ledger.site(SITE)?.vkey ?? '';
  return {
    ...{ sample, fork, vkey, common, size, larger, trees, bills },
    remove: async () => {
      for (const tree of Object.values(trees)) tree.close();
      await fork.close();
      await sample.ledger.close();
      rmSync(sample.dir, { recursive: true });
    },
  };
}
