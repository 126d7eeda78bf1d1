import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseTime } from '../../ledger/core/time.ts';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { SampleDevice } from '../support/sample-device.ts';
import { SampleLedger, SITE } from '../support/sample-ledger.ts';
import { judgementOf } from './judgement.ts';

type Sample = Parameters<SampleLedger['device']['record']>[0];

/** What an honest ledger writes in odd months must not look like a lie. */
describe('an honest but odd month', () => {
  let s: SampleLedger;

  beforeEach(async () => {
    s = await SampleLedger.make();
    await s.account('acc-1', 'm-1');
    await s.ledger.setClock(parseTime('2026-07-31T16:00:00.000Z'));
    await s.topUp('acc-1', '100.000000');
  });
  afterEach(() => s.remove());

  const read = async (at: string, value?: string, lie: Partial<Sample> = {}) => {
    await s.ledger.setClock(parseTime(at) + 1000);
    const status =
      value === undefined && lie.status === undefined ? { status: 'timeout' as const } : {};
    await s.send([s.device.record({ meter: 'm-1', at, value, ...status, ...lie })]);
  };
  const bill = async (at: string, period: string) => {
    await s.ledger.setClock(parseTime(at));
    const id = await s.statement('acc-1', period);
    const text = await s.ledger.bundle(SITE, id);
    const verdict = verifyBundle(text, {
      trust: s.ledger.policy(SITE),
      primitives: nativePrimitives(),
    });
    const notes = verdict.layers[3]?.findings.map(({ code }) => code).slice(1);
    return { ...judgementOf(verdict), notes, first: verdict.bill?.statement.first };
  };
  const verified = (first: number, ...notes: string[]) => ({
    overall: 'verified',
    failed: {},
    notes,
    first,
  });

  it('has readings without a set clock, one of them before the bill and charged after it', async () => {
    await read('2026-08-01T00:00:00.000Z', '100.00');
    await read('2026-08-02T00:00:00.000Z', '101.00', { clock: 'U' });
    await read('2026-08-03T00:00:00.000Z', '102.00');
    await read('2026-08-31T15:50:00.000Z', '103.00', { clock: 'U' });
    expect(await bill('2026-09-01T00:00:00.000Z', '2026-08')).toEqual(verified(0, 'readings-held'));
    await read('2026-09-02T00:00:00.000Z', '110.00');
    await read('2026-09-20T00:00:00.000Z', '120.00');
    expect(await bill('2026-10-01T00:00:00.000Z', '2026-09')).toEqual(verified(5, 'readings-held'));
  });

  it('has a hold inside the interval that reaches over its end', async () => {
    await read('2026-08-30T00:00:00.000Z', '100.00');
    await read('2026-08-31T00:00:00.000Z', '101.00');
    await read('2026-08-31T12:00:00.000Z', '102.00', { clock: 'U' });
    await read('2026-09-01T12:00:00.000Z', '110.00');
    expect(await bill('2026-09-01T13:00:00.000Z', '2026-08')).toEqual(verified(0, 'readings-held'));
    await read('2026-09-20T00:00:00.000Z', '120.00');
    expect(await bill('2026-10-01T00:00:00.000Z', '2026-09')).toEqual(verified(4, 'readings-held'));
  });

  it('has a register that fell, readings held after it, and a release', async () => {
    await read('2026-08-01T00:00:00.000Z', '100.00');
    await read('2026-08-02T00:00:00.000Z', '101.00');
    await read('2026-08-03T00:00:00.000Z', '5.00');
    await read('2026-08-04T00:00:00.000Z', '6.00');
    await s.ledger.execute({ do: 'release-reading', site: SITE, meter: 'm-1' });
    await read('2026-08-05T00:00:00.000Z', '7.00');
    expect(await bill('2026-09-01T00:00:00.000Z', '2026-08')).toEqual(verified(0, 'readings-held'));
  });

  it('is held over its end and released in the next', async () => {
    await read('2026-08-01T00:00:00.000Z', '100.00');
    await read('2026-08-02T00:00:00.000Z', '101.00');
    await read('2026-08-30T00:00:00.000Z', undefined, { status: 'reset' });
    await read('2026-08-31T00:00:00.000Z', '2.00');
    expect(await bill('2026-09-01T00:00:00.000Z', '2026-08')).toEqual(verified(0));
    await read('2026-09-01T01:00:00.000Z', '3.00');
    await s.ledger.execute({ do: 'release-reading', site: SITE, meter: 'm-1' });
    await read('2026-09-02T00:00:00.000Z', '4.00');
    expect(await bill('2026-10-01T00:00:00.000Z', '2026-09')).toEqual(verified(6));
  });

  it('has a meter that was taken out, read, and installed again', async () => {
    await read('2026-08-01T00:00:00.000Z', '100.00');
    await read('2026-08-02T00:00:00.000Z', '101.00');
    await s.ledger.execute({ do: 'remove-meter', site: SITE, account: 'acc-1', meter: 'm-1' });
    await read('2026-08-03T00:00:00.000Z', '150.00');
    await s.meter('acc-1', 'm-1');
    await read('2026-08-04T00:00:00.000Z', '160.00');
    await read('2026-08-05T00:00:00.000Z', '161.00');
    expect(await bill('2026-09-01T00:00:00.000Z', '2026-08')).toEqual(verified(0));
  });

  it('has a meter that was installed again after its last charge', async () => {
    await read('2026-08-01T00:00:00.000Z', '100.00');
    await read('2026-08-02T00:00:00.000Z', '101.00');
    await s.ledger.execute({ do: 'remove-meter', site: SITE, account: 'acc-1', meter: 'm-1' });
    await s.ledger.setClock(parseTime('2026-08-10T00:00:00.000Z'));
    await s.meter('acc-1', 'm-1');
    expect(await bill('2026-09-01T00:00:00.000Z', '2026-08')).toEqual(verified(0));
    await read('2026-09-04T00:00:00.000Z', '160.00');
    await read('2026-09-05T00:00:00.000Z', '161.00');
    expect((await bill('2026-10-01T00:00:00.000Z', '2026-09')).overall).toBe('verified');
  });

  it('is paid for after its end and before its bill', async () => {
    await read('2026-08-01T00:00:00.000Z', '100.00');
    await read('2026-08-02T00:00:00.000Z', '101.00');
    await s.ledger.setClock(parseTime('2026-09-01T00:00:00.000Z'));
    await s.topUp('acc-1', '7.000000');
    expect(await bill('2026-09-03T00:00:00.000Z', '2026-08')).toEqual(verified(0));
    expect(await bill('2026-10-01T00:00:00.000Z', '2026-09')).toEqual(verified(4));
  });

  it('has readings and fees that came after its bill', async () => {
    await read('2026-08-01T00:00:00.000Z', '100.00');
    await read('2026-08-02T00:00:00.000Z', '101.00');
    expect((await bill('2026-09-01T00:00:00.000Z', '2026-08')).overall).toBe('verified');
    await s.ledger.execute({ do: 'charge-fees', site: SITE, account: 'acc-1', period: '2026-08' });
    await s.send([
      s.device.record({ meter: 'm-1', at: '2026-08-20T00:00:00.000Z', value: '120.00' }),
    ]);
    await read('2026-09-20T00:00:00.000Z', '130.00');
    await s.ledger.setClock(parseTime('2026-10-01T00:00:00.000Z'));
    await s.ledger.execute({ do: 'charge-fees', site: SITE, account: 'acc-1', period: '2026-09' });
    expect(await bill('2026-10-01T00:00:01.000Z', '2026-09')).toEqual(verified(4));
  });

  it('has a month without any event after it', async () => {
    await read('2026-08-01T00:00:00.000Z', '100.00');
    await read('2026-08-02T00:00:00.000Z', '101.00');
    expect((await bill('2026-09-01T00:00:00.000Z', '2026-08')).overall).toBe('verified');
    await s.ledger.setClock(parseTime('2026-10-05T00:00:00.000Z'));
    await s.topUp('acc-1', '7.000000');
    expect((await bill('2026-11-01T00:00:00.000Z', '2026-10')).overall).toBe('verified');
  });

  it('has a bridge that lost its state and was enrolled anew', async () => {
    await read('2026-08-01T00:00:00.000Z', '100.00');
    await read('2026-08-02T00:00:00.000Z', '101.00');
    s.device = new SampleDevice(s.device.bridge);
    await s.enrol();
    s.device.epoch = 1;
    await read('2026-08-04T00:00:00.000Z', '102.00');
    await read('2026-08-05T00:00:00.000Z', '103.00');
    expect(await bill('2026-09-01T00:00:00.000Z', '2026-08')).toEqual(verified(0));
  });

  it('has a bridge that lost its state and went on with the key it has, then got another', async () => {
    const { bridge, pem } = s.device;
    await read('2026-08-01T00:00:00.000Z', '100.00');
    s.device = new SampleDevice(bridge, pem);
    s.device.epoch = 1;
    await read('2026-08-02T00:00:00.000Z', '101.00');
    s.device = new SampleDevice(bridge);
    await s.enrol();
    s.device.epoch = 2;
    await read('2026-08-03T00:00:00.000Z', '102.00');
    // The key before signs no more, neither in its own last epoch's place nor in a later one.
    s.device = new SampleDevice(bridge, pem);
    s.device.epoch = 3;
    await expect(read('2026-08-04T00:00:00.000Z', '103.00')).rejects.toMatchObject({
      code: 'device-key-unknown',
    });
    expect(await bill('2026-09-01T00:00:00.000Z', '2026-08')).toEqual(verified(0));
  });

  it('has values that the bridge filled in', async () => {
    await read('2026-08-01T00:00:00.000Z', '100.00');
    await read('2026-08-02T00:00:00.000Z', '101.00', { status: 'substitute' });
    await read('2026-08-03T00:00:00.000Z');
    await read('2026-08-04T00:00:00.000Z', '102.00');
    expect(await bill('2026-09-01T00:00:00.000Z', '2026-08')).toEqual(
      verified(0, 'readings-substituted'),
    );
  });
});
