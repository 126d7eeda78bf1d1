import type { Forger } from '../support/forge.ts';
import { ForgedDevice, REGISTER } from '../support/forged-device.ts';
import { type Attack, forged, honestSite } from './attack.ts';
import { all, bindingOf, NEIGHBOUR, poll, type Step, TENANT } from './story.ts';

type ReadingLie = NonNullable<Parameters<ForgedDevice['read']>[3]>;

/** A reading that the bridge signs, and the operator bills. */
const lying =
  (at: string, value: string, lie: ReadingLie): Step =>
  (f) =>
    f.use('m-1', f.device.read('m-1', at, value, lie));
const USE_1 = ['2026-09-03T02:00:00.000Z', '102.35'] as const;

/** A reading that is not charged. */
const unbilled =
  (at: string, value: string, lie?: ReadingLie): Step =>
  (f) =>
    void f.device.read('m-1', at, value, lie);

const hold =
  (reason: string, at = -1): Step =>
  (f) => {
    const record = f.device.records.filter(({ reading }) => reading.meter === 'm-1').at(at);
    const { seq } = record?.reading ?? {};
    const data = { meter: 'm-1', seq: seq ?? 0, reason, hash: record?.hash ?? '' };
    f.write(TENANT, 'reading.held', '2026-09-03T02:00:00.000Z', data);
  };

/** Billing starts again at an older record of the meter. */
const release =
  (seq: number): Step =>
  (f) => {
    const record = recordOf(f, seq);
    const data = { meter: 'm-1', seq, hash: record.hash };
    f.write(TENANT, 'reading.released', '2026-09-05T15:00:00.000Z', data);
    const meter = f.meters.get('m-1');
    if (meter !== undefined) meter.last = record.refOf(REGISTER);
  };

function recordOf(f: Forger, seq: number) {
  const own = f.device.records.filter(({ reading }) => reading.meter === 'm-1');
  const record = own[seq];
  if (record === undefined) throw new Error(`there is no record ${seq}`);
  return record;
}

const { modulus: _, ...withoutModulus } = bindingOf('m-1');

const enrolled = (lie: Parameters<Forger['enrol']>[2]) => ({
  enrol: (f: Forger) => f.enrol('2026-08-01T01:00:00.000Z', f.device, lie),
});

/** A device of the operator's own making signs what no meter showed. */
const impostor = new ForgedDevice('br-1', 'impostor');
const resigned = (parts: Record<string, unknown>, f: Forger) => {
  const last = f.device.records.findLast(({ reading }) => reading.meter === 'm-1');
  impostor.records.splice(0, impostor.records.length, ...f.device.records);
  return last === undefined ? parts : { ...parts, batches: [impostor.signed(last)] };
};

