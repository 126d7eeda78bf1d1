import { X509Certificate } from 'node:crypto';
import type { ChaincodeStub } from 'fabric-shim';
import { base64, equalBytes, fromBase64, fromUtf8, utf8 } from '../ledger/core/bytes.ts';
import {
  type Checkpoint,
  parseCheckpoint,
  parseCount,
  verifyCheckpoint,
} from '../ledger/core/checkpoint.ts';
import { HASH_BYTES, verifyConsistency } from '../ledger/core/merkle.ts';
import { Refusal } from '../ledger/core/refusal.ts';
import { ED25519_NOTE, formatVerifierKey, parseVerifierKey } from '../ledger/core/signed-note.ts';
import type { Verification } from '../ledger/core/verification.ts';
import {
  ANCHORED_EVENT,
  anchorKey,
  anchorsAbove,
  formatAnchor,
  headKey,
  KEY_REGISTERED_EVENT,
  logKeyKey,
  parseAnchor,
} from './anchor-record.ts';

/** Anchors that one `History` answers at most. */
export const HISTORY_PAGE = 100;

/**
 * What the peers of all organisations execute and endorse. Every method takes texts and answers a
 * text; it depends on nothing but them and the state, so that all peers write the same bytes. A
 * refusal is thrown with a stable code and becomes the chaincode's response 500, `<code>: <words>`.
 */
export class AnchorContract {
  /**
   * Anchors a signed checkpoint. `proof` is the RFC 6962 consistency proof from the last anchored
   * size, one base64 hash a line as in C2SP tlog-witness, and empty for the first. Answers `{key}`.
   * Refusals: those of `parseCheckpoint`, `anchor-other-log`, `log-key-unknown`, those of
   * `verifyCheckpoint`, `anchor-empty-tree`, `anchor-known`, `anchor-fork`, `anchor-not-growing`,
   * `anchor-proof`, those of `verifyConsistency`.
   */
  async Submit(stub: ChaincodeStub, origin: string, note: string, proof: string): Promise<string> {
    const checkpoint = parseCheckpoint(note);
    if (checkpoint.origin !== origin) {
      throw new Refusal('anchor-other-log', `The checkpoint is of ${checkpoint.origin}.`);
    }
    const vkey = await stub.getState(logKeyKey(origin));
    if (vkey.length === 0) {
      throw new Refusal('log-key-unknown', 'Register the key of this log before its checkpoints.');
    }
    demand(verifyCheckpoint(checkpoint, parseVerifierKey(fromUtf8(vkey))));
    const head = await stub.getState(headKey(origin));
    demandGrowth(head.length === 0 ? undefined : parseAnchor(head), checkpoint, parseProof(proof));
    const key = anchorKey(origin, checkpoint.size);
    const record = formatAnchor(checkpoint);
    await stub.putState(key, record);
    await stub.putState(headKey(origin), record);
    stub.setEvent(ANCHORED_EVENT, record);
    return JSON.stringify({ key });
  }

  /**
   * Registers the verifier key of a log, once: a log that changes its key could show another
   * history, so another key needs a new version of this contract, which every organisation has to
   * approve. Refusals: `not-an-admin`, those of `parseVerifierKey`, `log-key-form`,
   * `log-key-fixed`.
   */
  async RegisterKey(stub: ChaincodeStub, origin: string, vkey: string): Promise<string> {
    if (!isAdministrator(stub.getCreator().idBytes)) {
      throw new Refusal(
        'not-an-admin',
        'Only an administrator of an organisation registers a log.',
      );
    }
    const key = parseVerifierKey(vkey);
    // A receipt is searched for the origin as it is, so JSON has to spell it so.
    const isPlain = JSON.stringify(origin) === `"${origin}"`;
    const isNoteKey = key.type === ED25519_NOTE && formatVerifierKey(key) === vkey;
    if (!isPlain || !isNoteKey || key.name !== origin) {
      throw new Refusal(
        'log-key-form',
        'The key is not an Ed25519 note key named like its log, without quotes and backslashes.',
      );
    }
    const known = fromUtf8(await stub.getState(logKeyKey(origin)));
    if (known !== '' && known !== vkey) {
      throw new Refusal('log-key-fixed', 'This log has another key already, and keeps it.');
    }
    const answer = JSON.stringify({ origin, vkey });
    if (known === vkey) return answer;
    await stub.putState(logKeyKey(origin), utf8(vkey));
    stub.setEvent(KEY_REGISTERED_EVENT, utf8(answer));
    return answer;
  }

