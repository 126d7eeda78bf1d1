import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { parseEvent } from '../../ledger/core/event.ts';
import type { SecretKeeper } from '../sign-in/secrets.ts';
import type { EndpointDoc, HookKey } from './records.ts';

/** Standard Webhooks: an Ed25519 public key as text. */
const PUBLIC = 'whpk_';
const SEED_BYTES = 32;

export interface Message {
  readonly id: string;
  readonly type: string;
  /** The very bytes that are sent and signed, as text. */
  readonly body: string;
}

/**
 * What is told of an event: which one, of whom, where to ask. It is thin: whoever reads it learns no name, no
 * amount and no reading, and asks the API, with rights of its own, for what it wants to know.
 */
export function messageOf(site: string, leaf: number, text: string): Message {
  const { account, at, data, id, n, type } = parseEvent(text);
  const about: Record<string, unknown> = { site, account, n, leaf, event: id };
  for (const name of ['meter', 'bridge', 'period'] as const) {
    if (typeof data[name] === 'string') about[name] = data[name];
  }
  if (type === 'statement.issued') about['statement'] = id;
  return { id: `msg_${id}`, type, body: JSON.stringify({ type, timestamp: at, data: about }) };
}

export function testMessage(site: string, endpoint: string, id: string, at: string): Message {
  const type = 'webhook.test';
  const body = JSON.stringify({ type, timestamp: at, data: { site, endpoint } });
  return { id: `msg_test_${id}`, type, body };
}

/** A new pair; the seed is sealed for this endpoint. */
export function newHookKey(keeper: SecretKeeper, endpoint: string): HookKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-SEED_BYTES);
  return {
    public: `${PUBLIC}${rawOf(publicKey).toString('base64')}`,
    secret: keeper.seal(seed, sealOwner(endpoint)),
  };
}

/**
 * The three headers of Standard Webhooks for one try, signed by each key that is valid now: while a key is
 * replaced, whoever knows either of them can verify.
 */
export function signedHeaders(
  keeper: SecretKeeper,
  { endpoint, keys }: Pick<EndpointDoc, 'endpoint' | 'keys'>,
  message: Pick<Message, 'id' | 'body'>,
  nowMs: number,
): Record<string, string> {
  const timestamp = Math.floor(nowMs / 1000);
  const signed = Buffer.from(`${message.id}.${timestamp}.${message.body}`);
  const signatures = keysAt(keys, nowMs).map(({ secret }) => {
    const key = privateKeyOf(keeper.open(secret, sealOwner(endpoint)));
    return `v1a,${sign(null, signed, key).toString('base64')}`;
  });
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}

/** Those that sign at that moment. */
export function keysAt(keys: readonly HookKey[], nowMs: number): HookKey[] {
  return keys.filter(({ untilMs }) => untilMs === undefined || untilMs > nowMs);
}

/** RFC 8037. */
export function jwkOf({ public: text }: HookKey): Record<string, string> {
  const x = Buffer.from(text.slice(PUBLIC.length), 'base64').toString('base64url');
  return { kty: 'OKP', crv: 'Ed25519', x, alg: 'EdDSA', use: 'sig' };
}

/** RFC 8410: the seed is what follows these bytes. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

function rawOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-SEED_BYTES);
}

function sealOwner(endpoint: string): string {
  return `webhook ${endpoint}`;
}
