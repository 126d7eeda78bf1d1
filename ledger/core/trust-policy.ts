import { assert } from './assert.ts';
import type { SignedCheckpoint } from './checkpoint.ts';
import { type Cosignature, verifyCosignatures } from './cosignature.ts';
import { type Primitives, portable, type Sha256, sha256 } from './primitives.ts';
import { Refusal } from './refusal.ts';
import {
  ED25519_COSIGNATURE,
  ED25519_NOTE,
  formatVerifierKey,
  isSameKey,
  parseVerifierKey,
  type VerifierKey,
  verifyNote,
} from './signed-note.ts';
import {
  ANCHOR_WORD,
  formatTrustedAnchor,
  parseTrustedAnchor,
  type TrustedAnchor,
} from './trusted-anchor.ts';
import { type Failure, failure } from './verification.ts';

export interface TrustedLog {
  readonly key: VerifierKey;
  readonly url?: string;
}

export interface TrustedWitness {
  /** A name inside the policy only; the key has its own. */
  readonly name: string;
  readonly key: VerifierKey;
  readonly url?: string;
}

/** Counts as having witnessed when at least `threshold` of its members have. */
export interface WitnessGroup {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly string[];
}

/** Which logs are believed, and whose cosignatures a checkpoint needs besides (C2SP tlog-policy). */
export interface TrustPolicy {
  readonly logs: readonly TrustedLog[];
  readonly witnesses: readonly TrustedWitness[];
  /** In the order of definition: members come before the groups that name them. */
  readonly groups: readonly WitnessGroup[];
  /** Name of a witness or group; undefined when no cosignature is needed (`quorum none`). */
  readonly quorum: string | undefined;
  /** Chains whose receipts are accepted: ours, and in comments for everybody else. */
  readonly anchors: readonly TrustedAnchor[];
}

export interface PolicyFulfilled {
  readonly ok: true;
  readonly log: VerifierKey;
  readonly cosignatures: readonly Cosignature[];
  /**
   * The earliest time by which a quorum had cosigned, each witness by its own clock: of a group, the
   * `threshold`-th earliest time of its members. Undefined when no quorum is asked for.
   */
  readonly quorumTimeS: number | undefined;
}

/**
 * Reads a policy. Refusals, each with the number of its line: `policy-line`, `policy-key`,
 * `policy-duplicate-key`, `policy-name`, `policy-member`, `policy-threshold`, `policy-quorum`; and
 * `policy-too-long`, `policy-character`, `policy-without-quorum`, `policy-anchor`.
 */
export function parseTrustPolicy(text: string, sha: Sha256 = sha256): TrustPolicy {
  if (text.length > MAX_LENGTH) {
    throw new Refusal('policy-too-long', `The policy is longer than ${MAX_LENGTH} characters.`, {
      limit: MAX_LENGTH,
    });
  }
  if (FORBIDDEN_CHARACTER.test(text)) {
    throw new Refusal(
      'policy-character',
      'The policy has a control character other than tab and newline; save it with Unix lines.',
    );
  }
  const draft = new PolicyDraft(sha);
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    const isComment = words[0]?.startsWith('#') ?? true;
    if (!isComment) draft.add(index + 1, words);
    else if (words[0] === '#' && words[1] === ANCHOR_WORD)
      draft.addAnchor(index + 1, words.slice(2));
  }
  return draft.finish();
}

/** Writes a policy that `parseTrustPolicy` reads back to the same. */
export function formatTrustPolicy(policy: TrustPolicy): string {
  const lines = [
    ...policy.logs.map(({ key, url }) => ['log', formatVerifierKey(key), url]),
    ...policy.witnesses.map(({ name, key, url }) => ['witness', name, formatVerifierKey(key), url]),
    ...policy.groups.map((group) => ['group', group.name, thresholdWord(group), ...group.members]),
    ['quorum', policy.quorum ?? NONE],
    ...policy.anchors.map((anchor) => ['#', ANCHOR_WORD, ...formatTrustedAnchor(anchor)]),
  ];
  return lines.map((words) => `${words.filter((word) => word !== undefined).join(' ')}\n`).join('');
}

