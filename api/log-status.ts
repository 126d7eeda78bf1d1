import { z } from 'zod';
import { type ApiParts, callerOf, takeToken } from './http-context.ts';
import type { AnchoredSite, LedgerPort, SignedLog, WitnessedSite } from './ledger-port.ts';
import { promptHealth } from './prompt-health.ts';
import type { PlainRoute } from './route.ts';
import { SITE } from './routes/examples.ts';
import { siteId, time } from './shapes.ts';

const events = z.int().min(0);
const ms = z.int().min(0);
const code = z.string().optional().describe('Why it fails at present; absent: it does not');
const lagMs = ms.describe('The oldest of the events that are missing is no older than this');

const CHECKPOINT = z.object({
  size: events.describe('Events under it'),
  at: time,
  ageMs: ms,
});
const WITNESSING = z.object({
  size: events.describe('Events under the latest checkpoint that a quorum cosigned'),
  lag: events.describe('Signed events that are not'),
  lagMs,
  needed: z.int().min(0).describe('Cosignatures that a quorum has at least; 0: none is asked for'),
  everyMs: ms.describe('Shortest time between two checkpoints that witnesses are asked for'),
  witnesses: z.array(
    z.object({
      witness: z.string().describe('Its name in the policy'),
      size: events
        .optional()
        .describe('Events that it cosigned last; absent: not since the service started'),
      code,
    }),
  ),
});
const ANCHOR = z.object({
  chain: z.string().describe('Names the very network'),
  kind: z.enum(['fabric', 'ethereum']),
  network: z
    .enum(['real', 'development'])
    .optional()
    .describe('By the newest receipt; a development network vouches for nothing'),
  size: events.describe('Events under the newest anchored checkpoint'),
  at: time.optional().describe('Time of its block'),
  lag: events.describe('Signed events that are not anchored'),
  lagMs,
  everyMs: ms.describe('Shortest time between two anchors'),
  code,
});
const LOG = z.object({
  site: siteId,
  origin: z.string(),
  zone: z.string().describe('IANA time zone of the site'),
  checkpoint: CHECKPOINT.optional().describe('The latest; absent: none is signed yet'),
  witnessing: WITNESSING.optional().describe('Absent: the log has no witnesses'),
  anchors: z.array(ANCHOR).describe('One a chain'),
});

/** What is told of the logs: sizes and times, no account, and of failures their codes only. */
export const LOG_STATUS = z
  .object({
    at: time.describe('When these figures were taken'),
    writer: z.enum(['ok', 'failed']).describe('Whether the ledger takes anything in'),
    unsignedMs: ms.describe('Age of the oldest event that no checkpoint holds; 0: there is none'),
    logs: z.array(LOG),
  })
  .meta({
    examples: [
      {
        ...{ at: '2026-09-01T00:00:10.000Z', writer: 'ok', unsignedMs: 0 },
        logs: [
          {
            ...{ site: SITE, origin: `ledger.example/log/${SITE}`, zone: 'Asia/Shanghai' },
            checkpoint: { size: 1204, at: '2026-09-01T00:00:09.400Z', ageMs: 600 },
            witnessing: {
              ...{ size: 1202, lag: 2, lagMs: 900, needed: 2, everyMs: 2000 },
              witnesses: [
                { witness: 'auditor', size: 1202 },
                { witness: 'tenants', size: 1202 },
                { witness: 'city', code: 'no-answer' },
              ],
            },
            anchors: [
              {
                ...{ chain: 'fabric/billing/billproof/5b0f', kind: 'fabric', network: 'real' },
                ...{ size: 1190, at: '2026-08-31T23:59:31.000Z' },
                ...{ lag: 14, lagMs: 40_000, everyMs: 60_000 },
              },
            ],
          },
        ],
      },
    ],
  });

type LogStatus = z.output<typeof LOG_STATUS>;

const FRESH_MS = 1_000;

/**
 * How the logs are, for anybody. The name has a dot, so that it is the address of no site's log; what
 * it costs is paid once a second, however many ask.
 */
export function logStatusRoute(parts: ApiParts): PlainRoute {
  let kept: { readonly untilMs: number; readonly text: Promise<string> } | undefined;
  const fresh = () => {
    const nowMs = parts.nowMs();
    if (kept === undefined || nowMs >= kept.untilMs || nowMs < kept.untilMs - FRESH_MS) {
      const text = readStatus(parts.ledger, nowMs).then((status) => JSON.stringify(status));
      kept = { untilMs: nowMs + FRESH_MS, text };
      text.catch(() => {
        kept = undefined;
      });
    }
    return kept.text;
  };
  return {
    ...{ kind: 'plain', method: 'GET', path: '/log/status.json', tag: 'Log', security: 'none' },
    cors: true,
    summary: 'How each log is: its size, newest checkpoint, witnesses and anchors',
    ...{ params: z.strictObject({}), query: z.strictObject({}) },
    replies: [
      {
        ...{ status: 200, type: 'application/json', schema: LOG_STATUS },
        description: 'Of every log; a second old at most',
      },
    ],
    codes: [],
    example: {},
    handle: async (c) => {
      takeToken(parts.buckets.log, callerOf(c, parts));
      return new Response(await fresh(), {
        headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=1' },
      });
    },
  };
}

async function readStatus(ledger: LedgerPort, nowMs: number): Promise<LogStatus> {
  const health = await promptHealth(ledger);
  const isWell = health.store === 'ok' && health.writer === 'ok';
  const [witnessed, anchored] = [await ledger.witnesses(), await ledger.anchors()];
  const logs = await ledger.logs();
  return {
    at: timeText(nowMs),
    writer: isWell ? 'ok' : 'failed',
    unsignedMs: health.checkpointAgeMs,
    logs: logs.map((log) => ({
      ...signed(log, nowMs),
      ...witnessing(witnessed.find(({ site }) => site === log.site)),
      anchors: anchored.filter(({ site }) => site === log.site).map(anchor),
    })),
  };
}

function signed({ site, origin, zone, size, atMs }: SignedLog, nowMs: number) {
  if (atMs === undefined) return { site, origin, zone };
  const checkpoint = { size, at: timeText(atMs), ageMs: Math.max(0, nowMs - atMs) };
  return { site, origin, zone, checkpoint };
}

function witnessing(known: WitnessedSite | undefined) {
  if (known === undefined) return {};
  const { size, lag, lagMs, needed, everyMs, witnesses } = known;
  const each = witnesses.map(({ witness, size, code }) => {
    return { witness, ...(size > 0 && { size }), ...(code !== undefined && { code }) };
  });
  return { witnessing: { size, lag, lagMs, needed, everyMs, witnesses: each } };
}

/** Never `why`: it may hold an address or what a stranger wrote. */
function anchor(known: AnchoredSite) {
  const { chain, kind, network, size, atMs, lag, lagMs, everyMs, code } = known;
  return {
    ...{ chain, kind },
    ...(network !== undefined && { network }),
    size,
    ...(atMs !== undefined && { at: timeText(atMs) }),
    ...{ lag, lagMs, everyMs },
    ...(code !== undefined && { code }),
  };
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString();
}
