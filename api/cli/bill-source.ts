import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { MAX_BUNDLE_CHARS } from '../../ledger/core/bundle.ts';
import { fromBase64url, hex } from '../../ledger/core/bytes.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { VerifyOptions } from '../../ledger/core/verdict.ts';
import { usage } from './command.ts';

/** Where a bill comes from. */
export interface BillSource {
  /** How to name it to people: never with the secret of a link. */
  readonly name: string;
  /** What the paper said that the link was printed on. */
  readonly expected: VerifyOptions['expected'];
  read(): Promise<string>;
  /** For an address: the same bill with a proof that its log continues a tree of this size. */
  readonly readSince?: (treeSize: number) => Promise<string>;
}

export interface Reach {
  readonly offline: boolean;
  readonly stdin: AsyncIterable<Uint8Array>;
}

/** `FILE`, `-` for standard input, a bundle's address, or the link of a printed bill. */
export function billSource(word: string, reach: Reach): BillSource {
  if (word === '-') {
    return { name: '-', expected: undefined, read: async () => textOf(await collect(reach.stdin)) };
  }
  if (!/^https?:\/\//i.test(word)) {
    return { name: word, expected: undefined, read: () => readFile(word) };
  }
  if (reach.offline) {
    throw usage('An address needs the network, and --offline forbids it. Give a file.');
  }
  return addressed(word);
}

const TIMEOUT_MS = 60_000;
/** The ledger knows the bill no longer, or not with this key. */
const GONE = new Set([401, 403, 404, 410]);

function addressed(word: string): BillSource {
  if (!URL.canParse(word)) throw usage('This address cannot be read. Copy it once more.');
  const link = new URL(word);
  // What follows # in the link of a printed bill is for the reader's device (docs/formats.md).
  const secret = new URLSearchParams(link.hash.slice(1));
  const target = secret.get('bundle');
  if (target !== null && !URL.canParse(target, link.href)) {
    throw usage("The link's bundle address cannot be read. Scan it once more.");
  }
  const address = target === null ? new URL(link) : new URL(target, link);
  address.hash = '';
  if (address.protocol !== 'https:' && address.protocol !== 'http:') {
    throw usage('A bill is fetched by https or http only. Give such an address, or a file.');
  }
  const key = secret.get('key');
  return {
    name: `${address.origin}${address.pathname}`,
    expected:
      target === null
        ? undefined
        : { commitment: commitmentHex(secret.get('c')), minorUnits: secret.get('a') ?? undefined },
    read: () => download(address, key),
    readSince: (treeSize) => {
      const since = new URL(address);
      since.searchParams.set('seen', String(treeSize));
      return download(since, key);
    },
  };
}

/** Of the first 16 bytes of a commitment, base64url as links carry it or hex, the hex digits. */
function commitmentHex(text: string | null): string | undefined {
  if (text === null) return undefined;
  return /^[A-Za-z0-9_-]{22}$/.test(text) ? hex(fromBase64url(text)) : text.toLowerCase();
}

async function readFile(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BUNDLE_CHARS) throw tooLarge();
    return textOf(await collect(createReadStream(path)));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal('file-unreadable', `The file cannot be read: ${why}. Check its name.`);
  }
}

async function download(address: URL, key: string | null): Promise<string> {
  const headers: Record<string, string> = { accept: 'application/vnd.billproof+json' };
  if (key !== null) headers['billproof-key'] = key;
  let response: Response;
  try {
    response = await fetch(address, {
      headers,
      // A redirect must not carry the key to somebody else.
      redirect: key === null ? 'follow' : 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw unreachable(reasonOf(error));
  }
  const { status } = response;
  if (GONE.has(status)) {
    throw new Refusal('expired', `The ledger no longer opens this bill (status ${status}).`);
  }
  if (!response.ok || response.body === null) throw unreachable(`status ${status}`);
  try {
    return textOf(await collect(response.body));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw unreachable(reasonOf(error));
  }
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    length += part.length;
    if (length > MAX_BUNDLE_CHARS) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** UTF-8 text, unpacked first where a program has saved it as gzip. */
function textOf(bytes: Uint8Array): string {
  let plain = bytes;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      plain = gunzipSync(bytes, { maxOutputLength: MAX_BUNDLE_CHARS });
    } catch {
      throw new Refusal('bad-gzip', 'The file is packed and cannot be unpacked. Ask for it again.');
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
  } catch {
    throw new Refusal('bad-utf8', 'The file is not text. Ask for the .billproof file.');
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return code || (cause instanceof Error ? cause.message : error.message);
}

function unreachable(why: string): Refusal {
  return new Refusal('unreachable', `The bill could not be fetched (${why}).`, { why });
}

function tooLarge(): Refusal {
  return new Refusal('bundle-too-large', 'The file is larger than any bill.', {
    limit: MAX_BUNDLE_CHARS,
  });
}
