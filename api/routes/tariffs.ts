import { z } from 'zod';
import { type AnyTariff, parseAnyTariff } from '../../ledger/core/charges/tariff-v2.ts';
import { validateAnyTariff } from '../../ledger/core/charges/tariff-v2-checks.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { findingSentence } from '../../ledger/core/tariff-checks.ts';
import { InvalidRequest } from '../problem.ts';
import { jsonRoute, type Route } from '../route.ts';
import { hash, id } from '../shapes.ts';
import { SITE, TARIFF } from './examples.ts';
import { replyOf } from './outcome.ts';

const tariffView = z.looseObject({ hash, tariff: z.looseObject({ id, version: z.int().min(1) }) });
const MOST_ERRORS = 100;

export const tariffRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/tariffs',
    tag: 'Tariffs',
    summary: 'Publish a tariff version; refused unless it prices every instant exactly once',
    permission: 'tariff.publish',
    once: true,
    body: { tariff: z.unknown().describe('A tariff, format 1 or 2 (docs/tariffs.md)') },
    reply: z.looseObject({}),
    status: 201,
    codes: ['bad-tariff', 'event-day-unplanned'],
    example: { body: { site: SITE, tariff: TARIFF } },
    handle: async ({ body, site, idempotency, ledger }) => {
      const tariff = soundTariff(body.tariff);
      return replyOf(await ledger.execute({ do: 'publish-tariff', site, idempotency, tariff }));
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/tariffs',
    tag: 'Tariffs',
    summary: 'List every published tariff version',
    permission: 'tariff.read',
    query: { tariff: id.optional().describe('Versions of this tariff only') },
    reply: z.object({ data: z.array(tariffView) }),
    codes: [],
    example: { query: { site: SITE, tariff: TARIFF.id } },
    handle: async ({ query, site, ledger }) => {
      const all = await ledger.tariffs(site);
      const data = all.filter(({ tariff }) => {
        return query.tariff === undefined || parseAnyTariff(tariff).id === query.tariff;
      });
      return { body: { data } };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/event-days',
    tag: 'Tariffs',
    summary: 'Declare an event day of a tariff, with the evidence, before that day begins',
    permission: 'tariff.publish',
    once: true,
    body: {
      tariff: id,
      date: z.iso.date(),
      evidence: z.strictObject({
        source: z.string().min(1).max(200),
        text: z.string().min(1).max(1000),
        hash: hash.describe('SHA-256 of the document that says so'),
      }),
    },
    reply: z.looseObject({ tariff: id, date: z.string() }),
    status: 201,
    codes: ['event-day-late', 'event-day-twice', 'event-day-unplanned', 'no-tariff'],
    example: {
      body: {
        ...{ site: SITE, tariff: TARIFF.id, date: '2026-12-16' },
        evidence: {
          source: 'Weather office',
          text: 'Frost of 20 degrees tomorrow',
          hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        },
      },
    },
    handle: async ({ body, site, idempotency, ledger }) => {
      const { tariff, date, evidence } = body;
      const eventDay = { tariff, date, as: 'event', evidence };
      return replyOf(
        await ledger.execute({ do: 'declare-event-day', site, idempotency, eventDay }),
      );
    },
  }),
];

/** Refuses `bad-tariff` with a pointer into the request's body for each mistake. */
export function soundTariff(value: unknown): AnyTariff {
  const tariff = readTariff(value);
  const { errors } = validateAnyTariff(tariff);
  if (errors.length === 0) return tariff;
  throw new InvalidRequest(
    'bad-tariff',
    `The tariff has ${errors.length} mistakes. Correct each place that errors names.`,
    errors.slice(0, MOST_ERRORS).map((finding) => ({
      pointer: `/tariff${finding.pointer}`,
      code: finding.code,
      detail: findingSentence(finding),
    })),
  );
}

function readTariff(value: unknown): AnyTariff {
  try {
    return parseAnyTariff(value);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const pointer = `/tariff${String(error.params['pointer'] ?? '').replace(/\/$/, '')}`;
    throw new InvalidRequest('bad-tariff', error.message, [
      { pointer, code: error.code, detail: error.message },
    ]);
  }
}
