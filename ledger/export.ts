import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { KeyWrap } from './account-keys.ts';
import { equalBytes, hex } from './core/bytes.ts';
import { canonicalize } from './core/canonical-json.ts';
import type { SignedCheckpoint } from './core/checkpoint.ts';
import { eventText, SITE_ACCOUNT } from './core/event.ts';
import { EXPORT_FORMAT } from './core/export-check.ts';
import { Refusal } from './core/refusal.ts';
import { formatNote } from './core/signed-note.ts';
import { parseTime } from './core/time.ts';
import { readKek } from './log-keys.ts';
import {
  proveConsistency,
  proveInclusion,
  rootIfStored,
  treeBorder,
  treeReader,
} from './log-reader.ts';
import { successionsOf } from './log-successions.ts';
import { openExisting } from './store/location.ts';
import type { Segment, SiteRow, StoreReader, WrappedKey } from './store/port.ts';
import { readWitnessed } from './witness/witnessed-files.ts';
import { SaltKey } from './writer/fast-hash.ts';

export interface ExportOptions extends ExportedTime {
  readonly dataDir: string;
  readonly keysDir?: string | undefined;
  readonly kek?: Uint8Array | undefined;
}

export interface ExportedTime {
  readonly site: string;
  /** RFC 3339 UTC with milliseconds; events that took effect in [from, to). */
  readonly from: string;
  readonly to: string;
  readonly out: string;
}

export interface ExportSummary {
  readonly first: number;
  readonly end: number;
  readonly events: number;
  readonly records: number;
}

/** Opens salts of any account and year. */
type SaltOf = (account: string, at: string, n: number) => string;

/**
 * Writes the auditor's archive of a time: the shortest unbroken stretch of the log that holds every
 * event that took effect in it, with salts, the batches stored along with it, and the proofs that make
 * the stretch part of a signed checkpoint: the newest cosigned one if that holds it, else the newest. The
 * file appears whole or not at all. Refuses
 * `data-missing`, `key-file`, `site-unknown`, `nothing-to-export`, `no-checkpoint`, `key-erased`.
 */
export function exportPeriod(options: ExportOptions): ExportSummary {
  const { dataDir, keysDir = join(dataDir, 'keys') } = options;
  const store = openExisting({ kind: 'sqlite', dataDir });
  try {
    const kek = options.kek ?? readKek(keysDir);
    return exportStore(store, kek, readWitnessed(dataDir, options.site), options);
  } finally {
    store.close();
  }
}

/** The same of any store; `kept` is the newest cosigned checkpoint of the site, not yet believed. */
export function exportStore(
  store: StoreReader,
  kek: Uint8Array,
  kept: SignedCheckpoint | undefined,
  time: ExportedTime,
): ExportSummary {
  const site = store.sites().find((row) => row.site === time.site);
  if (site === undefined) {
    throw new Refusal('site-unknown', `There is no site ${time.site}.`, { site: time.site });
  }
  const salts = saltReader(store, site.site, new KeyWrap(kek));
  return writeExport(store, site, salts, { ...time, kept });
}

