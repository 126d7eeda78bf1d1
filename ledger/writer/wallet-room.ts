import { Refusal } from '../core/refusal.ts';
import type { SiteGroup } from './group.ts';

/** A bill shows 32 wallets (docs/formats.md, 12); what tariffs charge to must have room beside what people name. */
const MOST_WALLETS = 24;

/** Refuses `wallets-full` where people name more wallets than a bill could show with what is charged. */
export function refuseManyWallets(
  { state }: SiteGroup,
  id: string,
  wallets: readonly string[],
): void {
  const known = state.accounts.get(id)?.wallets;
  if (known === undefined) return;
  const fresh = new Set(wallets.filter((wallet) => !known.has(wallet)));
  if (fresh.size === 0 || known.size + fresh.size <= MOST_WALLETS) return;
  const message = `An account has at most ${MOST_WALLETS} wallets. Use one that it has.`;
  throw new Refusal('wallets-full', message, { account: id, most: MOST_WALLETS });
}
