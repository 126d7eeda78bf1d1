import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../ledger/core/refusal.ts';
import { parseOptions } from './options.ts';

function refusalOf(args: readonly string[]): string {
  try {
    parseOptions(args);
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

describe('the options of the demonstration', () => {
  it('are not needed: the tower, in ./data', () => {
    expect(parseOptions([])).toEqual({
      ...{ port: undefined, data: join(process.cwd(), 'data'), load: undefined },
      ...{ once: false, fresh: false, tenants: 12 },
    });
  });

  it('name a recorded load with its unit and zone', () => {
    const words = '--load a.csv --unit kWh --tz America/St_Johns --once --port 0 --data other';
    expect(parseOptions(words.split(' '))).toEqual({
      ...{ port: 0, data: join(process.cwd(), 'other'), once: true, fresh: false, tenants: 12 },
      load: { file: join(process.cwd(), 'a.csv'), unit: 'kWh', zone: 'America/St_Johns' },
    });
  });

  it('may ask for help only', () => {
    expect(parseOptions(['--help'])).toBeUndefined();
  });

  it.each([
    ['--port 70000', 'bad-option: --port is a whole number from 0 to 65535.'],
    ['--port x', 'bad-option: --port is a whole number from 0 to 65535.'],
    ['--tenants 0', 'bad-option: --tenants is a whole number from 1 to 12.'],
    ['--load a.csv --unit W', 'bad-option: --unit W is unknown. Write --unit kW or --unit kWh.'],
    ['--unit kW', 'bad-option: --unit and --tz tell of a load: give --load FILE with them.'],
    ['--tz UTC', 'bad-option: --unit and --tz tell of a load: give --load FILE with them.'],
  ])('are refused with what to write: %s', (words, told) => {
    expect(refusalOf(words.split(' '))).toBe(told);
  });

  it('are refused where they are unknown, or name no zone', () => {
    expect(refusalOf(['--what'])).toMatch(/^bad-option: .*--what.*npm start -- --help/);
    expect(refusalOf(['--load', 'a.csv', '--tz', 'Mars/Base'])).toMatch(/^unknown-zone: /);
  });
});
