import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importTables } from '../../api/import/import-tables.ts';
import { readTables } from '../../api/import/read-table.ts';
import { openRegistry } from '../../api/registry/open-registry.ts';
import { configForTests } from '../../api/test/open-api-for-tests.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { report } from './figure.ts';

const EACH = 12_500;
const site = 'tower';

/** `import`: 50,000 rows of rooms, tenants, leases that begin, and opening balances; and the same files again. */
export async function importBench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-import-'));
  const ledger = await Ledger.open({ dataDir: folder });
  const registry = await openRegistry(configForTests(folder), Date.now);
  const desk = { ledger, registry, site };
  try {
    await ledger.createSite({ site, origin: 'b/log/t', currency: 'CNY', zone: 'Asia/Shanghai' });
    for (const again of ['', ', the same again']) {
      const startedMs = performance.now();
      let rows = 0;
      for (const text of Object.values(tables())) {
        const sheets = await readTables(Buffer.from(text));
        const options = { mode: 'all', by: 'bench', language: 'en' } as const;
        const { counts, errors } = await importTables(desk, sheets, options);
        if (errors.length > 0) throw new Error(JSON.stringify(errors[0]));
        rows += counts.new + counts.same;
      }
      const value = (performance.now() - startedMs) / 1e3;
      const note = `rooms, tenants, leases that begin, balances, SQLite${again}`;
      report({ bench: 'import', value, unit: 's', n: rows, note });
    }
  } finally {
    await ledger.close();
    await registry.close();
    rmSync(folder, { recursive: true });
  }
}

function tables() {
  const all = (row: (i: number) => string) =>
    Array.from({ length: EACH }, (_, i) => row(i)).join('\n');
  return {
    rooms: `building,floor,room,area\n${all((i) => `B${i % 9},${i % 40},R-${i},${80 + (i % 50)}`)}`,
    tenants: `tenant,kind,name,phone\n${all((i) => `T-${i},company,Tenant ${i},+86 21 ${10_000 + i}`)}`,
    leases: `lease,tenant,rooms,from\n${all((i) => `L-${i},T-${i},R-${i},2026-09-01`)}`,
    balances: `account,wallet,amount\n${all((i) => `a-L-${i},electricity,${1 + i}.50`)}`,
  };
}
