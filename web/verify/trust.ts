import { Refusal } from '../../ledger/core/refusal.ts';
import { parseTrustPolicy } from '../../ledger/core/trust-policy.ts';
import type { TrustFile } from './check-bill.ts';
import { recallTrust, rememberTrust } from './memory.ts';

/** No bill is so small, and no trust file so large. */
const LARGEST = 64 * 1024;

/** The logs that a text names, if it is a trust file (C2SP tlog-policy) that names any. */
export function trustedLogs(text: string): readonly string[] {
  try {
    return parseTrustPolicy(text).logs.map(({ key }) => key.name);
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

/** The trust files that this device was given. */
export function keptTrust(): TrustFile[] {
  return recallTrust().map((text) => ({ logs: trustedLogs(text), text }));
}

/** Keeps the trust files among what was given. Answers their logs, and the other files. */
export async function takeTrust(
  files: readonly File[],
): Promise<{ readonly logs: readonly string[]; readonly others: readonly File[] }> {
  const logs: string[] = [];
  const others: File[] = [];
  for (const file of files) {
    const text = file.size > LARGEST ? '' : await file.text();
    const named = trustedLogs(text);
    if (named.length === 0) others.push(file);
    else rememberTrust([text, ...recallTrust().filter((kept) => !sharesLog(kept, named))]);
    logs.push(...named);
  }
  return { logs, others };
}

/** Bills of this log are checked without a trust file again. */
export function forgetTrust(origin: string): void {
  rememberTrust(recallTrust().filter((kept) => !sharesLog(kept, [origin])));
}

function sharesLog(text: string, origins: readonly string[]): boolean {
  return trustedLogs(text).some((origin) => origins.includes(origin));
}
