import type { BundleParts } from '../support/forge.ts';
import { ForgedDevice } from '../support/forged-device.ts';
import { type Attack, edited, editItem, editList, honestSite, swap } from './attack.ts';

interface BatchPart {
  readonly jws: string;
  readonly index: number;
  readonly path: readonly string[];
}

/** A record with another hash is in no charge any more, and its charge finds it no more. */
const LOOSE = { 4: 'reading-skipped', 5: 'reading-not-in-bundle' };
const ENDS = { 4: 'reading-ends-differ', 5: 'reading-not-in-bundle' };
const LOST = { 5: 'reading-not-in-bundle' };

const inReading = (at: number, from: string, to: string) => (parts: BundleParts) =>
  editItem(parts, 'readings', at, (text) => swap(text, from, to));
const inReadings = (edit: (records: string[]) => readonly unknown[]) => (parts: BundleParts) =>
  editList(parts, 'readings', edit);
const inBatch = (change: (batch: BatchPart) => BatchPart) => (parts: BundleParts) =>
  editList<BatchPart>(parts, 'batches', (batches) => batches.map(change));

const REGISTERS = '"registers":{"1-0:1.8.0":{"unit":"kWh","value":"102.40"}}';

/** Readings and batches, edited by whoever has the file. Records: start, border, 1, failed, 2, 3, 4. */
export const editedReadings: readonly Attack[] = [
  edited('value raised', [3, 'reading-chain-broken', LOOSE], inReading(2, '"102.35"', '"102.85"')),
  edited('time of a reading', [3, 'reading-chain-broken', LOOSE], inReading(2, '03T02:', '03T01:')),
  edited('unit of a reading', [3, 'reading-chain-broken', LOOSE], inReading(2, '"kWh"', '"MWh"')),
  edited('ratio of a reading', [3, 'reading-chain-broken', LOOSE], inReading(2, '"10"', '"20"')),
  edited(
    'serial number in a reading',
    [3, 'reading-chain-broken', { ...LOOSE, 4: 'serial-changed' }],
    inReading(2, 'S-m-1', 'S-m-9'),
  ),
  edited(
    'raw words of a reading',
    [3, 'reading-chain-broken', LOOSE],
    inReading(2, '"0000', '"0001'),
  ),
  edited('clock of a reading', [3, 'reading-chain-broken', LOOSE], inReading(2, '"S"', '"I"')),
  edited('last value raised', [3, 'batch-root', ENDS], inReading(-1, '"105.10"', '"106.10"')),
  edited(
    'first value lowered',
    [3, 'reading-chain-broken', ENDS],
    inReading(0, '"101.20"', '"100.20"'),
  ),
  edited(
    'reading left out',
    [4, 'reading-gap', LOST],
    inReadings((r) => r.toSpliced(2, 1)),
  ),
  edited(
    'failed poll left out',
    [4, 'reading-gap'],
    inReadings((r) => r.toSpliced(3, 1)),
  ),
  edited(
    'first reading left out',
    [4, 'reading-ends-differ', LOST],
    inReadings((r) => r.slice(1)),
  ),
  edited(
    'last reading left out',
    [4, 'reading-ends-differ', { ...LOST, 3: 'batch-root' }],
    inReadings((r) => r.slice(0, -1)),
  ),
  edited(
    'readings in another order',
    [4, 'reading-gap'],
    inReadings((r) => [...r.slice(0, 2), ...r.slice(2, 4).reverse(), ...r.slice(4)]),
  ),
  edited(
    'reading twice',
    [4, 'reading-order'],
    inReadings((r) => [...r.slice(0, 3), ...r.slice(2)]),
  ),
  edited('no reading', [4, 'readings-missing', LOST], (p) => ({ ...p, readings: [], batches: [] })),
  edited(
    "neighbour's reading in the place of one",
    [4, 'meter-split', { 3: 'batch-root', 5: 'reading-not-in-bundle' }],
    inReadings((r) => r.toSpliced(2, 1, recordOf('m-2'))),
  ),
  edited(
    "neighbour's readings in the place of all",
    [4, 'readings-missing', { 3: 'batch-root', 5: 'reading-not-in-bundle' }],
    inReadings(() => [recordOf('m-2')]),
  ),
  edited(
    'failed poll given a value',
    [1, 'bad-reading'],
    inReading(3, '"seq"', `${REGISTERS},"seq"`),
  ),
  edited('failed poll called good', [1, 'bad-reading'], inReading(3, '"timeout"', '"good"')),
  edited('unknown member in a reading', [1, 'bad-reading'], inReading(2, '"v":1', '"v":1,"x":1')),
  edited('reading of version 2', [1, 'bad-reading'], inReading(2, '"v":1', '"v":2')),
  edited('value -0', [1, 'bad-reading'], inReading(2, '"102.35"', '"-0"')),
  edited('value 1e2', [1, 'bad-reading'], inReading(2, '"102.35"', '"1e2"')),
  edited(
    'signature of a batch',
    [3, 'batch-signature'],
    inBatch((b) => ({ ...b, jws: turned(b.jws) })),
  ),
  edited(
    'batch cut off',
    [3, 'bad-batch'],
    inBatch((b) => ({ ...b, jws: b.jws.slice(0, -20) })),
  ),
  edited(
    'unknown member in a batch',
    [3, 'bad-batch'],
    inBatch((b) => ({ ...b, jws: widened(b.jws) })),
  ),
  edited(
    'batch without a signature',
    [3, 'bad-batch'],
    inBatch((b) => ({ ...b, jws: unsigned(b.jws) })),
  ),
  edited(
    'path of another record',
    [3, 'batch-root'],
    inBatch((b) => ({ ...b, path: b.path.toReversed() })),
  ),
  edited(
    'place of another record',
    [3, 'batch-root'],
    inBatch((b) => ({ ...b, index: b.index - 1 })),
  ),
  edited(
    'path cut short',
    [3, 'batch-root'],
    inBatch((b) => ({ ...b, path: b.path.slice(1) })),
  ),
  edited(
    'path drawn out',
    [3, 'batch-root'],
    inBatch((b) => ({ ...b, path: [...b.path, ...b.path] })),
  ),
  edited('no batch', [3, 'batch-missing'], (p) => ({ ...p, batches: [] })),
  edited('a batch too many', [3, 'batch-missing'], (p) =>
    editList(p, 'batches', (b) => [...b, ...b]),
  ),
  edited(
    "batch by the outsider's own key",
    [3, 'device-key-unknown'],
    inBatch(() => strangersBatch()),
  ),
];

function recordOf(meter: string): string {
  return honestSite().device.records.find(({ reading }) => reading.meter === meter)?.text ?? '';
}

/** The honest records, signed by a key of nobody. */
function strangersBatch(): BatchPart {
  const mallory = new ForgedDevice('br-1', 'mallory');
  const [first, ...rest] = honestSite().device.records.map(({ reading }) => mallory.add(reading));
  const last = rest.findLast(({ reading }) => reading.meter === 'm-1') ?? first;
  if (last === undefined) throw new Error('there are records');
  return mallory.signed(last);
}

function turned(jws: string): string {
  return `${jws.slice(0, -10)}${jws.at(-10) === 'A' ? 'B' : 'A'}${jws.slice(-9)}`;
}

function widened(jws: string): string {
  const [header = '', payload = '', signature = ''] = jws.split('.');
  const wide = atob(payload.replaceAll('-', '+').replaceAll('_', '/')).replace('}', ',"x":1}');
  return [header, btoa(wide).replace(/=+$/, ''), signature].join('.');
}

/** `alg` none, as in the oldest trick against JOSE. */
function unsigned(jws: string): string {
  return `${btoa('{"alg":"none"}').replace(/=+$/, '')}.${jws.split('.')[1]}.`;
}
