import { join } from 'node:path';
import * as z from 'zod';
import { batchSigningInput } from '../ledger/core/batch.ts';
import { canonicalize } from '../ledger/core/canonical-json.ts';
import { Refusal } from '../ledger/core/refusal.ts';
import { formatTime } from '../ledger/core/time.ts';
import { type Files, realFiles, replaceFile } from './files.ts';
import { fingerprint, openSigningKey, type SigningKey, sha256Hex } from './signing-key.ts';

/** Who this bridge is to the ledger; `identity.json` in its data folder. */
export interface Identity {
  readonly bridge: string;
  /** RFC 7638 thumbprint of the enrolled key. */
  readonly kid: string;
  readonly epoch: number;
  /** Whether records were ever made in the epoch. */
  readonly begun: boolean;
}

export interface EnrolOptions {
  readonly url: string;
  readonly bridge: string;
  /** One-time token that the ledger's staff handed out. */
  readonly token: string;
  readonly dataDir: string;
  readonly nowMs: number;
  readonly fetch?: typeof fetch;
}

const IDENTITY = z.strictObject({
  bridge: z.string(),
  kid: z.string(),
  epoch: z.number().int().min(0),
  begun: z.boolean(),
});
const ENROLLED = z.object({ epoch: z.number().int().min(0), fingerprint: z.string().optional() });

export function keyFile(dataDir: string): string {
  return join(dataDir, 'device-key.pem');
}

/**
 * Makes the key if there is none, proves to the ledger that this bridge holds it, and notes the epoch
 * that it was given. The fingerprint of the answer is for the eye: print it on the cabinet.
 * Refuses `enrolment-refused` with what the ledger said.
 */
export async function enrolBridge(options: EnrolOptions) {
  const key = openSigningKey(keyFile(options.dataDir));
  const body = {
    token: options.token,
    jwk: key.jwk,
    proof: enrolmentProof(key, options.bridge, options.token, options.nowMs),
  };
  const path = `${options.url}/v1/bridges/${encodeURIComponent(options.bridge)}/enrol`;
  const response = await (options.fetch ?? fetch)(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  const answer = response.ok ? ENROLLED.safeParse(JSON.parse(text)) : undefined;
  if (!answer?.success) {
    throw new Refusal(
      'enrolment-refused',
      `The ledger did not enrol this bridge (${response.status}). Ask for a new token. ${text.slice(0, 300)}`,
      { status: response.status },
    );
  }
  const { epoch } = answer.data;
  const identity = { bridge: options.bridge, kid: key.kid, epoch, begun: false };
  writeIdentity(options.dataDir, identity);
  return { epoch, fingerprint: fingerprint(key.kid), kid: key.kid };
}

/**
 * Compact JWS of the new key over `{v, bridge, token, at}`, `token` being the SHA-256 of the one-time
 * token: the proof can be kept as evidence without giving the token away.
 */
export function enrolmentProof(key: SigningKey, bridge: string, token: string, nowMs: number) {
  const payload = { v: 1, bridge, token: sha256Hex(token), at: formatTime(nowMs) };
  const signingInput = batchSigningInput(key.kid, canonicalize(payload));
  return `${signingInput}.${key.sign(signingInput)}`;
}

/** Refuses `not-enrolled` when there is none, `bad-identity` when it is not this bridge's. */
export function readIdentity(
  dataDir: string,
  bridge: string,
  kid: string,
  files: Files = realFiles,
): Identity {
  let text: string;
  try {
    text = files.read(join(dataDir, 'identity.json')).toString();
  } catch {
    throw new Refusal('not-enrolled', 'Enrol this bridge first: run it once with --enrol TOKEN.');
  }
  const identity = parseIdentity(text);
  if (identity?.bridge !== bridge || identity.kid !== kid) {
    throw new Refusal(
      'bad-identity',
      'identity.json does not belong to this bridge and key. Enrol the bridge again.',
    );
  }
  return identity;
}

/** Returns once the identity is on disk: old or new, never half. */
export function writeIdentity(dataDir: string, identity: Identity, files: Files = realFiles): void {
  const path = join(dataDir, 'identity.json');
  replaceFile(files, dataDir, path, Buffer.from(JSON.stringify(identity))).close();
}

function parseIdentity(text: string): Identity | undefined {
  try {
    return IDENTITY.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