function writeExport(
  store: StoreReader,
  site: SiteRow,
  saltOf: SaltOf,
  options: ExportedTime & { readonly kept: SignedCheckpoint | undefined },
): ExportSummary {
  const newest = store.checkpoint(site.site);
  if (newest === undefined) {
    throw new Refusal('no-checkpoint', 'This log has signed no checkpoint yet.', {
      site: site.site,
    });
  }
  const stretch = findStretch(store, site.site, options, newest.size);
  const checkpoint = cosigned(store, site.site, stretch.end, options.kept) ?? newest;
  const read = treeReader(store, site.site, checkpoint.size);
  const { first, end } = stretch;
  const file = openSync(`${options.out}.new`, 'w', 0o600);
  const write = (value: unknown) => writeSync(file, `${canonicalize(value)}\n`);
  let records = 0;
  try {
    write({
      format: EXPORT_FORMAT,
      origin: site.origin,
      vkey: site.vkey,
      from: options.from,
      to: options.to,
      first,
      end,
      border: treeBorder(store, site.site, first).hashes.map(hex),
      checkpoint: checkpoint.note,
      consistency:
        end === checkpoint.size ? [] : proveConsistency(read, end, checkpoint.size).map(hex),
    });
    for (const { leaf, n, text } of [
      ...earlierKeys(store, site.site, first),
      ...successions(store, site),
    ]) {
      const { at }: { at: string } = JSON.parse(text);
      const proof = proveInclusion(read, leaf, checkpoint.size).map(hex);
      const salt = saltOf(SITE_ACCOUNT, at, n);
      write({ fact: { event: text, salt, index: leaf, proof } });
    }
    for (const segment of store.segments(site.site, stretch.segmentLeaf, stretch.segmentRecord)) {
      if (segment.firstLeaf >= end) break;
      records += writeSegment(segment, first, end, saltOf, write);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${options.out}.new`, options.out);
  return { first, end, events: end - first, records };
}

/** What a quorum cosigned, if it holds the stretch and is of this very log. */
function cosigned(
  store: StoreReader,
  site: string,
  end: number,
  kept: SignedCheckpoint | undefined,
): { readonly size: number; readonly note: string } | undefined {
  if (kept === undefined || kept.size < end) return undefined;
  const root = rootIfStored(store, site, kept.size);
  if (root === undefined || !equalBytes(root, kept.root)) return undefined;
  return { size: kept.size, note: formatNote(kept.note) };
}

/** Events first, since a key that signed a batch of this very segment was enrolled before it. */
function writeSegment(
  segment: Segment,
  first: number,
  end: number,
  saltOf: SaltOf,
  write: (value: unknown) => void,
): number {
  for (const [i, event] of segment.events.entries()) {
    const leaf = segment.firstLeaf + i;
    if (leaf < first || leaf >= end) continue;
    const { account, at, n }: { account: string; at: string; n: number } = JSON.parse(event);
    write({ event, salt: saltOf(account, at, n) });
  }
  let records = 0;
  for (const { jws, records: texts } of segment.batches) {
    write({ jws, records: texts });
    records += texts.length;
  }
  return records;
}

/** The stretch of leaves that holds all events of the time, and the segment that it begins in. */
function findStretch(store: StoreReader, site: string, options: ExportedTime, size: number) {
  const [fromMs, toMs] = [parseTime(options.from), parseTime(options.to)];
  let first = -1;
  let end = 0;
  let [segmentLeaf, segmentRecord] = [0, 0];
  for (const segment of store.segments(site, 0, 0)) {
    for (const [i, event] of segment.events.entries()) {
      const leaf = segment.firstLeaf + i;
      if (leaf >= size) break;
      const atMs = parseTime(/^\{"account":"[^"]*","at":"([^"]*)"/.exec(event)?.[1] ?? '');
      if (atMs < fromMs || atMs >= toMs) continue;
      if (first < 0) {
        first = leaf;
        segmentLeaf = segment.firstLeaf;
        segmentRecord = segment.firstRecord;
      }
      end = leaf + 1;
    }
  }
  if (first < 0) {
    throw new Refusal('nothing-to-export', 'No signed event took effect in this time.', {
      from: options.from,
      to: options.to,
    });
  }
  return { first, end, segmentLeaf, segmentRecord };
}

/** Device keys that were enrolled before the stretch: batches in it may be signed by them. */
function* earlierKeys(store: StoreReader, site: string, first: number) {
  const leaves = store.accountLeaves(site, SITE_ACCOUNT, 0, Number.MAX_SAFE_INTEGER);
  let n = -1;
  for (const text of store.readEvents(site, leaves)) {
    n += 1;
    const leaf = leaves[n] ?? 0;
    if (leaf >= first || !text.endsWith('"type":"device.key-enrolled","v":1}')) continue;
    yield { leaf, n, text };
  }
}

/** By which names the events of the stretch may be called, wherever that was decided. */
function successions(store: StoreReader, site: SiteRow) {
  return successionsOf(store, site).map(({ event, index }) => {
    return { leaf: index, n: event.n, text: eventText(event) };
  });
}

function saltReader(store: StoreReader, site: string, wrap: KeyWrap): SaltOf {
  const wrapped = new Map<string, WrappedKey>();
  for (const key of store.accountKeys(site)) wrapped.set(`${key.account}/${key.year}`, key);
  const open = new Map<string, SaltKey>();
  return (account, at, n) => {
    const id = `${account}/${Number(at.slice(0, 4))}`;
    let key = open.get(id);
    if (key === undefined) {
      const row = wrapped.get(id);
      if (row === undefined) {
        throw new Refusal(
          'key-erased',
          `The key of ${id} was erased; nobody can open its events.`,
          {
            account,
            year: Number(at.slice(0, 4)),
          },
        );
      }
      key = new SaltKey(wrap.unwrap(site, account, row.year, row.wrapped));
      open.set(id, key);
    }
    return key.salt(n);
  };
}
