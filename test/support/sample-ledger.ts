import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatTime, parseTime } from '../../ledger/core/time.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { LedgerOptions } from '../../ledger/ledger-options.ts';
import { SampleDevice } from './sample-device.ts';

export const SITE = 'tower';
export const ORIGIN = 'ledger.example/log/tower';
const QUARTER_MS = 15 * 60_000;

/** Peak 08:00-20:00 on all days, valley else; one tier; a fixed fee; Asia/Shanghai. */
export function sampleTariff(version = 1, validFrom = '2026-07-31T16:00:00.000Z') {
  const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'holiday'];
  return {
    v: 1,
    id: 'office',
    version,
    name: 'Office electricity',
    utility: 'electricity',
    currency: 'CNY',
    unit: 'kWh',
    zone: 'Asia/Shanghai',
    validFrom,
    rounding: { mode: 'half-up', scale: 6 },
    window: 'month',
    tiers: [{ tier: '1', upTo: '20.000000' }, { tier: '2' }],
    calendar: [],
    seasons: [
      {
        season: 'all-year',
        months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        days: [
          {
            on: days,
            spans: [
              { from: '00:00', to: '08:00', period: 'valley' },
              { from: '08:00', to: '20:00', period: 'peak' },
              { from: '20:00', to: '24:00', period: 'valley' },
            ],
          },
        ],
      },
    ],
    prices: [
      { period: 'peak', tier: '1', price: '1.200001' },
      { period: 'valley', tier: '1', price: '0.400003' },
      { period: 'peak', tier: '2', price: '1.300007' },
      { period: 'valley', tier: '2', price: '0.500009' },
    ],
    fees: [{ fee: 'service', amount: '10.000000', per: 'month', proration: 'daily' }],
  };
}

/** A ledger in a temporary folder, on a clock that tests set, with one site, tariff and device. */
export class SampleLedger {
  readonly dir: string;
  readonly options: LedgerOptions;
  ledger: Ledger;
  /** Whose key and chains it is; another one takes its place under a new epoch. */
  device: SampleDevice;

  private constructor(dir: string, options: LedgerOptions, ledger: Ledger, device: SampleDevice) {
    this.dir = dir;
    this.options = options;
    this.ledger = ledger;
    this.device = device;
  }

  static async make(
    startAt = '2026-07-31T15:00:00.000Z',
    database?: LedgerOptions['database'],
  ): Promise<SampleLedger> {
    const dir = mkdtempSync(join(tmpdir(), 'billproof-'));
    const options = {
      dataDir: join(dir, 'data'),
      database,
      simulatedClock: true,
      checkpointMs: 50,
    };
    const ledger = await Ledger.open(options);
    await ledger.setClock(parseTime(startAt));
    await ledger.createSite({ site: SITE, origin: ORIGIN, currency: 'CNY', zone: 'Asia/Shanghai' });
    const sample = new SampleLedger(dir, options, ledger, new SampleDevice('br-1'));
    await ledger.execute({ do: 'publish-tariff', site: SITE, tariff: sampleTariff() });
    await sample.enrol();
    return sample;
  }

  async enrol(): Promise<void> {
    const { bridge, jwk } = this.device;
    const { token } = await this.ledger.execute({ do: 'create-bridge', site: SITE, bridge });
    const proof = this.device.enrolmentProof(String(token));
    await this.ledger.execute({
      do: 'enrol-device',
      site: SITE,
      bridge,
      token: String(token),
      jwk,
      proof,
    });
  }

  async account(account: string, meter: string): Promise<void> {
    await this.ledger.execute({ do: 'open-account', site: SITE, account, name: 'Tenant & Co' });
    await this.meter(account, meter);
  }

  async meter(account: string, meter: string, tariff = 'office'): Promise<void> {
    await this.ledger.execute({
      do: 'install-meter',
      site: SITE,
      account,
      meter,
      serial: `S-${meter}`,
      bridge: this.device.bridge,
      register: '1-0:1.8.0',
      unit: 'kWh',
      wallet: 'electricity',
      ct: '1',
      pt: '1',
      tariff,
      modulus: '1000000.00',
    });
  }

  async topUp(account: string, amount: string): Promise<void> {
    const wallet = 'electricity';
    await this.ledger.execute({
      do: 'credit-top-up',
      site: SITE,
      account,
      wallet,
      amount,
      method: 'cash',
    });
  }

  /** Sends `count` quarter-hour readings of each meter, `step` hundredths of a kWh apart. */
  async readings(
    meters: readonly string[],
    from: string,
    count: number,
    step = 25,
    start = 100,
  ): Promise<void> {
    const fromMs = parseTime(from);
    const records: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const at = formatTime(fromMs + i * QUARTER_MS);
      for (const meter of meters) {
        const value = ((start * 100 + i * step) / 100).toFixed(2);
        records.push(this.device.record({ meter, at, value }));
      }
    }
    for (let i = 0; i < records.length; i += 500) await this.send(records.slice(i, i + 500));
  }

  send(records: readonly string[]) {
    const { jws } = this.device.batch(records);
    return this.ledger.acceptBatch(SITE, this.device.bridge, jws, records);
  }

  async statement(account: string, period: string): Promise<string> {
    const { id } = await this.ledger.execute({
      do: 'issue-statement',
      site: SITE,
      account,
      period,
    });
    return String(id);
  }

  async reopen(): Promise<void> {
    await this.ledger.close();
    this.ledger = await Ledger.open(this.options);
  }

  async remove(): Promise<void> {
    await this.ledger.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
