import type { JsonObject } from '../core/canonical-json.ts';
import { SUSPENSE_ACCOUNT } from '../core/money-moves.ts';
import { Refusal } from '../core/refusal.ts';
import { formatTime } from '../core/time.ts';
import { type WalletAgreed, walletAgreed } from '../core/wallet-terms.ts';
import { accountOf, type CommandContext, type CommandResult } from './commands.ts';
import { postAdjustment } from './move-money.ts';
import { refuseRefundWallet } from './refund-payment.ts';
import { refuseAgainstTerms } from './wallet-terms.ts';

export interface AgreeWallet extends WalletAgreed {
  readonly account: string;
}
export interface DrawCredit {
  readonly account: string;
  readonly wallet: string;
  readonly amount: string;
  /** Who ordered it: the tenant. */
  readonly order: string;
}

/**
 * Writes down what was agreed about a wallet; it takes the place of what was agreed before. Two people decide
 * (`approval-missing`). Refuses `terms-broken` for limits below zero and a share that is no percentage.
 */
export function agreeWallet(context: CommandContext, command: AgreeWallet): CommandResult {
  const { appender, group } = context;
  const { account: id, ...terms } = command;
  const account = accountOf(group.state, id);
  if (account.account === SUSPENSE_ACCOUNT) {
    throw new Refusal('terms-broken', 'Nothing is agreed about suspense: it is nobody’s.', {
      ...{ wallet: terms.wallet, rule: 'terms', limit: '0.000000' },
    });
  }
  refuseRefundWallet([terms.wallet]);
  const data: JsonObject = JSON.parse(JSON.stringify(terms));
  walletAgreed(data, '/data');
  const nowMs = appender.now();
  const event = { type: 'wallet.agreed', at: formatTime(nowMs), data } as const;
  refuseAgainstTerms(group.state, account, event);
  const { n } = account;
  const leaf = appender.append(group, account, event.type, data, nowMs);
  return { account: id, wallet: terms.wallet, n, leaf };
}

/**
 * Lends the tenant what was agreed for an emergency, by the tenant's order; it is repaid from top-ups first.
 * Refuses `terms-broken` beyond the limit, a second time in a local month, and before the last was repaid.
 */
export function drawEmergencyCredit(context: CommandContext, command: DrawCredit): CommandResult {
  const { account, wallet, amount, order } = command;
  refuseRefundWallet([wallet]);
  const moves = [{ wallet, amount }];
  const what = { account, kind: 'emergency', reason: 'tenant-order', order, moves } as const;
  return postAdjustment(context, what);
}
