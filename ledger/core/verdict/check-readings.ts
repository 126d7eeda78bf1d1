import { parseBatch, REPLAY_BRIDGE, verifyBatch } from '../batch.ts';
import { hashList } from '../bundle.ts';
import { hex, utf8 } from '../bytes.ts';
import { keyInEpoch, publicKeyBytes, thumbprint } from '../device-key.ts';
import { SITE_ACCOUNT } from '../event.ts';
import { keyEnrolled, readingHeld } from '../event-data.ts';
import { leafHash, rootFromInclusion } from '../merkle.ts';
import { ZERO_HASH } from '../reading.ts';
import { parseTime } from '../time.ts';
import type { Progress } from '../verdict.ts';
import type { Case, Record_ } from './case.ts';
import type { LayerBook } from './layers.ts';

/** Pointed-to reading: where it stands in `readings`. */
interface Placed {
  readonly record: Record_;
  readonly at: number;
}

/**
 * Layers 3 and 4. Authentic: each meter's records are one hash chain whose last link is under a batch
 * signature by a device key that the log enrolled. Complete: that chain has no gap, and its order,
 * serial, clock and statuses raise no doubt.
 */
export function* checkReadings(opened: Case, layers: LayerBook): Generator<Progress, void> {
  const chains = splitChains(opened.records);
  const total = chains.length + 1;
  let signed = 0;
  for (const [i, chain] of chains.entries()) {
    yield { layer: 3, done: i, total };
    checkLinks(chain, layers);
    layers.guard(3, () => {
      if (isSigned(opened, chain, i, layers)) signed += 1;
    });
    checkSerial(chain, layers);
  }
  if (opened.bundle.batches.length !== chains.length) {
    const params = { found: opened.bundle.batches.length, expected: chains.length };
    layers.fail(3, 'batch-missing', params, '/batches');
  }
  checkEnds(opened, chains, layers);
  checkStatuses(opened, chains, layers);
  const count = opened.records.length;
  if (signed === chains.length && !layers.failed(3)) {
    const params = {
      count,
      meters: new Set(chains.map(([first]) => first?.record.reading.meter)).size,
    };
    layers.add(3, 'verified', { code: 'readings-authentic', params });
  }
  if (!layers.failed(4)) {
    const params = { count, failedPolls: opened.failedPolls };
    layers.add(4, 'verified', { code: 'readings-complete', params });
  }
}

/** Records of one meter and epoch that follow each other; the next meter or epoch starts a new chain. */
function splitChains(records: readonly Record_[]): Placed[][] {
  const chains: Placed[][] = [];
  for (const [at, record] of records.entries()) {
    const chain = chains.at(-1);
    const last = chain?.at(-1)?.record.reading;
    const { meter, epoch } = record.reading;
    if (chain !== undefined && last?.meter === meter && last.epoch === epoch)
      chain.push({ record, at });
    else chains.push([{ record, at }]);
  }
  return chains;
}

function checkLinks(chain: readonly Placed[], layers: LayerBook): void {
  for (let i = 1; i < chain.length; i += 1) {
    const [before, here] = [chain[i - 1], chain[i]];
    if (before === undefined || here === undefined) continue;
    const [last, next] = [before.record.reading, here.record.reading];
    const pointer = `/readings/${here.at}`;
    if (next.seq > last.seq + 1) {
      const { meter } = next;
      const params = { meter, first: last.seq + 1, last: next.seq - 1, from: last.at, to: next.at };
      layers.fail(4, 'reading-gap', params, pointer);
      return;
    }
    if (next.seq !== last.seq + 1) {
      layers.fail(4, 'reading-order', { meter: next.meter, seq: next.seq }, pointer);
      return;
    }
    if (next.prev !== before.record.hash) {
      layers.fail(3, 'reading-chain-broken', { meter: next.meter, seq: next.seq }, pointer);
      return;
    }
  }
}

function isSigned(opened: Case, chain: readonly Placed[], i: number, layers: LayerBook): boolean {
  const entry = opened.bundle.batches[i];
  const last = chain.at(-1)?.record;
  if (entry === undefined || last === undefined) return false;
  const { primitives } = opened;
  const pointer = `/batches/${i}`;
  const batch = parseBatch(entry.jws);
  const { payload } = batch;
  const key = enrolledKey(opened, payload.bridge, batch.kid, payload.epoch);
  const { meter, seq } = last.reading;
  if (key === undefined || key.bridge !== payload.bridge) {
    layers.fail(3, 'device-key-unknown', { bridge: payload.bridge }, pointer);
    return false;
  }
  if (key.index >= opened.bundle.statement.index) {
    layers.fail(3, 'device-key-late', { bridge: payload.bridge, index: key.index }, pointer);
    return false;
  }
  if (!verifyBatch(batch, key.bytes, primitives)) {
    layers.fail(3, 'batch-signature', { bridge: payload.bridge, batch: payload.batch }, pointer);
    return false;
  }
  const leaf = leafHash(utf8(last.text), primitives.sha256);
  const path = hashList(entry.path);
  const root = rootFromInclusion(entry.index, payload.count, leaf, path, primitives.sha256);
  if (!root.ok || hex(root.root) !== payload.root) {
    layers.fail(3, 'batch-root', { meter, seq }, pointer);
    return false;
  }
  const stranger = chain.find(
    ({ record: { reading } }) =>
      reading.bridge !== payload.bridge || reading.epoch !== payload.epoch,
  );
  if (stranger !== undefined) {
    layers.fail(3, 'reading-other-bridge', { meter, seq: stranger.record.reading.seq }, pointer);
    return false;
  }
  if (payload.bridge.startsWith(REPLAY_BRIDGE)) opened.replayed = true;
  return true;
}

