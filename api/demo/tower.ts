import { assert } from '../../ledger/core/assert.ts';
import { DAY_MS } from '../../ledger/core/time.ts';
import type { PatternName } from '../../meter-bridge/simulator/load-shape.ts';

/** The site of the demonstration. */
export const TOWER = {
  site: 'tower',
  zone: 'Asia/Shanghai',
  currency: 'CNY',
  bridge: 'riser-1',
} as const;

type Utility = 'electricity' | 'water' | 'cooling' | 'gas';

export interface Tenant {
  /** Pseudonym; the only thing about the tenant that an event holds. */
  readonly account: string;
  /** For the staff's directory only. All companies are invented. */
  readonly name: string;
  readonly pattern: PatternName;
  /** Mean use an hour: kWh, m3, kWh of cooling, m3. */
  readonly electricity: string;
  readonly water: string;
  readonly cooling: string;
  readonly gas: string;
  /** How the tenant pays at the front desk. */
  readonly pays: string;
}

export const TENANTS: readonly Tenant[] = [
  tenant('K3F7-9Q2M', '云台咖啡 Yuntai Coffee', 'shop', '6.4 0.11 7.5 0.32', 'wechat'),
  tenant(
    'P8XD-4T6R',
    '北辰律师事务所 Beichen Law Office',
    'office',
    '5.2 0.05 9.8 0.06',
    'transfer',
  ),
  tenant('M2HW-7C9E', '岚禾口腔门诊 Lanhe Dental Clinic', 'shop', '7.9 0.14 6.6 0.09', 'alipay'),
  tenant(
    'T5GB-1N8K',
    '恒瑞会计师事务所 Hengrui Accounting',
    'office',
    '4.1 0.04 7.2 0.05',
    'transfer',
  ),
  tenant('D9VS-6J3A', '拾味轩餐厅 Shiweixuan Restaurant', 'shop', '14.6 0.47 12.9 2.85', 'wechat'),
  tenant('R4QZ-8M5Y', '青木设计 Aoki & Qing Design', 'office', '3.7 0.03 5.9 0.04', 'alipay'),
  tenant('H7NC-2W4X', '启明少儿英语 Qiming English School', 'home', '4.8 0.09 8.4 0.05', 'wechat'),
  tenant('F6KJ-5P1V', '鲜达便利店 Xianda Convenience', 'flat', '9.3 0.06 4.7 0.05', 'cash'),
  tenant('W1RT-3D7G', '远航货运代理 Yuanhang Freight', 'office', '6.0 0.05 10.4 0.06', 'transfer'),
  tenant('C8MY-9H6B', '素然瑜伽馆 Suran Yoga', 'home', '3.9 0.16 9.1 0.11', 'alipay'),
  tenant('X3EP-4S2N', '云杉数据 Spruce Data', 'flat', '18.2 0.03 21.5 0.03', 'transfer'),
  tenant('J5TA-7F8Q', '安宁药房 Anning Pharmacy', 'shop', '5.5 0.04 6.1 0.04', 'cash'),
];

/** A meter of the tower: what hangs on the wall, and what the ledger knows of it. */
export interface TowerMeter {
  readonly account: string;
  readonly meter: string;
  /** Unit address on the bus, 1 to 246. */
  readonly unit: number;
  readonly profile: string;
  readonly serial: number;
  readonly register: string;
  readonly measure: string;
  readonly wallet: Utility;
  readonly tariff: string;
  readonly modulus: string | undefined;
  readonly perHour: string;
  readonly pattern: PatternName;
  /** What its display showed when the tenant moved in. */
  readonly startsAt: string;
  readonly everyMs: { readonly history: number; readonly live: number };
}

/**
 * Electricity is read at every quarter, so at every boundary of its prices; the others at every hour.
 * Live, electricity is read each minute, the others each five: with all of them each minute, the bill
 * of a demonstration left alone for a month would be larger than a bill may be.
 */
const QUARTER_MS = DAY_MS / 96;
const HOUR_MS = DAY_MS / 24;
const MINUTE_MS = DAY_MS / 1440;

interface Make {
  readonly profile: string;
  readonly modulus: string | undefined;
}

interface Kind extends Pick<TowerMeter, 'wallet' | 'tariff' | 'measure' | 'register' | 'everyMs'> {
  readonly letter: string;
  /** Absent: of several makes. */
  readonly make?: Make;
}

/** Electricity meters of three makes hang in the tower, as in most. */
const ELECTRICITY: readonly Make[] = [
  { profile: 'acrel-dtsd1352', modulus: '1000000.00' },
  { profile: 'eastron-sdm630', modulus: undefined },
  { profile: 'chint-dtsu666', modulus: undefined },
];

const KINDS: readonly Kind[] = [
  {
    ...{ letter: 'E', wallet: 'electricity', tariff: 'tower-electricity', measure: 'kWh' },
    ...{ register: '1-0:1.8.0', everyMs: { history: QUARTER_MS, live: MINUTE_MS } },
  },
  {
    ...{ letter: 'W', wallet: 'water', tariff: 'tower-water', measure: 'm3' },
    ...{ register: '8-0:1.0.0', everyMs: { history: HOUR_MS, live: 5 * MINUTE_MS } },
    make: { profile: 'pulse-water', modulus: '1000000.000' },
  },
  {
    ...{ letter: 'C', wallet: 'cooling', tariff: 'tower-cooling', measure: 'kWh' },
    ...{ register: '5-0:1.0.0', everyMs: { history: HOUR_MS, live: 5 * MINUTE_MS } },
    make: { profile: 'btu-cooling', modulus: '100000000.0' },
  },
  {
    ...{ letter: 'G', wallet: 'gas', tariff: 'tower-gas', measure: 'm3' },
    ...{ register: '7-0:3.0.0', everyMs: { history: HOUR_MS, live: 5 * MINUTE_MS } },
    make: { profile: 'pulse-gas', modulus: '1000000.00' },
  },
];

/** The four meters of each of the first tenants. */
export function towerMeters(tenants: number): TowerMeter[] {
  return TENANTS.slice(0, tenants).flatMap((of, i) =>
    KINDS.map((kind, k) => {
      const { letter, wallet, tariff, measure, register, everyMs } = kind;
      const make = kind.make ?? ELECTRICITY[i % ELECTRICITY.length];
      assert(make !== undefined, 'a remainder is a place in the list');
      return {
        account: of.account,
        meter: `${letter}-${String(i + 1).padStart(2, '0')}`,
        unit: i * KINDS.length + k + 1,
        profile: make.profile,
        serial: 26_040_001 + i * KINDS.length + k,
        ...{ register, measure, wallet, tariff, everyMs },
        modulus: make.modulus,
        perHour: of[wallet],
        pattern: wallet === 'gas' || wallet === 'water' ? 'home' : of.pattern,
        startsAt: String(1_200 + 713 * i + 97 * k),
      };
    }),
  );
}

function tenant(
  account: string,
  name: string,
  pattern: PatternName,
  perHour: string,
  pays: string,
): Tenant {
  const [electricity = '', water = '', cooling = '', gas = ''] = perHour.split(' ');
  return { account, name, pattern, electricity, water, cooling, gas, pays };
}
