import { base64, fromBase64 } from './bytes.ts';
import { parseCheckpoint, parseCount, type SignedCheckpoint } from './checkpoint.ts';
import { HASH_BYTES, verifyInclusion } from './merkle.ts';
import { type Primitives, portable } from './primitives.ts';
import { Refusal } from './refusal.ts';
import { checkPolicy, type PolicyFulfilled, type TrustPolicy } from './trust-policy.ts';
import type { Failure } from './verification.ts';

/** That an entry is in a log, in one text file `*.tlog-proof` (C2SP tlog-proof). */
export interface ProofFile {
  readonly index: number;
  readonly proof: readonly Uint8Array[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
  /** Opaque and not authenticated. */
  readonly extra?: Uint8Array;
}

/** Writes the file. It holds what `parseProofFile` accepts, or refuses as that does. */
export function formatProofFile({ index, proof, checkpoint, extra }: ProofFile): string {
  const lines = [
    HEADER,
    ...(extra === undefined ? [] : [`extra ${base64(extra)}`]),
    `index ${index}`,
    ...proof.map(base64),
    '',
  ];
  const text = `${lines.join('\n')}\n${checkpoint}`;
  parseProofFile(text);
  return text;
}

/**
 * Reads the file without believing it. Refusals `proof-file-header`, `proof-file-extra`,
 * `proof-file-index`, `proof-file-hash`, and those of `parseCheckpoint`.
 */
export function parseProofFile(text: string): ProofFile & { readonly signed: SignedCheckpoint } {
  const border = text.indexOf('\n\n');
  const lines = text.slice(0, Math.max(border, 0)).split('\n');
  if (lines.shift() !== HEADER) {
    throw new Refusal(
      'proof-file-header',
      `The text is no proof: it starts with "${HEADER}" and has a blank line before a checkpoint.`,
    );
  }
  const extra = lines[0]?.startsWith(EXTRA) === true ? readExtra(lines.shift() ?? '') : undefined;
  const indexLine = lines.shift() ?? '';
  const index = indexLine.startsWith(INDEX) ? parseCount(indexLine.slice(INDEX.length)) : undefined;
  if (index === undefined) {
    throw new Refusal('proof-file-index', 'The proof has no line "index <n>" where it belongs.');
  }
  if (lines.length > MAX_HASHES) throw badHash();
  const proof = lines.map(readHash);
  const checkpoint = text.slice(border + 2);
  const signed = parseCheckpoint(checkpoint);
  return { index, proof, checkpoint, signed, ...(extra === undefined ? {} : { extra }) };
}

/**
 * Whether the leaf is where the file says, in a log that the policy trusts.
 * Failures: those of `checkPolicy`, then those of `verifyInclusion`.
 */
export function verifyProofFile(
  text: string,
  leaf: Uint8Array,
  policy: TrustPolicy,
  primitives: Primitives = portable,
): PolicyFulfilled | Failure {
  const { index, proof, signed } = parseProofFile(text);
  const fulfilled = checkPolicy(policy, signed, primitives);
  if (!fulfilled.ok) return fulfilled;
  const { size, root } = signed;
  const included = verifyInclusion({ index, size, leaf, proof, root }, primitives.sha256);
  return included.ok ? fulfilled : included;
}

const HEADER = 'c2sp.org/tlog-proof@v1';
const EXTRA = 'extra ';
const INDEX = 'index ';
// A tree of 2^53 leaves has no longer path.
const MAX_HASHES = 53;

function readExtra(line: string): Uint8Array {
  try {
    return fromBase64(line.slice(EXTRA.length));
  } catch {
    throw new Refusal('proof-file-extra', 'The extra data of the proof is not canonical base64.');
  }
}

function readHash(line: string): Uint8Array {
  let hash: Uint8Array;
  try {
    hash = fromBase64(line);
  } catch {
    throw badHash();
  }
  if (hash.length !== HASH_BYTES) throw badHash();
  return hash;
}

function badHash(): Refusal {
  return new Refusal(
    'proof-file-hash',
    `A line of the proof is not 32 bytes of base64, or there are more than ${MAX_HASHES}.`,
  );
}
