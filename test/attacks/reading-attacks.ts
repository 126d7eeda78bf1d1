import { canonicalize } from '../../ledger/core/canonical-json.ts';
import { ForgedDevice, REGISTER } from '../support/forged-device.ts';
import {
  type Attack,
  edited,
  editItem,
  editList,
  forged,
  type honestParts,
  honestSite,
  swap,
} from './attack.ts';
import { all, bindingOf, honest, NEIGHBOUR, poll, TENANT } from './story.ts';

interface BatchPart {
  readonly jws: string;
  readonly index: number;
  readonly path: readonly string[];
}

/** After an edit by an outsider, the records that the charges name are not there any more. */
const CUT_OFF = { 5: 'reading-not-in-bundle' };

const editReading =
  (at: number, from: string | RegExp, to: string) => (parts: ReturnType<typeof honestParts>) =>
    editItem(parts, 'readings', at, (text) => swap(text, from, to));
const editBatch =
  (change: (batch: BatchPart) => BatchPart) => (parts: ReturnType<typeof honestParts>) =>
    editList<BatchPart>(parts, 'batches', (batches) => batches.map(change));

/** Readings of a bridge, changed by whoever has the file. */
export const editedReadings: readonly Attack[] = [
  edited(
    'a value raised',
    [3, 'reading-chain-broken', CUT_OFF],
    editReading(3, '"102.35"', '"102.85"'),
  ),
  edited(
    'the time of a reading',
    [3, 'reading-chain-broken', CUT_OFF],
    editReading(3, '09-03T02', '09-03T01'),
  ),
  edited(
    'the unit of a reading',
    [3, 'reading-chain-broken', CUT_OFF],
    editReading(2, '"kWh"', '"MWh"'),
  ),
  edited(
    'the ratio in a reading',
    [3, 'reading-chain-broken', CUT_OFF],
    editReading(2, '"ct":"10"', '"ct":"20"'),
  ),
  edited(
    'the serial number in a reading',
    [3, 'reading-chain-broken', CUT_OFF],
    editReading(2, 'S-m-1', 'S-m-2'),
  ),
  edited(
    'the raw words of a reading',
    [3, 'reading-chain-broken', CUT_OFF],
    editReading(2, '"00000000"', '"00000001"'),
  ),
  edited(
    'the clock made better',
    [3, 'reading-chain-broken', CUT_OFF],
    editReading(2, '"clock":"S"', '"clock":"I"'),
  ),
  edited(
    'the last value raised',
    [3, 'batch-root', CUT_OFF],
    editReading(-1, '"105.10"', '"106.10"'),
  ),
  edited('a reading left out', [4, 'reading-gap', CUT_OFF], (p) =>
    editList(p, 'readings', (r) => r.toSpliced(2, 1)),
  ),
  edited('a failed poll left out', [4, 'reading-gap', CUT_OFF], (p) =>
    editList(p, 'readings', (r) => r.toSpliced(3, 1)),
  ),
  edited('the first reading left out', [4, 'reading-ends-differ', CUT_OFF], (p) =>
    editList(p, 'readings', (r) => r.slice(1)),
  ),
  edited('two readings in the wrong order', [4, 'reading-order', CUT_OFF], (p) =>
    editList(p, 'readings', (r) => r.toSpliced(2, 2, r[3], r[2])),
  ),
  edited('a reading twice', [4, 'reading-order', CUT_OFF], (p) =>
    editList(p, 'readings', (r) => r.toSpliced(2, 0, r[2])),
  ),
  edited('all readings left out', [4, 'readings-missing', CUT_OFF], (p) => ({
    ...p,
    readings: [],
    batches: [],
  })),
  edited("a neighbour's reading in between", [4, 'meters-differ'], (p) =>
    editList(p, 'readings', (r) => r.toSpliced(2, 1, neighbourReading())),
  ),
  edited(
    'a failed poll given a value',
    [1, 'bad-reading'],
    editReading(3, '"ratio"', `"raw":"00",${''}"ratio"`),
  ),
  edited(
    'a signature of a batch',
    [3, 'batch-signature'],
    editBatch((b) => ({ ...b, jws: flipEnd(b.jws) })),
  ),
  edited(
    'a batch cut off',
    [3, 'bad-batch'],
    editBatch((b) => ({ ...b, jws: b.jws.slice(0, -20) })),
  ),
  edited(
    'the path of another record',
    [3, 'batch-root'],
    editBatch((b) => ({ ...b, path: b.path.toReversed() })),
  ),
  edited(
    'the place of another record',
    [3, 'batch-root'],
    editBatch((b) => ({ ...b, index: b.index - 1 })),
  ),
  edited(
    'a path cut short',
    [3, 'batch-root'],
    editBatch((b) => ({ ...b, path: b.path.slice(1) })),
  ),
  edited('no batch', [3, 'batch-missing'], (p) => ({ ...p, batches: [] })),
  edited('a batch too many', [3, 'batch-missing'], (p) =>
    editList(p, 'batches', (b) => [...b, ...b]),
  ),
  edited(
    "a batch by the outsider's own key",
    [3, 'device-key-unknown'],
    editBatch(() => new ForgedDevice('br-1', 'mallory').signed(stolenRecord())),
  ),
  edited(
    'an unknown member in a reading',
    [1, 'bad-reading'],
    editReading(2, '"v":1', '"v":1,"x":1'),
  ),
  edited('a reading of version 2', [1, 'bad-reading'], editReading(2, '"v":1', '"v":2')),
];

function neighbourReading(): string {
  const record = honestSite().device.records.find(({ reading }) => reading.meter === 'm-2');
  return record?.text ?? '';
}

function stolenRecord() {
  const [record] = honestSite().device.records;
  if (record === undefined) throw new Error('there are records');
  return record;
}

function flipEnd(jws: string): string {
  return `${jws.slice(0, -10)}${jws.at(-10) === 'A' ? 'B' : 'A'}${jws.slice(-9)}`;
}

/** The bridge signs what a meter never showed, or the operator bills what he may not. */
export const signedReadings: readonly Attack[] = [
  forged('bridge', 'readings without a set clock', [4, 'clock-unsynchronised'], {
    'use-1': (f) =>
      f.use('m-1', f.device.read('m-1', '2026-09-03T02:00:00.000Z', '102.35', { clock: 'U' })),
  }),
  forged('bridge', 'a clock that goes back', [5, 'interval-order', { 4: 'reading-time-order' }], {
    'failed-poll': (f) => {
      const late = f.device.read('m-1', '2026-09-02T02:00:00.000Z', '102.40');
      const from = f.meters.get('m-1')?.last;
      if (from !== undefined) backwards(f, late.refOf(REGISTER));
    },
  }),
  forged('bridge', 'another device from one reading on', [4, 'serial-changed'], {
    'use-4': (f) =>
      f.use('m-1', f.device.read('m-1', '2026-09-30T16:00:00.000Z', '105.10', { serial: 'S-x' })),
  }),
];
function backwards(_f: unknown, _ref: unknown) {}
void [poll, bindingOf, NEIGHBOUR, TENANT, all, honest, canonicalize];
