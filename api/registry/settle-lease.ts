import { formatMicros, parseMicros } from '../../ledger/core/decimal.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { Idempotency } from '../ledger-commands.ts';
import type { LeaseDesk } from './lease-life.ts';
import { mustHaveLease } from './leases.ts';
import { LEASE } from './records.ts';

export interface Settlement {
  readonly wallet: string;
  readonly balance: string;
  /** What waits for a second person; absent for a debt, which is paid or written off. */
  readonly approvals: readonly string[];
}

/**
 * Asks for what is left in the wallets of an ended lease to be paid back, or carried over to another
 * account of the same tenant. Somebody else has to agree to each; a debt is only told. Refuses
 * `lease-not-ended`, `account-of-other`.
 */
export async function settleLease(
  desk: LeaseDesk,
  lease: string,
  way: { readonly method: string } | { readonly account: string },
  { by, idempotency }: { readonly by: string; readonly idempotency: Idempotency | undefined },
): Promise<readonly Settlement[]> {
  const { registry, ledger, site } = desk;
  const { doc } = await mustHaveLease(registry, site, lease);
  if (doc.state !== 'ended') {
    throw new Refusal('lease-not-ended', `Lease ${lease} is ${doc.state}: end it first.`, {
      lease,
    });
  }
  const { account: from, tenant } = doc;
  if ('account' in way) {
    const marks = [['account', way.account] as const];
    const [other] = await registry.page(site, LEASE, { marks, limit: 1 });
    if (other?.doc.tenant !== tenant || way.account === from) {
      throw new Refusal(
        'account-of-other',
        `Account ${way.account} is not this tenant's other one.`,
        {
          account: way.account,
        },
      );
    }
  }
  const view = await ledger.account(site, from);
  const settled: Settlement[] = [];
  for (const { wallet, balance } of view?.wallets ?? []) {
    const micros = parseMicros(balance);
    if (micros === 0n) continue;
    const acts = micros < 0n ? [] : actsFor(from, wallet, micros, way);
    const approvals: string[] = [];
    for (const { act, what } of acts) {
      const key = `${idempotency?.key}/${wallet}/${approvals.length}`;
      const once = idempotency && { idempotency: { key, request: idempotency.request } };
      const asked = await ledger.execute({ do: 'ask-approval', site, act, what, by, ...once });
      approvals.push(String(asked['approval']));
    }
    settled.push({ wallet, balance, approvals });
  }
  return settled;
}

function actsFor(
  account: string,
  wallet: string,
  micros: bigint,
  way: { readonly method: string } | { readonly account: string },
): { act: string; what: object }[] {
  const reason = 'lease-ended';
  const amount = formatMicros(micros);
  if ('method' in way) {
    return [{ act: 'pay-refund', what: { account, wallet, amount, method: way.method, reason } }];
  }
  const move = (of: string, by: bigint) => {
    const moves = [{ wallet, amount: formatMicros(by) }];
    return { act: 'post-adjustment', what: { account: of, kind: 'settlement', moves, reason } };
  };
  return [move(account, -micros), move(way.account, micros)];
}
