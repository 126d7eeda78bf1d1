import { formatTime, parseTime } from '../../ledger/core/time.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { SampleDevice } from '../support/sample-device.ts';
import { ORIGIN, SITE, sampleTariff } from '../support/sample-ledger.ts';

export const START = '2026-07-31T16:00:00.000Z';
const QUARTER_MS = 15 * 60_000;

/** A site with accounts and meters for a benchmark: `bridges` x `metersEach`, one account a meter. */
export async function setUpBuilding(
  ledger: Ledger,
  devices: readonly SampleDevice[],
  metersEach: number,
  site = SITE,
): Promise<void> {
  await ledger.setClock(parseTime('2026-07-31T15:00:00.000Z'));
  const origin = site === SITE ? ORIGIN : `${ORIGIN}-${site}`;
  await ledger.createSite({ site, origin, currency: 'CNY', zone: 'Asia/Shanghai' });
  await ledger.execute({ do: 'publish-tariff', site, tariff: sampleTariff() });
  const work: Promise<unknown>[] = [];
  for (const device of devices) {
    const { bridge, jwk } = device;
    const created = await ledger.execute({ do: 'create-bridge', site, bridge });
    const token = String(created['token']);
    const proof = device.enrolmentProof(token);
    await ledger.execute({ do: 'enrol-device', site, bridge, token, jwk, proof });
    for (let i = 0; i < metersEach; i += 1) {
      const meter = `${bridge}-m${i}`;
      work.push(ledger.execute({ do: 'open-account', site, account: `acc-${meter}` }));
      work.push(
        ledger.execute({
          ...{ do: 'install-meter', site, account: `acc-${meter}`, meter, bridge },
          serial: `S-${meter}`,
          register: '1-0:1.8.0',
          unit: 'kWh',
          wallet: 'electricity',
          ct: '1',
          pt: '1',
          tariff: 'office',
          modulus: '1000000.00',
          maxPerHour: '500.000000',
        }),
      );
    }
  }
  await Promise.all(work);
  await ledger.setClock(undefined);
}

/** Readings of all meters of a bridge, cycle by cycle: what a bridge would send for `count` records. */
export function* cycles(
  device: SampleDevice,
  metersEach: number,
  fromCycle: number,
): Generator<string> {
  const startMs = parseTime(START);
  for (let cycle = fromCycle; ; cycle += 1) {
    const at = formatTime(startMs + cycle * QUARTER_MS);
    for (let i = 0; i < metersEach; i += 1) {
      const value = ((10_000 + cycle * (13 + (i % 17))) / 100).toFixed(2);
      yield device.record({ meter: `${device.bridge}-m${i}`, at, value });
    }
  }
}
