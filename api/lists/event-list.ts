import { z } from 'zod';
import { EVENT_TYPES, parseEvent } from '../../ledger/core/event.ts';
import { parseTime } from '../../ledger/core/time.ts';
import type { EventView, LedgerPort } from '../ledger-port.ts';
import { time } from '../shapes.ts';
import { fitting, type List } from './list-reply.ts';

export const eventFilters = {
  type: z.enum(EVENT_TYPES).optional(),
  from: time.optional().describe('That took effect then or later'),
  to: time.optional().describe('And before then'),
};

interface Asked {
  readonly ledger: LedgerPort;
  readonly site: string;
  readonly query: {
    readonly type?: string | undefined;
    readonly from?: string | undefined;
    readonly to?: string | undefined;
  };
}

/** An event and its number in the account's chain, which is gapless from 0. */
interface Numbered extends EventView {
  readonly n: number;
}

/** An account's events in their order. */
export function eventList({ ledger, site, query }: Asked, account: string): List<Numbered> {
  const { type, from, to } = query;
  const isWhole = type === undefined && from === undefined && to === undefined;
  const [fromMs, toMs] = [from, to].map((text) =>
    text === undefined ? undefined : parseTime(text),
  );
  const fits = ({ text }: Numbered) => {
    if (type !== undefined && !text.endsWith(`"type":"${type}","v":1}`)) return false;
    if (fromMs === undefined && toMs === undefined) return true;
    const atMs = parseTime(parseEvent(text).at);
    return atMs >= (fromMs ?? atMs) && (toMs === undefined || atMs < toMs);
  };
  const keyOf = ({ n }: Numbered) => String(n);
  const read = async (after: string | undefined, limit: number): Promise<Numbered[]> => {
    const afterN = after === undefined ? -1 : Number(after);
    const events = await ledger.events(site, account, { afterN, limit });
    return events.map((event, i) => ({ ...event, n: afterN + 1 + i }));
  };
  return {
    name: `events-${site}-${account}`,
    filter: `events ${site} ${account} ${type ?? ''} ${from ?? ''} ${to ?? ''}`,
    read: async (after, limit) => {
      return isWhole
        ? await read(after, limit)
        : await fitting(read, keyOf, fits, { after, limit });
    },
    keyOf,
    view: ({ leaf, text }) => ({ leaf, text }),
    columns: [
      { head: 'n', of: ({ n }) => n },
      { head: 'leaf', of: ({ leaf }) => leaf },
      { head: 'at', of: ({ text }) => parseEvent(text).at },
      { head: 'type', of: ({ text }) => parseEvent(text).type },
      ...['wallet', 'meter', 'period', 'quantity', 'amount', 'balance'].map((head) => ({
        head,
        of: ({ text }: Numbered) => member(text, head),
      })),
      { head: 'id', of: ({ text }) => parseEvent(text).id },
      { head: 'event', of: ({ text }) => text },
    ],
  };
}

/** A text of the event's data, where it has one of that name. */
function member(text: string, name: string): string | undefined {
  const value = parseEvent(text).data[name];
  return typeof value === 'string' ? value : undefined;
}
