import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import { DAY_MS } from '../../ledger/core/time.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { writeDurably } from '../../ledger/write-durably.ts';
import type { DemoOptions } from './options.ts';
import { TOWER } from './tower.ts';

const common = {
  v: z.literal(1),
  /** Where the log's origin says that it is. */
  port: z.int().min(1).max(65_535).optional(),
  /** All history is read and billed; a start before that goes on with it. */
  done: z.boolean(),
};
const PLAN = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('tower'),
    startMs: z.int(),
    endMs: z.int(),
    tenants: z.int().min(1),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('load'),
    /** SHA-256 of the file, and how it is read. */
    file: z.string(),
    unit: z.enum(['kW', 'kWh']),
    zone: z.string(),
  }),
]);

/** What the first start settled: every later one keeps to it. */
export type DemoPlan = z.output<typeof PLAN>;
export type TowerPlan = Extract<DemoPlan, { kind: 'tower' }>;
export type LoadPlan = Extract<DemoPlan, { kind: 'load' }>;

const QUARTER_MS = DAY_MS / 96;
/** History is at least this long, and holds the whole calendar month before. */
const DAYS = 35;

const FILES = {
  plan: 'demo-plan.json',
  page: 'demo.json',
  ledger: 'ledger.db',
} as const;
/** Everything that a demonstration writes into its folder. */
const OURS = [
  ...['demo-plan.json', 'demo.json', 'trust.policy', 'tampered.billproof'],
  ...['ledger.db', 'ledger.db-wal', 'ledger.db-shm', 'writer.lock', 'writer.lock-journal'],
  ...['keys', 'last-checkpoint', 'bridge', 'witnessed', 'witnesses'],
];

/** A tower's plan for a first start at `nowMs`: whole days from local midnight to the last quarter. */
export function towerPlan(nowMs: number, tenants: number): TowerPlan {
  const zone = zoneOf(TOWER.zone);
  const { year, month } = zone.localParts(nowMs);
  const monthBeforeMs = zone.startOfMonth(year, month - 1);
  const early = zone.localParts(nowMs - DAYS * DAY_MS);
  const earlyMs = zone.startOfDay(early.year, early.month, early.day);
  return {
    ...{ v: 1, kind: 'tower', done: false, tenants },
    startMs: Math.min(monthBeforeMs, earlyMs),
    endMs: Math.floor(nowMs / QUARTER_MS) * QUARTER_MS,
  };
}

/**
 * The plan that the folder holds, or undefined where a first start may begin. Refuses
 * `not-a-demonstration` for a folder with a ledger of somebody's own.
 */
export function readPlan(data: string): DemoPlan | undefined {
  const path = join(data, FILES.plan);
  if (!existsSync(path)) {
    if (!existsSync(join(data, FILES.ledger))) return undefined;
    throw new Refusal(
      'not-a-demonstration',
      `${data} holds a ledger that no demonstration made. Give another folder: --data DIR.`,
    );
  }
  const parsed = PLAN.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Refusal(
    'demonstration-unreadable',
    `${path} cannot be read by this version. Start anew with --fresh, or give another --data DIR.`,
  );
}

export function writePlan(data: string, plan: DemoPlan): void {
  mkdirSync(data, { recursive: true });
  writeDurably(join(data, FILES.plan), `${JSON.stringify(plan, null, 2)}\n`);
}

/**
 * Deletes what an earlier demonstration left, and nothing else. Refuses `data-in-use` while one runs
 * there, `not-a-demonstration` where it finds other things only.
 */
export async function clearData({ data }: Pick<DemoOptions, 'data'>): Promise<void> {
  if (!existsSync(data)) return;
  const isOurs = [FILES.plan, FILES.page].some((name) => existsSync(join(data, name)));
  if (!isOurs) {
    throw new Refusal(
      'not-a-demonstration',
      `${data} holds no demonstration, so nothing is deleted. Leave --fresh out, or correct --data.`,
    );
  }
  await refuseInUse(data);
  for (const name of OURS) rmSync(join(data, name), { recursive: true, force: true });
}

/** The writer's own lock tells, since it dies with its process. */
async function refuseInUse(data: string): Promise<void> {
  try {
    const ledger = await Ledger.open({ dataDir: data });
    await ledger.close();
  } catch (error) {
    // Whatever else is wrong with the data is no reason to keep it.
    if (!(error instanceof Refusal) || error.code === 'data-in-use') throw error;
  }
}
