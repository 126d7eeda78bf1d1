import { formatMicros, parseMicros } from '../../ledger/core/decimal.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { Idempotency } from '../ledger-commands.ts';
import type { LeaseDesk } from './lease-life.ts';
import { mustHaveLease } from './leases.ts';
import { LEASE, type LeaseDoc } from './records.ts';
import { idFor } from './registry.ts';

/** By which approvals of a settlement are known. */
const REASON = 'lease-ended';
/** Approvals that one question to the ledger answers. */
const AT_ONCE = 500;

export interface Settlement {
  readonly wallet: string;
  readonly balance: string;
  /** What waits for a second person; absent for a debt, which is paid or written off. */
  readonly approvals: readonly string[];
}

/**
 * Asks for what is left in the wallets of an ended lease to be paid back, or carried over to another
 * account of the same tenant. Somebody else has to agree to each; a debt is only told. Refuses
 * `lease-not-ended`, `account-of-other`, and `settlement-waiting` while what an earlier request asked for
 * is not decided: the same money would be asked for twice.
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
  const reference = idempotency === undefined ? lease : `${lease} ${idFor('s', idempotency)}`;
  await refuseWaiting(desk, doc, reference);
  const view = await ledger.account(site, from);
  const settled: Settlement[] = [];
  for (const { wallet, balance } of view?.wallets ?? []) {
    const micros = parseMicros(balance);
    if (micros === 0n) continue;
    const acts = micros < 0n ? [] : actsFor(from, wallet, micros, way, reference);
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

/** The same request, sent again, goes on where it stopped: what it asked for has its own reference. */
async function refuseWaiting(
  { ledger, site }: LeaseDesk,
  { lease, account }: LeaseDoc,
  own: string,
): Promise<void> {
  for (let after: string | undefined; ; ) {
    const page = await ledger.documents.page(site, 'approval', {
      ...(after !== undefined && { after }),
      limit: AT_ONCE,
    });
    for (const { id, doc } of page) {
      const { state, what }: { state?: unknown; what?: unknown } = Object(doc);
      const about: { account?: unknown; reason?: unknown; reference?: unknown } = Object(what);
      if (state !== 'waiting' || about.reason !== REASON) continue;
      const of = String(about.reference ?? '').split(' ', 1)[0];
      const isOwn = about.reference === own && own !== lease;
      if (isOwn || (of !== lease && about.account !== account)) continue;
      throw new Refusal(
        'settlement-waiting',
        `Approval ${id} of lease ${lease} waits for a second person. Decide it first.`,
        { lease, approval: id },
      );
    }
    if (page.length < AT_ONCE) return;
    after = page.at(-1)?.id;
  }
}

function actsFor(
  account: string,
  wallet: string,
  micros: bigint,
  way: { readonly method: string } | { readonly account: string },
  reference: string,
): { act: string; what: object }[] {
  const reason = REASON;
  const amount = formatMicros(micros);
  if ('method' in way) {
    const { method } = way;
    return [{ act: 'pay-refund', what: { account, wallet, amount, method, reason, reference } }];
  }
  const move = (of: string, by: bigint) => {
    const moves = [{ wallet, amount: formatMicros(by) }];
    const what = { account: of, kind: 'settlement', moves, reason, reference };
    return { act: 'post-adjustment', what };
  };
  return [move(account, -micros), move(way.account, micros)];
}