  /** The registered verifier key of a log, or nothing. */
  async Key(stub: ChaincodeStub, origin: string): Promise<string> {
    return fromUtf8(await stub.getState(logKeyKey(origin)));
  }

  /** The newest anchored checkpoint `{origin, size, root}`, or nothing. */
  async Latest(stub: ChaincodeStub, origin: string): Promise<string> {
    return fromUtf8(await stub.getState(headKey(origin)));
  }

  /**
   * The checkpoint anchored at this very size, or nothing. It reads no other key, so the endorsed
   * read set of this query states the block and transaction that wrote the anchor. Refusal
   * `anchor-size`.
   */
  async At(stub: ChaincodeStub, origin: string, size: string): Promise<string> {
    return fromUtf8(await stub.getState(anchorKey(origin, parseSize(size))));
  }

  /**
   * Up to `HISTORY_PAGE` anchors above a size, in order: `{anchors, more}`. Ask again with the last
   * size while there are more. Refusal `anchor-size`.
   */
  async History(stub: ChaincodeStub, origin: string, above: string): Promise<string> {
    const { start, end } = anchorsAbove(origin, parseSize(above));
    const anchors: string[] = [];
    for await (const { key, value } of stub.getStateByRange(start, end)) {
      const record = parseAnchor(value);
      // The range of `a` holds those of a log `a/5` too.
      if (key !== anchorKey(origin, record.size)) continue;
      if (anchors.length === HISTORY_PAGE) return formatHistory(anchors, true);
      anchors.push(fromUtf8(value));
    }
    return formatHistory(anchors, false);
  }
}

// A proof from a tree below 2^53 leaves to another has at most one hash for each level and a seed.
const MOST_PROOF_HASHES = 54;

function demand(verification: Verification): void {
  if (!verification.ok) throw new Refusal(verification.code, verification.detail);
}

function demandGrowth(
  head: Checkpoint | undefined,
  next: Checkpoint,
  proof: readonly Uint8Array[],
): void {
  if (next.size === 0) {
    throw new Refusal('anchor-empty-tree', 'The empty tree says nothing; wait for the first leaf.');
  }
  if (head === undefined) {
    if (proof.length === 0) return;
    throw new Refusal('proof-too-long', 'Nothing is anchored yet, so the first proof is empty.');
  }
  const anchored = `Size ${head.size} is anchored`;
  if (next.size < head.size) {
    throw new Refusal('anchor-not-growing', `${anchored}; a smaller tree cannot follow it.`);
  }
  if (next.size === head.size) {
    if (equalBytes(next.root, head.root)) throw new Refusal('anchor-known', `${anchored} already.`);
    throw new Refusal('anchor-fork', `${anchored} with another root: the log shows two histories.`);
  }
  demand(
    verifyConsistency({
      from: head.size,
      to: next.size,
      fromRoot: head.root,
      toRoot: next.root,
      proof,
    }),
  );
}

function parseProof(text: string): Uint8Array[] {
  const lines = text === '' ? [] : text.split('\n');
  if (lines.length > MOST_PROOF_HASHES) throw badProof();
  return lines.map((line) => {
    let hash: Uint8Array;
    try {
      hash = fromBase64(line);
    } catch {
      throw badProof();
    }
    if (hash.length !== HASH_BYTES || base64(hash) !== line) throw badProof();
    return hash;
  });
}

function badProof(): Refusal {
  return new Refusal(
    'anchor-proof',
    `The proof is not up to ${MOST_PROOF_HASHES} hashes in base64, one a line, nothing else.`,
  );
}

function parseSize(text: string): number {
  const size = parseCount(text);
  if (size !== undefined && size < Number.MAX_SAFE_INTEGER) return size;
  throw new Refusal('anchor-size', 'The size is not a decimal without leading zeros below 2^53.');
}

/** Fabric's NodeOUs write the role of an identity into its certificate, as organisational unit. */
function isAdministrator(pem: Uint8Array): boolean {
  const units = new X509Certificate(pem).toLegacyObject().subject.OU;
  return [units].flat().includes('admin');
}

function formatHistory(anchors: readonly string[], more: boolean): string {
  return `{"anchors":[${anchors.join(',')}],"more":${more}}`;
}
