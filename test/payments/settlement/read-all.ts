import { Refusal } from '../../../ledger/core/refusal.ts';
import {
  type ExpectedSettlement,
  readSettlement,
} from '../../../payments/settlement/read-settlement.ts';
import type { SettlementRow, SettlementTotals } from '../../../payments/settlement-row.ts';

/** All that a file says, or why it is refused. */
export type Outcome =
  | { readonly rows: readonly SettlementRow[]; readonly totals: SettlementTotals }
  | { readonly refusal: { readonly code: string; readonly params: Refusal['params'] } };

/** Reads a file that comes in the given parts. Whatever is thrown but a refusal is a mistake of ours. */
export async function readAll(
  expected: ExpectedSettlement,
  parts: readonly Uint8Array[],
): Promise<Outcome> {
  const rows: SettlementRow[] = [];
  try {
    const reading = readSettlement(expected, partsOf(parts));
    for await (const row of reading) rows.push(row);
    return { rows, totals: reading.totals };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { refusal: { code: error.code, params: error.params } };
  }
}

/** Each part in a buffer that is filled anew once the next one is asked for: nobody may keep it. */
async function* partsOf(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    const own = Uint8Array.from(part);
    yield own;
    own.fill(0xff);
  }
}

/** Cuts bytes at the given places, in any order, doubled ones included. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places.toSorted((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}
