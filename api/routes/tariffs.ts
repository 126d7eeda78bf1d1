import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import { parseTariff, type Tariff, validateTariff } from '../../ledger/core/tariff.ts';
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
    body: { tariff: z.unknown().describe('A tariff, version 1 (docs/formats.md)') },
    reply: z.looseObject({}),
    status: 201,
    codes: ['bad-tariff'],
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
        return query.tariff === undefined || parseTariff(tariff).id === query.tariff;
      });
      return { body: { data } };
    },
  }),
];

/** Refuses `bad-tariff` with a pointer into the request's body for each mistake. */
function soundTariff(value: unknown): Tariff {
  const tariff = readTariff(value);
  const { errors } = validateTariff(tariff);
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

function readTariff(value: unknown): Tariff {
  try {
    return parseTariff(value);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const pointer = `/tariff${String(error.params['pointer'] ?? '').replace(/\/$/, '')}`;
    throw new InvalidRequest('bad-tariff', error.message, [
      { pointer, code: error.code, detail: error.message },
    ]);
  }
}
