import { hex } from '../bytes.ts';
import { logNames, nameAt } from '../log-names.ts';
import { formatVerifierKey } from '../signed-note.ts';
import { parseTrustPolicy } from '../trust-policy.ts';
import type { VerifyOptions } from '../verdict.ts';
import type { Case, EventHead } from './case.ts';
import type { LayerBook } from './layers.ts';

/**
 * Layer 2: is it the ledger that this verifier trusts? A pinned key decides; without one, the key
 * remembered for the origin; without either, this is a first use and is said to be one.
 */
export function checkIdentity(opened: Case, options: VerifyOptions, layers: LayerBook): void {
  const { origin, vkey } = opened.bundle.log;
  if (opened.key.name !== origin || opened.checkpoint.origin !== origin) {
    const found = opened.key.name === origin ? opened.checkpoint.origin : opened.key.name;
    layers.fail(2, 'identity-origin-differs', { found, expected: origin }, '/log');
    return;
  }
  const stranger = eventOfOtherLog(opened);
  if (stranger !== undefined) {
    const { log: found, n } = stranger;
    layers.fail(2, 'event-log-differs', { found, expected: origin, n });
    return;
  }
  if (options.trust !== undefined) {
    const keys = parseTrustPolicy(options.trust, opened.primitives.sha256).logs.map(
      ({ key }) => key,
    );
    const sameName = keys.filter(({ name }) => name === origin);
    if (sameName.some((key) => formatVerifierKey(key) === vkey)) {
      layers.add(2, 'verified', { code: 'identity-pinned', params: { origin } });
    } else if (sameName.length > 0) {
      layers.fail(2, 'identity-other-key', { origin, fingerprint: fingerprint(opened) });
    } else {
      layers.fail(2, 'identity-other-log', { origin, expected: keys[0]?.name ?? '' });
    }
    return;
  }
  const remembered = options.remembered?.origin === origin ? options.remembered : undefined;
  if (remembered !== undefined && remembered.vkey !== vkey) {
    layers.fail(2, 'identity-other-key', { origin, fingerprint: fingerprint(opened) });
    return;
  }
  layers.add(
    2,
    'verified',
    remembered === undefined
      ? { code: 'identity-first-use', params: { origin, fingerprint: fingerprint(opened) } }
      : { code: 'identity-remembered', params: { origin } },
  );
}

/**
 * An event that is not of the log as it was called at its place. Of the chain only the statement's place is
 * proven; before it, events of a log before come first, then those of the log that took its place.
 */
function eventOfOtherLog({ bundle, openings, facts }: Case): EventHead | undefined {
  const names = logNames(bundle.log.origin, facts);
  let at = names.findIndex(({ from }) => from <= bundle.statement.index);
  for (const { event } of [...openings].reverse()) {
    at = names.findIndex(({ origin }, i) => i >= at && origin === event.log);
    if (at < 0) return event;
  }
  return facts.find(({ event, index }) => event.log !== nameAt(names, index))?.event;
}

/** First 16 hex digits of SHA-256 of the public key, in groups of four, to compare by eye. */
function fingerprint(opened: Case): string {
  const digits = hex(opened.primitives.sha256(opened.key.publicKey)).slice(0, 16);
  return digits.replace(/(....)(?=.)/g, '$1 ');
}
