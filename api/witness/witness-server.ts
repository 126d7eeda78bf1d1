import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { formatVerifierKey } from '../../ledger/core/signed-note.ts';
import type { WitnessAnswer } from '../../ledger/witness/answer.ts';
import type { Witness } from '../../ledger/witness/witness.ts';
import { callerAddress } from '../http-context.ts';
import { type RunningServer, runServer } from '../http-server.ts';
import { type BucketRule, TokenBuckets } from '../token-bucket.ts';
import { SIZE_TYPE, STATUS } from './status-codes.ts';

export interface WitnessServerOptions {
  readonly witness: Witness;
  readonly host: string;
  readonly port: number;
  /** Take the caller's address from the last entry of X-Forwarded-For. */
  readonly behindProxy?: boolean;
  readonly log: Logger;
  readonly limit?: BucketRule;
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request with 63 hashes and the 16 signatures of 5 kB that C2SP asks readers to bear fits twice. */
const MAX_BODY = 192 * 1024;
const LIMIT: BucketRule = { perSecond: 20, burst: 400 };
const TEXT = 'text/plain; charset=utf-8';

/** A witness over HTTP: `POST /add-checkpoint`, and `GET /<origin hash>/checkpoint` for monitors. */
export async function serveWitness(options: WitnessServerOptions): Promise<RunningServer> {
  const { witness, host, port, log, behindProxy = false } = options;
  const buckets = new TokenBuckets(options.limit ?? LIMIT, Date.now);
  const answer = async (incoming: IncomingMessage): Promise<Reply> => {
    const forwarded = incoming.headers['x-forwarded-for']?.toString();
    const taken = buckets.take(callerAddress(incoming, forwarded, behindProxy));
    if (!taken.ok) return tooMany(taken.retryAfter);
    if (incoming.url !== '/add-checkpoint') return monitorReply(witness, incoming);
    if (incoming.method !== 'POST') return notAllowed('POST');
    const body = await bodyOf(incoming);
    if (body === undefined) return plain(413, `A request has at most ${MAX_BODY} bytes.`);
    const said = witness.add(body);
    note(log, said, body);
    return replyOf(said);
  };
  const server = await runServer(
    (incoming, outgoing) => void reply(incoming, outgoing, answer, log),
    host,
    port,
  );
  const { origins, key } = witness;
  const url = `http://${host}:${server.port}`;
  log.info({ url, vkey: formatVerifierKey(key), logs: origins }, 'listening');
  return server;
}

async function reply(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: (incoming: IncomingMessage) => Promise<Reply>,
  log: Logger,
): Promise<void> {
  let made: Reply;
  try {
    made = await answer(incoming);
  } catch (error) {
    // A full disk, say: nothing was cosigned, and the log will ask again.
    log.error({ err: error }, 'failed');
    made = plain(500, 'The witness failed; nothing was cosigned. Try again later.');
  }
  const { status, body, headers } = made;
  // What was not read cannot be skipped cheaply: the connection ends with the answer.
  const rest = incoming.complete ? {} : { connection: 'close' };
  const length = String(Buffer.byteLength(body));
  const type = { 'content-type': TEXT, 'cache-control': 'no-store' };
  outgoing.writeHead(status, { ...type, ...headers, ...rest, 'content-length': length });
  outgoing.end(incoming.method === 'HEAD' ? '' : body);
}

function replyOf(said: WitnessAnswer): Reply {
  const status = STATUS[said.kind];
  if (said.kind === 'cosigned') return { status, body: said.lines };
  if (said.kind === 'conflict') {
    return { status, body: `${said.size}\n`, headers: { 'content-type': SIZE_TYPE } };
  }
  return plain(status, said.why);
}

/** The last cosigned checkpoint of a log, by the hash of its origin. */
function monitorReply(witness: Witness, { method, url }: IncomingMessage): Reply {
  const [, wanted] = /^\/([0-9a-f]{64})\/checkpoint$/.exec(url ?? '') ?? [];
  if (wanted === undefined) return plain(404, 'There is only add-checkpoint here.');
  if (method !== 'GET' && method !== 'HEAD') return notAllowed('GET, HEAD');
  const origin = witness.origins.find(
    (name) => createHash('sha256').update(name).digest('hex') === wanted,
  );
  const last = origin === undefined ? undefined : witness.latest(origin);
  if (last === undefined) return plain(404, 'No checkpoint of such a log was cosigned here.');
  return { status: 200, body: last.note };
}

/** Names of logs that are watched, sizes and statuses; never an address or a key. */
function note(log: Logger, said: WitnessAnswer, body: Uint8Array): void {
  const status = STATUS[said.kind];
  if (said.kind !== 'inconsistent') {
    log.debug({ status, ...(said.kind === 'conflict' && { size: said.size }) }, said.kind);
    return;
  }
  // Signed by its log and not what it signed before: this text is the evidence.
  log.warn({ status, why: said.why, request: Buffer.from(body).toString('utf8') }, said.kind);
}

function plain(status: number, sentence: string): Reply {
  return { status, body: `${sentence}\n` };
}

function notAllowed(allow: string): Reply {
  return { ...plain(405, `Use ${allow} here.`), headers: { allow } };
}

function tooMany(retryAfter: number): Reply {
  const wait = plain(429, `Too many requests. Wait ${retryAfter} s, then go on more slowly.`);
  return { ...wait, headers: { 'retry-after': String(retryAfter) } };
}

/** The whole body; undefined when it is too large. Throws when the connection ends within it. */
async function bodyOf(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(incoming.headers['content-length'] ?? 0) > MAX_BODY) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  const ended = await new Promise<boolean>((resolve, reject) => {
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= MAX_BODY) return;
      incoming.pause();
      resolve(false);
    });
    incoming.on('end', () => resolve(true));
    incoming.on('error', reject);
    incoming.on('close', () => reject(new Error('the connection ended within the body')));
  });
  return ended ? Buffer.concat(chunks) : undefined;
}
