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
  engine?: Engine,
): Promise<void> {
  await ledger.setClock(parseTime('2026-07-31T15:00:00.000Z'));
  const origin = site === SITE ? ORIGIN : `${ORIGIN}-${site}`;
  await ledger.createSite({ site, origin, currency: 'CNY', zone: 'Asia/Shanghai' });
  const tariff = engine === undefined ? sampleTariff() : tariffOf(engine);
  await ledger.execute({ do: 'publish-tariff', site, tariff });
  if (engine === 'complete') await declareDays(ledger, site);
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
      if (engine === 'complete') work.push(agree(ledger, site, `acc-${meter}`, i));
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

export type Engine = 'unit' | 'complete';

/** One price at all times, or all that the engine knows of metered use. */
function tariffOf(engine: Engine): object {
  const tariff = sampleTariff();
  const [season] = tariff.seasons;
  const [usual] = season?.days ?? [];
  if (engine === 'unit') {
    const days = [{ on: usual?.on, spans: [{ from: '00:00', to: '24:00', period: 'all' }] }];
    const prices = [{ period: 'all', tier: 'all', price: '0.735686' }];
    return { ...tariff, tiers: [{ tier: 'all' }], seasons: [{ ...season, days }], prices };
  }
  const tiers = [{ tier: '1', upToPercent: '100' }, { tier: '2' }];
  const event = { on: ['event'], spans: [{ from: '00:00', to: '24:00', period: 'peak' }] };
  return {
    ...{ ...tariff, v: 2, tiers, seasons: [{ ...season, days: [usual, event] }] },
    quota: { term: 'quota' },
    allowance: { upTo: '1.000000', per: 'persons' },
    minimum: { amount: '10.000000', proration: 'daily' },
    tax: { tax: 'vat', percent: '13', mode: 'on-top', rounding: { mode: 'half-up', scale: 2 } },
  };
}

async function declareDays(ledger: Ledger, site: string): Promise<void> {
  for (const date of ['2026-08-01', '2026-08-02', '2026-08-15']) {
    const evidence = { source: 'Weather office', text: '36 degrees', hash: '9f'.repeat(32) };
    const eventDay = { tariff: 'office', date, as: 'event', evidence };
    await ledger.execute({ do: 'declare-event-day', site, eventDay });
  }
}

function agree(ledger: Ledger, site: string, account: string, i: number): Promise<unknown> {
  const quantities = { quota: `${20 + i}.000000`, persons: `${(i % 5) + 1}.000000` };
  return ledger.execute({
    do: 'set-terms',
    ...{ site, account, from: '2026-08', terms: { quantities } },
  });
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
