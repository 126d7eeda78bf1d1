import type { Language } from '../language.ts';
import { type Kind, LEASE, OPENING, ROOM, TENANT } from '../registry/records.ts';
import type { Registry } from '../registry/registry.ts';
import { tenantViews } from '../registry/tenants.ts';
import { BYTE_ORDER_MARK, csvLine } from '../reports/csv-line.ts';
import { gathered, xlsxFile } from '../reports/xlsx-file.ts';
import { type Column, type TableKind, TEMPLATES } from './templates.ts';

/** Values of a row by the names of the columns. */
type Row = Readonly<Record<string, string | undefined>>;
const PAGE = 1_000;

/** A table as it would be imported, in pages: the same file given back changes nothing. */
export async function* tableRows(
  registry: Registry,
  site: string,
  table: TableKind,
): AsyncGenerator<readonly Row[]> {
  const pages = <T>(kind: Kind<T>) => pagesOf(registry, site, kind);
  if (table === 'tenants') {
    for await (const kept of pages(TENANT)) {
      const views = await tenantViews(registry, site, kept);
      yield views.flatMap(({ contacts, state: _, createdAt: __, ...view }) => {
        const { name: contact, phone, email } = contacts?.[0] ?? {};
        return view.name === undefined ? [] : [{ ...view, contact, phone, email }];
      });
    }
  } else if (table === 'leases') {
    for await (const kept of pages(LEASE)) {
      const live = kept.filter(({ doc: { state } }) => state === 'planned' || state === 'open');
      yield live.map(({ doc: { moves: _, rooms, ...lease } }) => ({
        ...{ ...lease, rooms: rooms.join('; ') },
      }));
    }
  } else if (table === 'balances') {
    for await (const kept of pages(OPENING)) yield kept.map(({ doc }) => ({ ...doc }));
  } else {
    for await (const kept of pages(ROOM)) {
      yield kept.flatMap(({ doc: { meters, ...room } }): Row[] => {
        if (table === 'rooms') return [room];
        return meters.map((meter) => ({ ...meter, room: room.room }));
      });
    }
  }
}

/** With a byte order mark, which spreadsheets need to see UTF-8. */
export async function* tableCsv(
  registry: Registry,
  site: string,
  table: TableKind,
  language: Language,
): AsyncGenerator<string> {
  const columns: readonly Column[] = TEMPLATES[table];
  yield `${BYTE_ORDER_MARK}${csvLine(columns.map((column) => headOf(column, language)))}`;
  for await (const rows of tableRows(registry, site, table)) {
    yield rows.map((row) => csvLine(columns.map(({ name }) => row[name] ?? ''))).join('');
  }
}

/** Refuses `table-too-long`. */
export async function tableXlsx(
  registry: Registry,
  site: string,
  table: TableKind,
  language: Language,
): Promise<Uint8Array<ArrayBuffer>> {
  const columns: readonly Column[] = TEMPLATES[table];
  const rows = await gathered(eachRow(tableRows(registry, site, table)));
  const cells = rows.map((row) => columns.map(({ name }) => row[name] ?? ''));
  const heads = columns.map((column) => headOf(column, language));
  return await xlsxFile([{ name: table, rows: [heads, ...cells] }]);
}

async function* eachRow(pages: AsyncIterable<readonly Row[]>): AsyncGenerator<Row> {
  for await (const page of pages) yield* page;
}

function headOf({ name, zh }: Column, language: Language): string {
  return language === 'en' ? name : zh;
}

async function* pagesOf<T>(registry: Registry, site: string, kind: Kind<T>) {
  for (let after: string | undefined; ; ) {
    const kept = await registry.page(site, kind, { marks: [], after, limit: PAGE });
    if (kept.length > 0) yield kept;
    if (kept.length < PAGE) return;
    after = kept.at(-1)?.id;
  }
}
