import { join } from 'node:path';
import { apiLog } from '../../api/log.ts';
import { sendToWitness } from '../../api/witness/send-to-witness.ts';
import { serveWitness } from '../../api/witness/witness-server.ts';
import { formatVerifierKey, parseVerifierKey } from '../../ledger/core/signed-note.ts';
import { parseTrustPolicy } from '../../ledger/core/trust-policy.ts';
import { openWitness } from '../../ledger/witness/open-witness.ts';
import type { WitnessNews } from '../../ledger/witness/witness-link.ts';
import { freePort } from '../support/free-port.ts';
import { type SampleLedger, SITE } from '../support/sample-ledger.ts';

/** A witness as an auditor runs it, which the test can stop and start again. */
export class LocalWitness {
  readonly name: string;
  readonly #dataDir: string;
  readonly #log: string;
  #close: (() => Promise<void>) | undefined;
  vkey = '';
  port = 0;

  constructor(folder: string, name: string, log: string) {
    this.name = name;
    this.#dataDir = join(folder, name);
    this.#log = log;
  }

  async start(): Promise<this> {
    const logs = [parseVerifierKey(this.#log)];
    const name = `witness.example/${this.name}`;
    const { witness, close } = openWitness({ dataDir: this.#dataDir, name, logs });
    const log = apiLog('silent', { write: () => undefined });
    this.port ||= await freePort();
    const server = await serveWitness({ witness, host: '127.0.0.1', port: this.port, log });
    this.vkey = formatVerifierKey(witness.key);
    this.#close = async () => {
      await server.stop();
      close();
    };
    return this;
  }

  async stop(): Promise<void> {
    await this.#close?.();
    this.#close = undefined;
  }

  /** Its line in a policy. */
  get line(): string {
    return `witness ${this.name} ${this.vkey} http://127.0.0.1:${this.port}/`;
  }
}

/**
 * Starts witnessing by the lines of a policy without logs; answers where news are gathered. Only where a
 * witness hangs does somebody wait as long as `patienceMs`: on a machine that does much else, a good one is slow.
 */
export function witnessBy(
  sample: SampleLedger,
  lines: readonly string[],
  patienceMs = 30_000,
): WitnessNews[] {
  const news: WitnessNews[] = [];
  sample.ledger.startWitnessing({
    policies: { forAll: parseTrustPolicy(`${lines.join('\n')}\n`) },
    send: sendToWitness(patienceMs),
    everyMs: 40,
    tell: (event) => void news.push(event),
  });
  return news;
}

/** What readers pin of the sample's log and those witnesses. */
export function trustBy(sample: SampleLedger, lines: readonly string[]): string {
  return [`log ${sample.ledger.site(SITE)?.vkey}`, ...lines, ''].join('\n');
}

/** Waits until `check` answers something; the test's own limit ends it. */
export async function until<T>(
  check: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
