import { hex, utf8 } from '../core/bytes.ts';
import { canonicalize, type Json } from '../core/canonical-json.ts';
import { parseCheckpoint } from '../core/checkpoint.ts';
import { sha256 } from '../core/primitives.ts';
import { formatTime } from '../core/time.ts';
import type { Command } from '../writer/messages.ts';
import type { Anchor } from './anchor-store.ts';

/** How the Idempotency-Keys of such commands begin; they are never forgotten. */
export const ANCHOR_KEYS = 'anchor/';

/** The command that logs an anchor, once however often it is given. */
export function confirmCommand(site: string, anchor: Anchor): Command {
  const { kind: chain, network, size, note, atMs } = anchor;
  const place: Json = JSON.parse(anchor.place);
  const root = hex(parseCheckpoint(note).root);
  const data = { chain, network, size, root, at: formatTime(atMs), place };
  const request = hex(sha256(utf8(canonicalize(data))));
  const idempotency = { key: `${ANCHOR_KEYS}${hex(sha256(utf8(anchor.place)))}/${size}`, request };
  return { do: 'confirm-anchor', site, anchor: data, idempotency };
}