/**
 * Whether a checkpoint is signed by a log of the policy, under the name of that log, and cosigned by a
 * quorum. Failures: `log-not-trusted`, `signature-invalid`, `signature-missing`, `quorum-missing`.
 */
export function checkPolicy(
  policy: TrustPolicy,
  checkpoint: SignedCheckpoint,
  primitives: Primitives = portable,
): PolicyFulfilled | Failure {
  const { origin, note } = checkpoint;
  const logKeys = policy.logs.map(({ key }) => key).filter(({ name }) => name === origin);
  if (logKeys.length === 0) {
    return failure('log-not-trusted', `The policy does not name the log ${origin}.`);
  }
  const signed = verifyNote(note, logKeys, primitives);
  if (!signed.ok) return signed;
  const [log] = signed.keys;
  assert(log !== undefined, 'a verified note has a key that signed it');
  const witnessKeys = policy.witnesses.map(({ key }) => key);
  const cosigned = verifyCosignatures(note, witnessKeys, primitives);
  if (!cosigned.ok) return cosigned;
  const { cosignatures } = cosigned;
  if (policy.quorum === undefined) return { ok: true, log, cosignatures, quorumTimeS: undefined };
  const quorumTimeS = witnessTimes(policy, cosignatures).get(policy.quorum);
  if (quorumTimeS !== undefined) return { ok: true, log, cosignatures, quorumTimeS };
  return failure(
    'quorum-missing',
    `The checkpoint lacks cosignatures: the policy asks for ${policy.quorum}.`,
  );
}

const NONE = 'none';
const MAX_LENGTH = 256 * 1024;
const FORBIDDEN_CHARACTER = /[\u0000-\u0008\u000b-\u001f\u007f]/;

/** When each witness, and each group of them, had cosigned; absent when it has not. */
function witnessTimes(
  policy: TrustPolicy,
  cosignatures: readonly Cosignature[],
): Map<string, number> {
  const times = new Map<string, number>();
  for (const { name, key } of policy.witnesses) {
    const own = cosignatures.filter((c) => c.key === key).map(({ timeS }) => timeS);
    if (own.length > 0) times.set(name, Math.min(...own));
  }
  for (const { name, threshold, members } of policy.groups) {
    const known = members.map((member) => times.get(member)).filter((time) => time !== undefined);
    const time = known.sort((a, b) => a - b)[threshold - 1];
    if (time !== undefined) times.set(name, time);
  }
  return times;
}

function thresholdWord({ threshold, members }: WitnessGroup): string {
  if (threshold === members.length) return 'all';
  return threshold === 1 ? 'any' : String(threshold);
}

/** A policy that is read line by line; a line may only name what stands above it. */
class PolicyDraft {
  readonly #sha: Sha256;
  readonly #logs: TrustedLog[] = [];
  readonly #witnesses: TrustedWitness[] = [];
  readonly #groups: WitnessGroup[] = [];
  readonly #names = new Set<string>();
  readonly #members = new Set<string>();
  readonly #anchors: TrustedAnchor[] = [];
  #quorum: string | undefined;

  constructor(sha: Sha256) {
    this.#sha = sha;
  }

  add(line: number, words: readonly string[]): void {
    const [keyword, ...rest] = words;
    const [first, second, third] = rest;
    if (keyword === 'log' && first !== undefined && rest.length <= 2) {
      this.#addLog(line, first, second);
    } else if (keyword === 'witness' && first !== undefined && second !== undefined) {
      if (rest.length > 3) throw badLine(line);
      this.#addWitness(line, first, second, third);
    } else if (keyword === 'group' && first !== undefined && second !== undefined) {
      this.#addGroup(line, first, second, rest.slice(2));
    } else if (keyword === 'quorum' && first !== undefined && rest.length === 1) {
      this.#setQuorum(line, first);
    } else {
      throw badLine(line);
    }
  }

