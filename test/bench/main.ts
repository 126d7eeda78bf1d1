import { accountLists } from './account-lists.ts';
import { anchorDevnet, anchorNetwork } from './anchor.ts';
import { anchoring } from './anchoring.ts';
import { engineBench } from './engine.ts';
import { fsckBench } from './fsck.ts';
import { growth } from './growth.ts';
import { importBench } from './import.ts';
import { ingest } from './ingest.ts';
import { lists } from './lists.ts';
import { merkle } from './merkle.ts';
import { monthEnd } from './month-end.ts';
import { payments } from './payments.ts';
import { postgresIngest } from './postgres.ts';
import { reconcileBench } from './reconcile.ts';
import { reconcileUploadBench } from './reconcile-upload.ts';
import { settlementParse } from './settlement-parse.ts';
import { takeover } from './takeover.ts';
import { verifyBrowser, verifyNode } from './verify.ts';
import { verifyReceipt } from './verify-receipt.ts';

const DEFAULT_EVENTS = 1_000_000;
const sizeOption = process.argv.find((word) => word.startsWith('--events='));
const events = Number(sizeOption?.slice('--events='.length) ?? DEFAULT_EVENTS);

const A_DAY_OF_CHECKPOINTS = 86_400;

/** Every benchmark by name; `npm run bench -- NAME …` runs those named, `--events=N` sets a size. */
const BENCHES: Readonly<Record<string, () => void | Promise<void>>> = {
  merkle,
  'verify-node': verifyNode,
  'verify-browser': verifyBrowser,
  'verify-receipt': verifyReceipt,
  ingest: () => ingest(),
  engine: () => engineBench(),
  postgres: () => postgresIngest(),
  takeover,
  'anchor-devnet': anchorDevnet,
  anchoring: () => anchoring(A_DAY_OF_CHECKPOINTS),
  'anchor-network': anchorNetwork,
  fsck: () => fsckBench(),
  import: () => importBench(),
  lists: async () => {
    await lists();
    await accountLists();
  },
  payments: () => payments(),
  'settlement-parse': () => settlementParse(events),
  reconcile: () => reconcileBench(events),
  'month-end': () => monthEnd(events),
  'reconcile-upload': () => reconcileUploadBench(events),
  // One filled ledger serves both: `growth` ends by stopping and starting it.
  growth: () => growth(events),
};
const ALSO: Readonly<Record<string, string>> = { restart: 'growth' };

const names = process.argv.slice(2).filter((name) => !name.startsWith('-'));
const chosen = new Set(names.map((name) => ALSO[name] ?? name));
const unknown = [...chosen].filter((name) => BENCHES[name] === undefined);
if (unknown.length > 0 || !Number.isSafeInteger(events) || events < 250_000) {
  const known = [...Object.keys(BENCHES), ...Object.keys(ALSO)].join(', ');
  process.stderr.write(`Benchmarks: ${known}; --events=N takes at least 250000.\n`);
  process.exit(2);
}
for (const [name, run] of Object.entries(BENCHES)) {
  if (chosen.size === 0 || chosen.has(name)) await run();
}
