import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { canonicalize } from '../ledger/core/canonical-json.ts';

/**
 * What a batch carries as `software`: SHA-256 of the canonical object `{<path>: <SHA-256>}` over the
 * program files that make a reading, tests left out. Anyone with the source can compute it.
 */
export function softwareHash(): string {
  const files: Record<string, string> = {};
  for (const folder of ['meter-bridge', 'ledger/core']) {
    const url = new URL(`../${folder}/`, import.meta.url);
    for (const name of readdirSync(url)) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
      files[`${folder}/${name}`] = sha256(readFileSync(new URL(name, url)));
    }
  }
  return sha256(canonicalize(files));
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
