import { KeyWrap } from './account-keys.ts';
import type { CheckpointStore, LastCheckpoint } from './checkpoint-store.ts';
import { Checkpointer } from './checkpointer.ts';
import { hex } from './core/bytes.ts';
import { parseCheckpoint, verifyCheckpoint } from './core/checkpoint.ts';
import { Refusal } from './core/refusal.ts';
import { ID, shown } from './core/shape.ts';
import { formatVerifierKey, parseVerifierKey } from './core/signed-note.ts';
import { rootAt } from './log-reader.ts';
import { namesOf } from './log-successions.ts';
import { nativePrimitives } from './native-primitives.ts';
import type { NoteSigner } from './note-signer.ts';
import type { SiteRow, Store, StoreReader } from './store/port.ts';
import { Writer } from './writer/writer.ts';

/** What a succession would do: nothing is changed by knowing it. */
export interface SuccessionPlan {
  readonly site: string;
  /** Name of the log that is to come. */
  readonly origin: string;
  /** The log whose place it takes, and what that one signed at last. */
  readonly before: { readonly origin: string; readonly vkey: string };
  readonly signed: LastCheckpoint;
  /** The events that are there: the first ones of both logs. */
  readonly kept: { readonly size: number; readonly root: string };
}

/** Who has decided it, as a role or a pseudonym, and why, in words that anybody may read. */
export interface Decision {
  readonly by: string;
  readonly reason: string;
}

const readReason = shown(1, 500);

/**
 * Looks whether the log of a site may be succeeded: only where events that it signed are not there. Under
 * its own name it must never publish another tree of a size that it has signed. Refuses `site-unknown`,
 * `bad-origin`, `origin-used`, `log-not-behind`, `log-forked`, `last-checkpoint-invalid`.
 */
export function planSuccession(
  store: StoreReader,
  last: CheckpointStore,
  { site, origin }: { readonly site: string; readonly origin: string },
): SuccessionPlan {
  const row = store.sites().find((known) => known.site === site);
  if (row === undefined) {
    throw new Refusal('site-unknown', `There is no site ${site.slice(0, 64)}.`, {
      site: site.slice(0, 64),
    });
  }
  refuseUsed(store, last, row, origin);
  const { leaves } = store.size(site);
  const signed = last.fetch(row.origin);
  if (signed === undefined || leaves >= signed.size) {
    throw new Refusal(
      'log-not-behind',
      `All ${signed?.size ?? 0} events that log ${row.origin} has signed are here: start the service.`,
      { signed: signed?.size ?? 0, stored: leaves },
    );
  }
  refuseOtherTree(store, row);
  const note = parseCheckpoint(signed.note);
  const verified = verifyCheckpoint(note, parseVerifierKey(row.vkey), nativePrimitives());
  if (!verified.ok || note.size !== signed.size || hex(note.root) !== signed.root) {
    throw new Refusal(
      'last-checkpoint-invalid',
      'The last checkpoint is not signed by the key of this log; run fsck.',
      { site },
    );
  }
  const { origin: name, vkey } = row;
  const kept = { size: leaves, root: hex(rootAt(store, site, leaves)) };
  return { site, origin, before: { origin: name, vkey }, signed, kept };
}

export interface SuccessionParts {
  /** Of the one who owns it: no service writes meanwhile. */
  readonly store: Store;
  readonly last: CheckpointStore;
  /** A new key for the log of this name, kept where the service finds it. */
  readonly makeKey: (site: string, origin: string) => NoteSigner;
  readonly kek: Uint8Array;
  readonly now: () => number;
}

/**
 * Lets the site go on with a new log, under a new name and key, that has the events that are there and
 * says so in its next one. Answers its first checkpoint. The old key is not touched and the last
 * checkpoint of the old log stays where it is. After an error it may be called again; once the event is
 * stored, a start of the service does the rest.
 */
export function succeed(
  { store, last, makeKey, kek, now }: SuccessionParts,
  plan: SuccessionPlan,
  { by, reason }: Decision,
): string {
  const { site, origin, before, signed, kept } = plan;
  if (!ID.test(by)) {
    throw new Refusal('bad-decider', 'Name a role, such as operator; no name of a person.', {});
  }
  readReason(reason, '/reason');
  const signer = makeKey(site, origin);
  const wrap = new KeyWrap(kek);
  const writer = new Writer({
    store,
    now,
    wrap: (of, account, year, key) => wrap.wrap(of, account, year, key),
    unwrap: (of, account, year, wrapped) => wrap.unwrap(of, account, year, wrapped),
    primitives: nativePrimitives(),
  });
  const data = { vkey: before.vkey, checkpoint: signed.note, kept, by, reason };
  const tree = writer.succeed(site, { origin, vkey: formatVerifierKey(signer.key) }, data);
  return new Checkpointer(site, signer, last, store).publish(tree, now());
}

/** A name that any log had, here or in the store of last checkpoints, is never given again. */
function refuseUsed(store: StoreReader, last: CheckpointStore, row: SiteRow, origin: string): void {
  if (!/^[a-z0-9][a-z0-9.:/_-]{0,254}$/.test(origin)) {
    throw new Refusal('bad-origin', 'An origin is a URL without its scheme, in lowercase.');
  }
  const isUsed =
    last.fetch(origin) !== undefined ||
    store.sites().some((known) => known.origin === origin) ||
    namesOf(store, row).some((name) => name.origin === origin);
  if (!isUsed) return;
  throw new Refusal('origin-used', `There was a log named ${origin}; take another name.`, {
    origin,
  });
}

/** What is kept must be of the old log, as far as this store can tell. */
function refuseOtherTree(store: StoreReader, { site }: SiteRow): void {
  const newest = store.checkpoint(site);
  if (newest === undefined) return;
  const { size, root } = parseCheckpoint(newest.note);
  if (size <= store.size(site).leaves && hex(rootAt(store, site, size)) === hex(root)) return;
  throw new Refusal(
    'log-forked',
    `The events here are not those of the checkpoint ${size} that is stored with them; run fsck.`,
    { size },
  );
}
