import { z } from 'zod';
import { type PastEvent, pastMonth } from '../../ledger/core/charges/past-month.ts';
import { previewTariff } from '../../ledger/core/charges/preview.ts';
import { parseAnyTariff } from '../../ledger/core/charges/tariff-v2.ts';
import { formatMicros } from '../../ledger/core/decimal.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import type { LedgerPort } from '../ledger-port.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, micros, period } from '../shapes.ts';
import { ACCOUNT, SITE, TARIFF } from './examples.ts';
import { soundTariff } from './tariffs.ts';

const line = z.object({ key: z.string(), draft: micros, current: micros, difference: micros });
const PAGE = 2_000;

export const tariffPreviewRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/tariffs/preview',
    tag: 'Tariffs',
    summary: 'Bill a past month of an account under a draft, beside the tariff that billed it',
    permission: 'tariff.publish',
    body: {
      tariff: z.unknown().describe('The draft; nothing is published'),
      account: id,
      month: period,
    },
    reply: z.object({
      ...{ account: id, month: period, currentTariff: z.string() },
      lines: z.array(line),
      ...{ draft: micros, current: micros, difference: micros },
    }),
    codes: ['account-unknown', 'bad-tariff', 'basis-missing', 'no-tariff', 'term-missing'],
    example: {
      body: {
        ...{ site: SITE, account: ACCOUNT, month: '2026-09' },
        tariff: { ...TARIFF, version: 2, validFrom: '2026-10-31T16:00:00.000Z' },
      },
    },
    handle: async ({ body, site, ledger }) => {
      const { account, month } = body;
      const draft = soundTariff(body.tariff);
      const view = await ledger.findSite(site);
      const events = await eventsOf(ledger, site, account);
      const days = await eventsOf(ledger, site, 'site');
      const zone = zoneOf(view?.zone ?? draft.zone);
      const { facts, billedBy } = pastMonth(account, month, zone, events, days);
      const current = (await ledger.tariffs(site))
        .map(({ tariff }) => parseAnyTariff(tariff))
        .find(({ id: known, version }) => known === billedBy?.id && version === billedBy.version);
      if (current === undefined) {
        const message = `Nothing was billed to ${account} in ${month}: take a month with use.`;
        throw new Refusal('no-tariff', message, { account, month });
      }
      const preview = previewTariff(draft, current, facts);
      return {
        body: {
          ...{ account, month, currentTariff: `${current.id}/${current.version}` },
          lines: preview.lines.map(({ key, draftMicros, currentMicros, differenceMicros }) => ({
            key,
            draft: formatMicros(draftMicros),
            current: formatMicros(currentMicros),
            difference: formatMicros(differenceMicros),
          })),
          draft: formatMicros(preview.draft.totalMicros),
          current: formatMicros(preview.current.totalMicros),
          difference: formatMicros(preview.differenceMicros),
        },
      };
    },
  }),
];

async function eventsOf(ledger: LedgerPort, site: string, account: string): Promise<PastEvent[]> {
  const events: PastEvent[] = [];
  for (;;) {
    const afterN = events.length - 1;
    const page = await ledger.events(site, account, { afterN, limit: PAGE });
    for (const { text } of page) events.push(JSON.parse(text));
    if (page.length < PAGE) return events;
  }
}