/** Readings that are signed and logged, and must not be billed all the same. */
export const signedReadings: readonly Attack[] = [
  forged('bridge', 'clock not set', [4, 'clock-unsynchronised'], {
    'use-1': lying(...USE_1, { clock: 'U' }),
  }),
  forged('bridge', 'time that goes back', [4, 'reading-time-order', { 5: 'interval-mismatch' }], {
    'failed-poll': poll('2026-09-03T01:00:00.000Z', '102.40'),
  }),
  forged('bridge', 'another device from here on', [4, 'serial-changed'], {
    'use-4': lying('2026-09-30T16:00:00.000Z', '105.10', { serial: 'S-x' }),
  }),
  forged('operator', 'another device than the one on record', [4, 'serial-differs'], {
    install: (f) =>
      f.install(TENANT, '2026-08-28T02:00:00.000Z', bindingOf('m-1', { serial: 'S-x' })),
  }),
  forged('operator', 'another bridge than the one on record', [3, 'bridge-differs'], {
    install: (f) =>
      f.install(TENANT, '2026-08-28T02:00:00.000Z', bindingOf('m-1', { bridge: 'br-2' })),
  }),
  forged('bridge', 'ratio of the record', [5, 'ratio-differs'], {
    'use-1': lying(...USE_1, { ratio: { ct: '20', pt: '1' } }),
  }),
  forged('bridge', 'unit of the record', [5, 'unit-differs'], {
    'use-1': lying(...USE_1, { registers: { [REGISTER]: { unit: 'Wh', value: '102.35' } } }),
  }),
  forged('bridge', 'registers swapped', [5, 'register-differs'], {
    'use-1': lying(...USE_1, { registers: { '1-0:2.8.0': { unit: 'kWh', value: '102.35' } } }),
  }),
  forged('bridge', 'gap in the sequence', [4, 'reading-gap'], {
    'use-1': lying(...USE_1, { seq: 4 }),
  }),
  forged('bridge', 'sequence that goes back', [4, 'reading-order'], {
    'use-1': lying(...USE_1, { seq: 1 }),
  }),
  forged('bridge', 'chain of another meter', [3, 'reading-chain-broken'], {
    'use-1': lying(...USE_1, { prev: 'ab'.repeat(32) }),
  }),
  forged(
    'bridge',
    'record of another bridge in the chain',
    [3, 'reading-other-bridge', { 3: 'reading-other-bridge' }],
    {
      'failed-poll': (f) =>
        void f.device.read('m-1', '2026-09-04T02:00:00.000Z', undefined, { bridge: 'br-2' }),
    },
  ),
  forged('bridge', 'reset passed over', [4, 'reading-status'], {
    'failed-poll': (f) =>
      void f.device.read('m-1', '2026-09-04T02:00:00.000Z', undefined, { status: 'reset' }),
  }),
  forged('bridge', 'meter exchanged and passed over', [4, 'reading-status'], {
    'failed-poll': (f) =>
      void f.device.read('m-1', '2026-09-04T02:00:00.000Z', undefined, { status: 'exchanged' }),
  }),
  forged('operator', 'rollover of a register that has no end', [5, 'register-fell'], {
    install: (f) => f.install(TENANT, '2026-08-28T02:00:00.000Z', withoutModulus),
    'use-1': poll('2026-09-03T02:00:00.000Z', '2.35'),
    'use-2': poll('2026-09-05T14:30:00.000Z', '2.95'),
    'use-3': poll('2026-09-12T02:00:00.000Z', '4.35'),
    'use-4': poll('2026-09-30T16:00:00.000Z', '5.10'),
  }),
  forged('operator', 'rollover that takes too much', [5, 'register-fell'], {
    install: (f) =>
      f.install(TENANT, '2026-08-28T02:00:00.000Z', bindingOf('m-1', { modulus: '110.00' })),
    'use-1': poll('2026-09-03T02:00:00.000Z', '22.35'),
    'use-2': poll('2026-09-05T14:30:00.000Z', '22.95'),
    'use-3': poll('2026-09-12T02:00:00.000Z', '24.35'),
    'use-4': poll('2026-09-30T16:00:00.000Z', '25.10'),
  }),
  forged('operator', 'good reading skipped to move the time of use', [4, 'reading-skipped'], {
    'use-2': unbilled('2026-09-05T14:30:00.000Z', '102.95'),
  }),
  forged('operator', 'good reading set aside to move the time of use', [4, 'hold-unfounded'], {
    'use-2': all(unbilled('2026-09-05T14:30:00.000Z', '102.95'), hold('jump')),
  }),
  forged('operator', 'reading set aside and charged all the same', [5, 'interval-mismatch'], {
    'use-2': (f) => {
      const lie = { clock: 'U' } as const;
      const record = f.device.read('m-1', '2026-09-05T14:30:00.000Z', '102.95', lie);
      hold('clock-unsynchronised')(f);
      f.use('m-1', record);
    },
  }),
  forged('operator', 'hold with a reason of another record', [4, 'hold-unfounded'], {
    'use-2': all(unbilled('2026-09-05T14:30:00.000Z', '102.95', { clock: 'U' }), hold('reset')),
  }),
  forged('operator', 'hold with a made-up reason', [4, 'hold-unfounded'], {
    'use-2': all(unbilled('2026-09-05T14:30:00.000Z', '102.95'), hold('gone')),
  }),
  forged(
    'operator',
    'reading that was charged is set aside after all',
    [4, 'hold-unfounded', { 5: 'interval-mismatch' }],
    {
      'use-2': all(poll('2026-09-05T14:30:00.000Z', '102.95'), hold('clock-step')),
    },
  ),
  forged(
    'operator',
    'release of an old reading to charge its use again',
    [5, 'interval-mismatch'],
    {
      'neighbour-use': release(1),
    },
  ),
  forged('operator', 'release of a reading that was never set aside', [4, 'reading-skipped'], {
    'use-2': all(
      unbilled('2026-09-05T14:30:00.000Z', '102.95'),
      unbilled('2026-09-05T14:40:00.000Z', '102.96'),
      release(6),
    ),
  }),
  forged('operator', 'register that fell, started again without a word', [5, 'interval-mismatch'], {
    'failed-poll': all(
      unbilled('2026-09-04T02:00:00.000Z', '102.36', { status: 'substitute' }),
      (f) => {
        const meter = f.meters.get('m-1');
        if (meter !== undefined) meter.last = recordOf(f, 4).refOf(REGISTER);
      },
    ),
  }),
  forged('operator', 'charge twice', [5, 'interval-mismatch'], {
    'use-1': all(poll(...USE_1), (f) =>
      f.use('m-1', recordOf(f, 3), { from: recordOf(f, 2).refOf(REGISTER) }),
    ),
  }),
  forged('operator', 'charge from an earlier reading', [5, 'interval-mismatch'], {
    'use-1': (f) =>
      f.use('m-1', f.device.read('m-1', ...USE_1), { from: recordOf(f, 1).refOf(REGISTER) }),
  }),
  forged('operator', 'charge of a reading from before the bill', [5, 'reading-not-in-bundle'], {
    'use-1': (f) =>
      f.use('m-1', f.device.read('m-1', ...USE_1), { from: recordOf(f, 0).refOf(REGISTER) }),
  }),
  forged('operator', "charge of the neighbour's reading", [5, 'reading-not-in-bundle'], {
    'neighbour-use': (f) =>
      f.use('m-1', f.device.read('m-2', '2026-09-06T02:00:00.000Z', '507.00')),
  }),
  forged('operator', 'readings under a key of his own', [3, 'device-key-unknown'], {}, resigned),
  forged(
    'operator',
    'key of his own, logged after the bill',
    [3, 'device-key-late'],
    {
      after: (f) => f.enrol('2026-08-01T02:00:00.000Z', impostor),
    },
    resigned,
  ),
  forged(
    'operator',
    'key of another bridge',
    [3, 'device-key-unknown'],
    enrolled({ bridge: 'br-9' }),
  ),
  forged('operator', 'key of another epoch', [3, 'device-key-unknown'], enrolled({ epoch: 7 })),
  forged(
    'operator',
    'key under the thumbprint of another',
    [3, 'device-key-unknown'],
    enrolled({ jwk: { ...impostor.jwk } }),
  ),
  forged('operator', "key logged in a tenant's account", [3, 'device-key-unknown'], {
    enrol: (f) => {
      const { bridge, epoch, kid, jwk } = f.device;
      const data = { bridge, epoch, thumbprint: kid, jwk: { ...jwk } };
      f.keys.push(f.write(NEIGHBOUR, 'device.key-enrolled', '2026-08-01T01:00:00.000Z', data));
    },
    'open-neighbour': undefined,
  }),
  forged(
    'operator',
    'values raised without the bridge',
    [3, 'batch-root'],
    {
      'use-4': poll('2026-09-30T16:00:00.000Z', '106.10'),
    },
    (parts) => ({ ...parts, batches: honestSite().parts(TENANT)['batches'] }),
  ),
  forged(
    'bridge',
    'batch of another epoch',
    [3, 'reading-other-bridge'],
    {
      enrol: (f) => f.enrol('2026-08-01T01:00:00.000Z', f.device, { epoch: 2 }),
    },
    (parts, f) => {
      const last = f.device.records.findLast(({ reading }) => reading.meter === 'm-1');
      return last === undefined ? parts : { ...parts, batches: [f.device.signed(last, 2)] };
    },
  ),
  forged('bridge', 'new epoch that does not start anew', [4, 'meter-split'], {
    'use-3': (f) => {
      f.device.epoch = 2;
      f.enrol('2026-09-12T01:00:00.000Z');
      f.use('m-1', f.device.read('m-1', '2026-09-12T02:00:00.000Z', '104.35', { seq: 3 }));
    },
  }),
  forged('bridge', 'epoch that goes back', [4, 'meter-split'], {
    'use-3': (f) => {
      f.device.epoch = 0;
      f.enrol('2026-09-12T01:00:00.000Z');
      f.use('m-1', f.device.read('m-1', '2026-09-12T02:00:00.000Z', '104.35'));
    },
  }),
  forged(
    'bridge',
    "batch of another meter's readings, replayed",
    [3, 'batch-root'],
    {},
    (parts, f) => {
      const other = f.device.records.findLast(({ reading }) => reading.meter === 'm-2');
      return other === undefined ? parts : { ...parts, batches: [f.device.signed(other)] };
    },
  ),
];
