import { anchorIn } from '../../anchor/anchor-rows.ts';
import type { AnchoredCheckpoint } from '../../anchor/anchoring.ts';
import { partsOf, unpackReceipt } from '../../anchor/pack-receipt.ts';
import type { WitnessedCheckpoint } from '../../witness/witnessed-store.ts';
import { PostgresBridge } from './bridge.ts';
import type { SqlRow, SqlValue } from './bridge-messages.ts';
import { bytesIn, numberIn, textIn } from './columns.ts';
import { DEADLINE_MS, isLost, type PostgresOptions, sqlErrorOf } from './postgres-reader.ts';

const KEPT = `SELECT size, note FROM witnessed_notes WHERE site = $1 AND size >= $2::bigint
  ORDER BY size LIMIT 1`;
const ANCHORED = `SELECT size, note, kind, network, at_ms AS "atMs", place, receipt FROM anchors
  WHERE site = $1 AND chain = $2 AND size >= $3::bigint ORDER BY size LIMIT 1`;
const PART = 'SELECT hash, bytes FROM anchor_parts WHERE hash = $1';

/**
 * What others have dated of a log, read by a caller that may wait for it: a thread that builds bills. Its
 * connection is opened when it is needed, and anew, once, when it is lost. Throws `StoreUnavailable`.
 */
export class PostgresDatedCheckpoints {
  readonly #bridge: PostgresBridge;

  constructor({ url, deadlineMs = DEADLINE_MS }: PostgresOptions) {
    this.#bridge = new PostgresBridge(url, deadlineMs);
  }

  /** The earliest kept checkpoint with a quorum that holds `size` events. */
  kept(site: string, size: number): WitnessedCheckpoint | undefined {
    const [row] = this.#rows(KEPT, site, size);
    return row && { size: numberIn(row, 'size'), note: textIn(row, 'note') };
  }

  /** Of each of these chains (`AnchorChain.name`) the earliest anchored one that holds `size` events. */
  anchored(site: string, chains: readonly string[], size: number): AnchoredCheckpoint[] {
    const rows = chains.flatMap((chain) => this.#rows(ANCHORED, site, chain, size));
    return rows.map((row) => {
      const { kind, size: held, note, atMs } = anchorIn(row);
      return { kind, size: held, note, atMs, receipt: this.#unpacked(bytesIn(row, 'receipt')) };
    });
  }

  close(): void {
    this.#bridge.close();
  }

  #unpacked(receipt: Uint8Array): string {
    const parts = partsOf(receipt).flatMap((hash) => this.#rows(PART, hash));
    return unpackReceipt(
      receipt,
      new Map(parts.map((row) => [textIn(row, 'hash'), bytesIn(row, 'bytes')])),
    );
  }

  #rows(text: string, ...values: SqlValue[]): readonly SqlRow[] {
    const ask = () => {
      if (!this.#bridge.connected) this.#bridge.connect();
      return this.#bridge.run('bare', [{ text, values }])[0]?.rows ?? [];
    };
    const isOpen = this.#bridge.connected;
    try {
      try {
        return ask();
      } catch (error) {
        if (!isOpen || !isLost(error)) throw error;
        return ask();
      }
    } catch (error) {
      throw sqlErrorOf(error);
    }
  }
}
