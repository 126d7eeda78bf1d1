import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { parseDecimal, toMicros } from '../../ledger/core/decimal.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { parseTime } from '../../ledger/core/time.ts';
import { shippedProfile } from '../device-profile.ts';
import { DAY_PATTERNS, shapedLoad } from './load-shape.ts';
import type { Scenario } from './scenario.ts';
import type { SimulatedMeter } from './simulated-meter.ts';
import { CONTROL_UNIT } from './simulator.ts';

export interface Simulation {
  readonly meters: readonly SimulatedMeter[];
  readonly scenarios: readonly Scenario[];
}

const unit = z
  .number()
  .int()
  .min(1)
  .max(CONTROL_UNIT - 1);
const time = z.string().transform((text, context) => {
  try {
    return parseTime(text);
  } catch {
    context.addIssue('a time is written 2026-09-01T00:00:00.000Z');
    return z.NEVER;
  }
});
const decimal = z.string().regex(/^(0|[1-9]\d{0,8})(\.\d{1,6})?$/, 'a decimal as text');

const FILE = z.strictObject({
  /** Loads are zero before it. */
  origin: time,
  seed: z.number().int().default(1),
  /** Local time minus UTC, in minutes. */
  offsetMinutes: z.number().int().min(-720).max(840).default(0),
  meters: z
    .array(
      z.strictObject({
        unit,
        profile: z.string(),
        serial: z.number().int().min(0).max(4_294_967_295),
        pattern: z.enum(['home', 'shop', 'office', 'flat']),
        /** Mean rate in the unit of the meter an hour. */
        perHour: decimal,
        start: decimal.default('0'),
      }),
    )
    .min(1),
  scenarios: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('rollover'), unit, at: time }),
        z.strictObject({
          kind: z.literal('exchange'),
          unit,
          at: time,
          serial: z.number().int().min(0).max(4_294_967_295),
        }),
        z.strictObject({ kind: z.literal('reset'), unit, at: time }),
        z.strictObject({
          kind: z.literal('outage'),
          unit,
          from: time,
          to: time,
          how: z.enum(['silent', 'gateway', 'cut']).default('silent'),
        }),
        z.strictObject({ kind: z.literal('clock-step'), at: time, byMs: z.number().int() }),
      ]),
    )
    .default([]),
});

/** What a simulation file may hold; times as text, quantities as decimal text. */
export type SimulationInput = z.input<typeof FILE>;

/** Refuses `bad-simulation` with all errors at once. */
export function parseSimulation(value: unknown): Simulation {
  const parsed = FILE.safeParse(value);
  if (!parsed.success) {
    const errors = parsed.error.issues.map((i) => `/${i.path.join('/')}: ${i.message}`);
    throw badSimulation(errors.join('; '));
  }
  const { origin, seed, offsetMinutes, meters, scenarios } = parsed.data;
  return {
    meters: meters.map((meter) => ({
      unit: meter.unit,
      profile: shippedProfile(meter.profile),
      serial: meter.serial,
      startMicros: toMicros(parseDecimal(meter.start)),
      load: shapedLoad({
        seed: seed * 1_000 + meter.unit,
        pattern: DAY_PATTERNS[meter.pattern],
        microsPerHour: toMicros(parseDecimal(meter.perHour)),
        originMs: origin,
        offsetMs: offsetMinutes * 60_000,
      }),
    })),
    scenarios: scenarios.map((s): Scenario => {
      if (s.kind === 'outage') {
        return { kind: s.kind, unit: s.unit, fromMs: s.from, toMs: s.to, how: s.how };
      }
      const { at, ...rest } = s;
      return { ...rest, atMs: at };
    }),
  };
}

export function readSimulation(file: string): Simulation {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw badSimulation(error instanceof Error ? error.message : 'cannot be read');
  }
  return parseSimulation(value);
}

function badSimulation(detail: string): Refusal {
  return new Refusal('bad-simulation', `Correct the simulation: ${detail}.`, { detail });
}
