import { existsSync } from 'node:fs';
import { describe, it } from 'vitest';

const fixtures = new URL('../../../shared/fixtures/', import.meta.url);

/**
 * A suite over real data or public vectors that lie beside the repository, since they may not be copied
 * into it. `path` is a file, or a folder with `/` at its end. Where it is missing, CI fails with the reason,
 * and everywhere else one test is skipped in the suite's place.
 */
export function describeFixture(name: string, path: string, body: (fixture: URL) => void): void {
  const fixture = new URL(path, fixtures);
  if (existsSync(fixture)) {
    describe(name, () => body(fixture));
  } else if (process.env['CI'] === 'true') {
    throw new Error(`${name}: ../shared/fixtures/${path} must lie beside the repository.`);
  } else {
    it.skip(`${name}: needs ../shared/fixtures/${path} beside the repository`);
  }
}
