import { z } from 'zod';
import type { AccountRow, LedgerPort } from '../ledger-port.ts';
import { id } from '../shapes.ts';
import { fitting, type List } from './list-reply.ts';

export const accountFilters = {
  prefix: id.optional().describe('What the account’s id begins with'),
  name: z.string().min(1).max(64).optional().describe('What the name holds, in any case'),
};

interface Asked {
  readonly ledger: LedgerPort;
  readonly site: string;
  readonly query: {
    readonly prefix?: string | undefined;
    readonly name?: string | undefined;
  };
}

/** The accounts of a site, by id. */
export function accountList({ ledger, site, query }: Asked): List<AccountRow> {
  const { prefix = '', name } = query;
  const keyOf = ({ account }: AccountRow) => account;
  const wanted = name?.toLowerCase();
  return {
    name: `accounts-${site}`,
    filter: `accounts ${site} ${JSON.stringify([prefix, wanted ?? ''])}`,
    read: async (after, limit) => {
      // Ids of a prefix stand together: the list begins right before the first of them.
      const from = after ?? beforeFirst(prefix);
      const rows = async (last: string | undefined, count: number) => {
        const page = { limit: count, ...(last === undefined ? {} : { after: last }) };
        const read = await ledger.accounts(site, page);
        return read.filter(({ account }) => account.startsWith(prefix));
      };
      if (wanted === undefined) return await rows(from, limit);
      const fits = (row: AccountRow) => row.name?.toLowerCase().includes(wanted) ?? false;
      return await fitting(rows, keyOf, fits, { after: from, limit });
    },
    keyOf,
    view: (row) => row,
    columns: [
      { head: 'account', of: ({ account }) => account },
      { head: 'name', of: ({ name: shown }) => shown },
    ],
  };
}

/** The greatest id that is less than all of a prefix: ids have no character above `~`. */
function beforeFirst(prefix: string): string | undefined {
  if (prefix === '') return undefined;
  const last = prefix.charCodeAt(prefix.length - 1);
  return `${prefix.slice(0, -1)}${String.fromCharCode(last - 1)}~`;
}
