import { readdirSync, readFileSync } from 'node:fs';
import { formatTime } from '../../../ledger/core/time.ts';
import type { ExpectedSettlement } from '../../../payments/settlement/read-settlement.ts';
import type { SettlementRow, SettlementTotals } from '../../../payments/settlement-row.ts';
import type { Outcome } from './read-all.ts';

const FOLDER = new URL('../../vectors/settlement/', import.meta.url);

/** A file of `test/vectors/settlement/` and what it has to give: rows and totals, or a refusal. */
export interface SettlementVector {
  readonly file: string;
  readonly note: string;
  readonly expected: ExpectedSettlement;
  readonly rows?: readonly unknown[];
  readonly totals?: unknown;
  readonly refusal?: { readonly code: string; readonly params: object };
}

export function settlementVectors(): SettlementVector[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json.json') || /\.(?:zip|csv|gz|txt|xml)\.json$/.test(name))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')));
}

export function bytesOf({ file }: SettlementVector): Uint8Array {
  return readFileSync(new URL(file, FOLDER));
}

/** An outcome as the vectors write it: bigints as text, times as text, nothing that is undefined. */
export function plainOutcome(outcome: Outcome): object {
  if ('refusal' in outcome) return outcome;
  return { rows: outcome.rows.map(plainRow), totals: plain(outcome.totals) };
}

function plainRow({ atMs, ...row }: SettlementRow): unknown {
  return plain({ ...row, at: formatTime(atMs) });
}

function plain(value: object | SettlementTotals): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? String(member) : member)),
  );
}
