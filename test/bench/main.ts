import { ingest } from './ingest.ts';

/** Every benchmark by name; `npm run bench -- NAME …` runs those named. */
const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  ingest: () => ingest(),
};

const names = process.argv.slice(2).filter((name) => !name.startsWith('-'));
const unknown = names.filter((name) => BENCHES[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`No such benchmark: ${unknown.join(', ')}. Known: ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}
for (const [name, run] of Object.entries(BENCHES)) {
  if (names.length === 0 || names.includes(name)) await run();
}
