import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Refusal } from '../ledger/core/refusal.ts';

/**
 * Makes sure that one process at a time numbers records in this folder. The claim of a process that
 * was killed falls to the next. Refuses `data-in-use` while the other one lives.
 */
export function claimData(dir: string): () => void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = resolve(dir, 'bridge.pid');
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      claimedHere.add(file);
      return () => {
        claimedHere.delete(file);
        rmSync(file, { force: true });
      };
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
    }
    const owner = Number(readFileSync(file, 'utf8'));
    if (isAlive(owner, file)) {
      throw new Refusal(
        'data-in-use',
        `Process ${owner} runs a bridge on this data folder. Stop it first.`,
        { pid: owner },
      );
    }
    rmSync(file, { force: true });
  }
  throw new Refusal('data-in-use', 'Another bridge has just started on this data folder.');
}

/** Files that this very process has claimed. */
const claimedHere = new Set<string>();

/** Our own number in a file that we did not claim is left over from before a machine's restart. */
function isAlive(pid: number, file: string): boolean {
  if (pid === process.pid) return claimedHere.has(file);
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
