import type {
  CheckpointRow,
  DirectoryRow,
  EvidenceRow,
  Replay,
  SiteRow,
  StatementRow,
  WrappedKey,
} from '../port.ts';
import type { SqlRow } from './bridge-messages.ts';
import { bytesIn, numberIn, textIn } from './columns.ts';

// Rows as the port has them.

export function siteIn(row: SqlRow): SiteRow {
  return {
    site: textIn(row, 'site'),
    origin: textIn(row, 'origin'),
    currency: textIn(row, 'currency'),
    zone: textIn(row, 'zone'),
    vkey: textIn(row, 'vkey'),
  };
}

export function wrappedKeyIn(row: SqlRow): WrappedKey {
  return {
    account: textIn(row, 'account'),
    year: numberIn(row, 'year'),
    wrapped: bytesIn(row, 'wrapped'),
  };
}

export function checkpointIn(row: SqlRow): CheckpointRow {
  return { size: numberIn(row, 'size'), note: textIn(row, 'note'), atMs: numberIn(row, 'atMs') };
}

export function statementIn(row: SqlRow): StatementRow {
  return {
    id: textIn(row, 'id'),
    account: textIn(row, 'account'),
    period: textIn(row, 'period'),
    n: numberIn(row, 'n'),
    leaf: numberIn(row, 'leaf'),
  };
}

export function replayIn(row: SqlRow): Replay {
  return {
    key: textIn(row, 'key'),
    requestHash: textIn(row, 'requestHash'),
    response: textIn(row, 'response'),
  };
}

export function directoryIn(row: SqlRow): DirectoryRow {
  return { kind: textIn(row, 'kind'), id: textIn(row, 'id'), doc: textIn(row, 'doc') };
}

export function evidenceIn(row: SqlRow): EvidenceRow {
  return {
    id: textIn(row, 'id'),
    kind: textIn(row, 'kind'),
    at: textIn(row, 'at'),
    doc: textIn(row, 'doc'),
  };
}

export function balanceIn(row: SqlRow): { book: string; micros: bigint } {
  return { book: textIn(row, 'book'), micros: BigInt(textIn(row, 'micros')) };
}