  /** Not skipped like other comments when it is wrong: a slip would take a check away unseen. */
  addAnchor(line: number, words: readonly string[]): void {
    const anchor = parseTrustedAnchor(words);
    if (anchor === undefined) {
      throw at('policy-anchor', line, `"# ${ANCHOR_WORD}" names a kind of chain and its own words`);
    }
    if (this.#anchors.some((other) => placeOf(other) === placeOf(anchor))) {
      throw at(
        'policy-anchor',
        line,
        'the same network stands on a line above; one of them counts',
      );
    }
    this.#anchors.push(anchor);
  }

  finish(): TrustPolicy {
    if (this.#quorum === undefined) {
      throw new Refusal(
        'policy-without-quorum',
        'The policy has no quorum line; end it with "quorum <name>" or "quorum none".',
      );
    }
    return {
      logs: this.#logs,
      witnesses: this.#witnesses,
      groups: this.#groups,
      quorum: this.#quorum === NONE ? undefined : this.#quorum,
      anchors: this.#anchors,
    };
  }

  #addLog(line: number, vkey: string, url: string | undefined): void {
    const key = this.#readKey(line, vkey, ED25519_NOTE, this.#logs);
    this.#logs.push(url === undefined ? { key } : { key, url });
  }

  #addWitness(line: number, name: string, vkey: string, url: string | undefined): void {
    const key = this.#readKey(line, vkey, ED25519_COSIGNATURE, this.#witnesses);
    this.#define(line, name);
    this.#witnesses.push(url === undefined ? { name, key } : { name, key, url });
  }

  #addGroup(line: number, name: string, count: string, members: readonly string[]): void {
    for (const member of members) {
      if (!this.#names.has(member) || this.#members.has(member)) {
        throw at('policy-member', line, `"${member}" is not defined above, or already in a group`);
      }
      this.#members.add(member);
    }
    const threshold = readThreshold(count, members.length);
    if (threshold === undefined) {
      throw at('policy-threshold', line, '"any", "all" or a number from 1 to that of the members');
    }
    this.#define(line, name);
    this.#groups.push({ name, threshold, members });
  }

  #setQuorum(line: number, name: string): void {
    if (this.#quorum !== undefined || (name !== NONE && !this.#names.has(name))) {
      throw at('policy-quorum', line, 'one quorum line that names what is defined above it');
    }
    this.#quorum = name;
  }

  #define(line: number, name: string): void {
    if (name === NONE || this.#names.has(name)) {
      throw at('policy-name', line, `"${name}" is taken; each witness and group has its own name`);
    }
    this.#names.add(name);
  }

  #readKey(
    line: number,
    vkey: string,
    type: number,
    others: readonly { readonly key: VerifierKey }[],
  ): VerifierKey {
    let key: VerifierKey;
    try {
      key = parseVerifierKey(vkey, this.#sha);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw at('policy-key', line, error.message);
    }
    if (key.type !== type) {
      throw at('policy-key', line, `a key of type ${type} belongs here, not of type ${key.type}`);
    }
    if (others.some((other) => isSameKey(other.key, key))) {
      throw at('policy-duplicate-key', line, 'the same public key stands on a line above');
    }
    return key;
  }
}

/** What makes two lines of one network: a second one would be passed over, whatever it says. */
function placeOf(anchor: TrustedAnchor): string {
  const { kind } = anchor;
  const words = formatTrustedAnchor(anchor).slice(1, kind === 'fabric' ? 4 : 3);
  return [kind, ...words].join(' ');
}

function readThreshold(word: string, members: number): number | undefined {
  if (members === 0) return undefined;
  if (word === 'any') return 1;
  if (word === 'all') return members;
  const threshold = /^[1-9][0-9]{0,4}$/.test(word) ? Number(word) : 0;
  return threshold >= 1 && threshold <= members ? threshold : undefined;
}

function badLine(line: number): Refusal {
  return at('policy-line', line, 'a line is log, witness, group or quorum with its own words');
}

function at(code: string, line: number, why: string): Refusal {
  return new Refusal(code, `Line ${line} of the policy: ${why}.`, { line });
}
