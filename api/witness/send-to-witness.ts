import { parseCount } from '../../ledger/core/checkpoint.ts';
import type { WitnessAnswer } from '../../ledger/witness/answer.ts';
import type { SendToWitness, Sent } from '../../ledger/witness/ask-witness.ts';
import { SIZE_TYPE, STATUS } from './status-codes.ts';

/** A witness that has not answered by then has failed. */
const PATIENCE_MS = 10_000;
/** Larger than the 16 signatures of 5 kB that C2SP asks readers to bear. */
const MAX_ANSWER = 128 * 1024;

/** Sends add-checkpoint requests to a witness's submission prefix (C2SP tlog-witness). */
export function sendToWitness(patienceMs = PATIENCE_MS): SendToWitness {
  return async (url, body, stop) => {
    const address = `${url.replace(/\/+$/, '')}/add-checkpoint`;
    try {
      const answer = await fetch(address, {
        ...{ method: 'POST', body, redirect: 'error' },
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        signal: AbortSignal.any([stop, AbortSignal.timeout(patienceMs)]),
      });
      return sentOf(answer.status, answer.headers.get('content-type'), await textOf(answer));
    } catch (error) {
      return noAnswer(reasonOf(error));
    }
  };
}

function sentOf(status: number, type: string | null, text: string | undefined): Sent {
  if (text === undefined) return noAnswer(`The answer has more than ${MAX_ANSWER} bytes.`);
  if (status === STATUS.cosigned) return { kind: 'cosigned', lines: text };
  if (status === STATUS.conflict) {
    const size =
      type === SIZE_TYPE && text.endsWith('\n') ? parseCount(text.slice(0, -1)) : undefined;
    if (size !== undefined) return { kind: 'conflict', size };
  }
  const kind = REFUSALS.find((known) => STATUS[known] === status);
  return kind === undefined ? noAnswer(`Status ${status}.`) : { kind, why: `Status ${status}.` };
}

const REFUSALS = [
  'malformed',
  'not-signed',
  'unknown-log',
  'inconsistent',
] as const satisfies readonly WitnessAnswer['kind'][];

/** Whatever a stranger's server says is bounded while it is read. */
async function textOf(answer: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'It cannot be reached.';
  if (error.name === 'TimeoutError') return 'It did not answer in time.';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return `It cannot be reached: ${code ?? error.message}.`;
}

function noAnswer(why: string): Sent {
  return { kind: 'no-answer', why };
}
