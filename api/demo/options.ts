import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Refusal } from '../../ledger/core/refusal.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import { TENANTS } from './tower.ts';

/** A recorded load to bill instead of the tower. */
export interface LoadOption {
  readonly file: string;
  readonly unit: 'kW' | 'kWh';
  /** IANA zone of times without an offset; the bills follow its calendar. */
  readonly zone: string;
}

export interface DemoOptions {
  /** Absent: the port of the start before, else 8600. */
  readonly port: number | undefined;
  readonly data: string;
  readonly load: LoadOption | undefined;
  readonly once: boolean;
  readonly fresh: boolean;
  /** Of a first start; later ones go on with what is there. */
  readonly tenants: number;
}

export const DEMO_USAGE = `npm start                         the demonstration, on http://127.0.0.1:8600
npm start -- --port 8700          on another port
npm start -- --load building.csv --unit kW --tz America/Los_Angeles --once
                                  bill a recorded load, check every bill, and stop

  --port N      port on 127.0.0.1; 0 takes any that is free
  --data DIR    where everything is kept (./data); the next start goes on from there
  --fresh       delete what an earlier demonstration left there, and start anew
  --once        stop when all is billed; exit code 0 only if every bill checks out
  --tenants N   how many tenants move in at the first start, 1 to ${TENANTS.length} (${TENANTS.length})
  --load FILE   rows of timestamp,value; missing rows are allowed
  --unit UNIT   kW (mean of the row's slot) or kWh (energy of the slot)
  --tz ZONE     IANA time zone of the file's times (UTC)
`;

/** Refuses `bad-option` with what to write instead. Undefined: help is asked for. */
export function parseOptions(args: readonly string[]): DemoOptions | undefined {
  const values = valuesOf(args);
  if (values.help) return undefined;
  return {
    port: values.port === undefined ? undefined : whole('--port', values.port, 0, 65_535),
    data: resolve(values.data),
    load: loadOf(values),
    once: values.once,
    fresh: values.fresh,
    tenants: whole('--tenants', values.tenants, 1, TENANTS.length),
  };
}

type Values = ReturnType<typeof valuesOf>;

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        data: { type: 'string', default: 'data' },
        load: { type: 'string' },
        unit: { type: 'string' },
        tz: { type: 'string' },
        once: { type: 'boolean', default: false },
        fresh: { type: 'boolean', default: false },
        tenants: { type: 'string', default: String(TENANTS.length) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'An option cannot be read.';
    throw badOption(`${detail} Try npm start -- --help.`);
  }
}

function loadOf(values: Values): LoadOption | undefined {
  const { load, unit = 'kW', tz = 'UTC' } = values;
  if (load === undefined) {
    if (values.unit === undefined && values.tz === undefined) return undefined;
    throw badOption('--unit and --tz tell of a load: give --load FILE with them.');
  }
  if (unit !== 'kW' && unit !== 'kWh') {
    throw badOption(`--unit ${unit.slice(0, 20)} is unknown. Write --unit kW or --unit kWh.`);
  }
  zoneOf(tz);
  return { file: resolve(load), unit, zone: tz };
}

function whole(name: string, text: string, least: number, most: number): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw badOption(`${name} is a whole number from ${least} to ${most}.`);
}

function badOption(message: string): Refusal {
  return new Refusal('bad-option', message);
}