/** The key with which a bridge signs in an epoch, as far as the facts show, if it is this one. */
function enrolledKey(opened: Case, bridge: string, kid: string, signedEpoch: number) {
  const enrolled = opened.facts.flatMap(({ event, index }) => {
    if (event.type !== 'device.key-enrolled' || event.account !== SITE_ACCOUNT) return [];
    const data = keyEnrolled(event.data, '/data');
    return data.bridge === bridge ? [{ ...data, index }] : [];
  });
  const key = keyInEpoch(enrolled, signedEpoch);
  if (key === undefined || key.thumbprint !== kid) return undefined;
  const device = { crv: 'P-256', kty: 'EC', x: key.jwk.x, y: key.jwk.y } as const;
  if (thumbprint(device, opened.primitives.sha256) !== kid) return undefined;
  return { bridge, index: key.index, bytes: publicKeyBytes(device) };
}

/** The meter of a bill is one piece of hardware from the first record to the last. */
function checkSerial(chain: readonly Placed[], layers: LayerBook): void {
  const first = chain[0]?.record.reading;
  const other = chain.find(({ record }) => record.reading.serial !== first?.serial);
  if (first === undefined || other === undefined) return;
  const { meter, seq, serial } = other.record.reading;
  const params = { meter, seq, found: serial, expected: first.serial };
  layers.fail(4, 'serial-changed', params, `/readings/${other.at}`);
}

/** Each billed meter's records run from the statement's first to its last reading, and no others. */
function checkEnds(opened: Case, chains: readonly Placed[][], layers: LayerBook): void {
  const meters = opened.statement.meters.filter(({ from, to }) => from.hash !== to.hash);
  const groups = new Map<string, Placed[]>();
  for (const chain of chains) {
    const meter = chain[0]?.record.reading.meter ?? '';
    const group = groups.get(meter);
    const first = chain[0]?.record.reading;
    const last = group?.at(-1)?.record.reading;
    const isAnew = first?.seq === 0 && first.prev === ZERO_HASH && first.epoch > (last?.epoch ?? 0);
    if (group === undefined) groups.set(meter, [...chain]);
    else if (isAnew) group.push(...chain);
    else layers.fail(4, 'meter-split', { meter }, `/readings/${chain[0]?.at ?? 0}`);
  }
  for (const { meter, from, to } of meters) {
    const group = groups.get(meter);
    if (group === undefined) {
      layers.fail(4, 'readings-missing', { meter }, '/readings');
      continue;
    }
    if (group[0]?.record.hash !== from.hash || group.at(-1)?.record.hash !== to.hash) {
      const found = group[0]?.record.reading.seq ?? 0;
      const params = { meter, found, expected: from.seq };
      layers.fail(4, 'reading-ends-differ', params, `/readings/${group[0]?.at ?? 0}`);
    }
  }
  const order = meters.map(({ meter }) => meter).join();
  const found = [...groups.keys()].join();
  if (found !== order) layers.fail(4, 'meters-differ', { found, expected: order }, '/readings');
}

function checkStatuses(opened: Case, chains: readonly Placed[][], layers: LayerBook): void {
  const held = heldReadings(opened);
  const latest = new Map<string, number>();
  for (const chain of chains) {
    for (const { record, at } of chain) {
      const { status, clock, meter, seq, at: time } = record.reading;
      const pointer = `/readings/${at}`;
      if (status === 'timeout' || status === 'disconnected' || status === 'read-error') {
        opened.failedPolls += 1;
        continue;
      }
      if (held.has(record.hash)) continue;
      if (status !== 'good' && status !== 'substitute') {
        layers.fail(4, 'reading-status', { meter, seq, status }, pointer);
        continue;
      }
      if (clock === 'U') layers.fail(4, 'clock-unsynchronised', { meter, seq, at: time }, pointer);
      const ms = parseTime(time);
      if (ms <= (latest.get(meter) ?? Number.NEGATIVE_INFINITY)) {
        layers.fail(4, 'reading-time-order', { meter, seq, at: time }, pointer);
      }
      latest.set(meter, ms);
    }
  }
}

/** Hashes of records that the ledger set aside by a `reading.held` event in the opened chain. */
function heldReadings(opened: Case): ReadonlySet<string> {
  const hashes = new Set<string>();
  for (const { event, text } of opened.openings) {
    if (event.type !== 'reading.held') continue;
    hashes.add(readingHeld(dataOf(text), '/data').hash);
  }
  return hashes;
}

/** Data of an event whose text `openCase` has parsed and found canonical. */
export function dataOf(text: string): unknown {
  const parsed: { readonly data?: unknown } = JSON.parse(text);
  return parsed.data;
}
