import { randomBytes } from 'node:crypto';
import { REPLAY_BRIDGE } from '../core/batch.ts';
import { fromBase64url, fromUtf8, utf8 } from '../core/bytes.ts';
import { parseCanonicalObject } from '../core/canonical-json.ts';
import { type DeviceJwk, parseDeviceJwk, publicKeyBytes, thumbprint } from '../core/device-key.ts';
import type { Primitives } from '../core/primitives.ts';
import { Refusal } from '../core/refusal.ts';
import { ID } from '../core/shape.ts';
import type { CommandContext, CommandResult } from './commands.ts';
import { sha256Hex } from './fast-hash.ts';
import { siteAccount } from './group.ts';
import type { BridgeState, SiteState } from './site-state.ts';

export interface Enrolment {
  readonly bridge: string;
  readonly token: string;
  readonly jwk: unknown;
  /** Compact JWS by the new key over `{at, bridge, token, v}`, `token` hashed. */
  readonly proof: string;
}

/** Registers a bridge and makes its one-time enrolment token; only the token's hash is kept. */
export function createBridge(
  { group }: CommandContext,
  command: { readonly bridge: string },
): CommandResult {
  const { bridge } = command;
  if (!ID.test(bridge)) throw new Refusal('bad-bridge-id', 'A bridge id is like a meter id.');
  const token = randomBytes(24).toString('base64url');
  const tokenHash = sha256Hex(token);
  const state = group.state.bridge(bridge);
  state.tokenHash = tokenHash;
  state.dirty = true;
  const doc = JSON.stringify({ tokenHash, replay: bridge.startsWith(REPLAY_BRIDGE) });
  group.directory.push({ kind: 'bridge', id: bridge, doc });
  return { bridge, token };
}

/**
 * Enrols a device key: the token shows that the property asked for it, the proof that the bridge holds
 * the private key. The key becomes a fact of the site, and a new epoch begins.
 */
export function enrolDevice(
  { appender, group }: CommandContext,
  command: Enrolment,
  primitives: Primitives,
): CommandResult {
  const bridge = group.state.bridges.get(command.bridge);
  if (bridge === undefined) {
    throw new Refusal('bridge-unknown', `There is no bridge ${command.bridge.slice(0, 64)}.`, {
      bridge: command.bridge.slice(0, 64),
    });
  }
  const tokenHash = sha256Hex(command.token);
  if (bridge.tokenHash === '' || bridge.tokenHash !== tokenHash) {
    throw new Refusal(
      'enrolment-token',
      'The enrolment token is wrong or was used; make a new one.',
    );
  }
  const jwk = parseDeviceJwk(command.jwk);
  refuseBadProof(command, jwk, tokenHash, primitives);
  const kid = thumbprint(jwk, primitives.sha256);
  const epoch = nextEpoch(group.state, bridge);
  const account = siteAccount(group.state);
  const { n } = account;
  const data = {
    bridge: command.bridge,
    epoch,
    thumbprint: kid,
    jwk: { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y },
  };
  const leaf = appender.append(group, account, 'device.key-enrolled', data);
  bridge.tokenHash = '';
  bridge.epoch = epoch;
  bridge.keys.push({ kid, epoch, x: jwk.x, y: jwk.y, leaf, n });
  bridge.dirty = true;
  const doc = JSON.stringify({ kid, epoch });
  group.directory.push({ kind: 'bridge', id: command.bridge, doc });
  return { bridge: command.bridge, epoch, thumbprint: kid, fingerprint: grouped(kid), leaf };
}

/** After every epoch that the bridge has used: it may have opened some by itself. */
function nextEpoch({ meters }: SiteState, { bridge, epoch }: BridgeState): number {
  let last = epoch;
  for (const meter of meters.values()) {
    if (meter.bridge === bridge) last = Math.max(last, meter.epoch);
  }
  return last + 1;
}

function refuseBadProof(
  command: Enrolment,
  jwk: DeviceJwk,
  tokenHash: string,
  primitives: Primitives,
): void {
  const [header = '', payload = '', mac = '', ...rest] = command.proof.split('.');
  const bad = new Refusal('enrolment-proof', 'The proof is not signed by the key to be enrolled.');
  if (rest.length > 0) throw bad;
  try {
    const head = parseCanonicalObject(fromUtf8(fromBase64url(header)));
    const claim = parseCanonicalObject(fromUtf8(fromBase64url(payload)));
    const signature = fromBase64url(mac);
    const signed = primitives.verifyP256(
      publicKeyBytes(jwk),
      utf8(`${header}.${payload}`),
      signature,
    );
    const { bridge, token, v } = claim;
    const named = bridge === command.bridge && token === tokenHash && v === 1;
    if (!signed || !named || head['alg'] !== 'ES256') throw bad;
  } catch (error) {
    throw error instanceof Refusal ? bad : error;
  }
}

/** A fingerprint to print on the cabinet and compare by eye. */
function grouped(kid: string): string {
  return kid.replace(/(.{4})(?=.)/g, '$1 ');
}
