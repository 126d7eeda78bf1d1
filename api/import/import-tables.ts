import { setImmediate } from 'node:timers/promises';
import { Refusal } from '../../ledger/core/refusal.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import type { Language } from '../language.ts';
import type { LeaseDesk } from '../registry/lease-life.ts';
import { applyPlan } from './apply-plan.ts';
import { type FaultCode, faultText } from './fault-words.ts';
import { KEYS, type Outcome, PLANNERS, RowFault, type Values } from './plan-rows.ts';
import { CellFault, readCell } from './read-cell.ts';
import type { Sheet } from './read-table.ts';
import { recognise, TABLE_KINDS, type Table, type TableKind } from './templates.ts';
import { loadWorld, type World } from './world.ts';

/** `dry-run` changes nothing; `all` nothing either unless every row is good; `good-rows` takes those. */
export type ImportMode = 'dry-run' | 'all' | 'good-rows';

/** A row as a spreadsheet numbers it: the heads are in row 1. */
export interface RowResult {
  readonly sheet: string;
  readonly row: number;
  readonly table: TableKind;
  readonly id: string;
  readonly outcome: Outcome | 'refused';
}
export interface RowError {
  readonly sheet: string;
  readonly row: number;
  readonly column: string;
  readonly found: string;
  readonly code: FaultCode;
  readonly text: string;
}
export interface ImportReport {
  readonly applied: boolean;
  readonly counts: Readonly<Record<Outcome | 'refused', number>>;
  readonly rows: readonly RowResult[];
  readonly errors: readonly RowError[];
}

export interface ImportOptions {
  readonly mode: ImportMode;
  /** Who imports. */
  readonly by: string;
  readonly language: Language;
}

/** Written anew where others changed something meanwhile. */
const MOST_ROUNDS = 3;
/** Between so many rows others have their turn. */
const ROWS_AT_ONCE = 1000;

/**
 * Checks every row of every table, in the order of the tables, against what there is and the good rows
 * before it; then, if asked, does all of it. The same file again changes nothing. Refuses
 * `import-header`, `import-table-twice`, and `writer-busy` where others change the same all the time.
 */
export async function importTables(
  desk: LeaseDesk,
  sheets: readonly Sheet[],
  options: ImportOptions,
): Promise<ImportReport> {
  const tables = sheets.filter(({ rows }) => rows.length > 0).map(recognise);
  const kinds = new Set(tables.map(({ kind }) => kind));
  if (kinds.size < tables.length) {
    throw new Refusal('import-table-twice', 'The workbook has one table twice. Join the sheets.');
  }
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const world = await loadWorld(desk, options.by, await today(desk));
    const plan = new Plan(world, options.language);
    for (const kind of TABLE_KINDS) {
      const table = tables.find((one) => one.kind === kind);
      if (table !== undefined) await plan.take(table);
    }
    const { mode } = options;
    const isHeld = mode === 'dry-run' || (mode === 'all' && plan.errors.length > 0);
    if (isHeld) return plan.report(false);
    const faults = await applyPlan(desk, world);
    if (faults === undefined) continue;
    plan.refuseLate(faults);
    return plan.report(true);
  }
  throw new Refusal('writer-busy', 'Others change the same at this moment. Try again.');
}

async function today({ registry, ledger, site }: LeaseDesk): Promise<string> {
  const zone = zoneOf((await ledger.findSite(site))?.zone ?? 'Etc/UTC');
  const nowMs = registry.nowMs();
  const { offsetMs } = zone.offsetSpanAt(nowMs);
  return new Date(nowMs + offsetMs).toISOString().slice(0, 10);
}

class Plan {
  readonly #world: World;
  readonly #language: Language;
  readonly #rows: RowResult[] = [];
  readonly errors: RowError[] = [];

  constructor(world: World, language: Language) {
    this.#world = world;
    this.#language = language;
  }

  async take(table: Table): Promise<void> {
    const { kind, sheet } = table;
    const seen = new Map<string, number>();
    for (let at = 1; at < sheet.rows.length; at += 1) {
      if (at % ROWS_AT_ONCE === 0) await setImmediate();
      if ((sheet.rows[at] ?? []).every((cell) => cell === undefined)) continue;
      const { values, faults } = readRow(table, at);
      const id = KEYS[kind].map((name) => values[name] ?? '').join('/');
      const [column = ''] = KEYS[kind];
      const before = seen.get(id);
      if (before !== undefined && faults.length === 0) {
        faults.push(new RowFault(column, 'duplicate', String(before + 1)));
      }
      seen.set(id, before ?? at);
      const outcome = faults.length > 0 ? undefined : this.#plan(kind, values, faults);
      for (const fault of faults) this.#note(table, at, fault);
      const result = { sheet: sheet.name, row: at + 1, table: kind, id };
      this.#rows.push({ ...result, outcome: outcome ?? 'refused' });
    }
  }

  /** What the ledger refused although every row was good. */
  refuseLate(faults: ReadonlyMap<string, string>): void {
    for (const [i, row] of this.#rows.entries()) {
      const why = faults.get(`${row.table} ${row.id}`);
      if (why === undefined) continue;
      this.#rows[i] = { ...row, outcome: 'refused' };
      const code = 'ledger-refused';
      const text = faultText(code, why, this.#language);
      const { sheet, row: number, id: found } = row;
      this.errors.push({ sheet, row: number, column: '', found, code, text });
    }
  }

  report(applied: boolean): ImportReport {
    const counts = { new: 0, changed: 0, same: 0, refused: 0 };
    for (const { outcome } of this.#rows) counts[outcome] += 1;
    return { applied, counts, rows: this.#rows, errors: this.errors };
  }

  #plan(kind: TableKind, values: Values, faults: RowFault[]): Outcome | undefined {
    try {
      return PLANNERS[kind](this.#world, values);
    } catch (error) {
      if (!(error instanceof RowFault)) throw error;
      faults.push(error);
      return undefined;
    }
  }

  #note({ sheet, columns }: Table, at: number, { column, code, expected }: RowFault): void {
    const place = columns.find((one) => one.column.name === column)?.at ?? -1;
    const found = sheet.rows[at]?.[place]?.text.slice(0, 100) ?? '';
    const text = faultText(code, expected, this.#language);
    this.errors.push({ sheet: sheet.name, row: at + 1, column, found, code, text });
  }
}

/** Every cell, so that all that is wrong with a row is told at once. */
function readRow(
  { sheet, columns }: Table,
  at: number,
): { values: Record<string, string | undefined>; faults: RowFault[] } {
  const values: Record<string, string | undefined> = {};
  const faults: RowFault[] = [];
  for (const { column, at: place } of columns) {
    const isMerged = sheet.merged.some((range) => {
      const isInRows = at >= range.fromRow && at <= range.toRow;
      return isInRows && place >= range.fromColumn && place <= range.toColumn;
    });
    try {
      if (isMerged) throw new CellFault('merged-cells');
      values[column.name] = readCell(column, sheet.rows[at]?.[place]);
    } catch (error) {
      if (!(error instanceof CellFault)) throw error;
      faults.push(new RowFault(column.name, error.code, error.expected));
    }
  }
  return { values, faults };
}
