import type { Primitives } from '../core/primitives.ts';
import { drawEmergencyCredit } from './agree-wallet.ts';
import { askApproval, decideApproval } from './approvals.ts';
import { closeShift, openShift, takeAtDesk } from './cash-desk.ts';
import { chargeFees } from './charge-fees.ts';
import { closeAccount } from './close-account.ts';
import {
  type CommandContext,
  type CommandResult,
  confirmAnchor,
  installMeter,
  openAccount,
  publishTariff,
  refuseUnbilled,
  releaseReading,
  removeMeter,
} from './commands.ts';
import { creditTopUp } from './credit-top-up.ts';
import { declareEventDay } from './declare-event-day.ts';
import { takeDeposit } from './deposits.ts';
import type { Documents } from './documents.ts';
import { createBridge, enrolDevice } from './enrol-device.ts';
import { issueStatement, type ReadAccountEvents } from './issue-statement.ts';
import type { Command } from './messages.ts';
import { postAdjustment } from './move-money.ts';
import { recordGridBill } from './pass-through.ts';
import { actOnException, closeReconciliation, completeReconciliation } from './reconcile.ts';
import { recordStay } from './record-stay.ts';
import { refuseRefundWallet, settleRefund } from './refund-payment.ts';
import { replaceMeter } from './replace-meter.ts';
import { setTerms } from './set-terms.ts';
import { sharePool } from './share-pool.ts';
import { closeOrder, openOrder, takePayment } from './take-payment.ts';
import { refuseManyWallets } from './wallet-room.ts';

interface Context extends CommandContext {
  readonly documents: Documents;
  readonly readEvents: ReadAccountEvents;
  readonly primitives: Primitives;
}

/** Does a command to the group of its site; refuses it with nothing to be kept of it. */
export function runCommand(context: Context, command: Command): CommandResult {
  const { readEvents } = context;
  switch (command.do) {
    case 'open-account':
      return openAccount(context, command);
    case 'install-meter': {
      const { do: _, site: __, idempotency: ___, ...binding } = command;
      return installMeter(context, binding);
    }
    case 'close-account':
      return closeAccount(context, command);
    case 'replace-meter':
      return replaceMeter(context, command);
    case 'remove-meter':
      return removeMeter(context, command);
    case 'publish-tariff':
      return publishTariff(context, command);
    case 'declare-event-day':
      return declareEventDay(context, command);
    case 'record-stay':
      return recordStay(context, command);
    case 'share-pool':
      return sharePool(context, command, readEvents);
    case 'set-terms':
      return setTerms(context, command);
    case 'charge-fees':
      return chargeFees(context, command);
    case 'issue-statement':
      refuseUnbilled(command.account);
      return issueStatement(context, command, readEvents);
    case 'create-bridge':
      return createBridge(context, command);
    case 'enrol-device':
      return enrolDevice(context, command, context.primitives);
    case 'release-reading':
      return releaseReading(context, command);
    case 'confirm-anchor':
      return confirmAnchor(context, command);
    default:
      return moveMoney(context, command);
  }
}

type MoneyCommand = Extract<
  Command,
  {
    readonly do:
      | 'credit-top-up'
      | 'open-order'
      | 'close-order'
      | 'take-payment'
      | 'settle-refund'
      | 'open-shift'
      | 'take-at-desk'
      | 'close-shift'
      | 'transfer-between-wallets'
      | 'draw-emergency-credit'
      | 'take-deposit'
      | 'record-grid-bill'
      | 'ask-approval'
      | 'decide-approval'
      | 'complete-reconciliation'
      | 'act-on-exception'
      | 'close-reconciliation';
  }
>;

function moveMoney(context: Context, command: MoneyCommand): CommandResult {
  const { readEvents } = context;
  switch (command.do) {
    case 'credit-top-up':
      refuseManyWallets(context.group, command.account, [command.wallet]);
      return creditTopUp(context, command);
    case 'open-order':
      refuseManyWallets(context.group, command.account, walletsOf(command.parts));
      return openOrder(context, command);
    case 'close-order':
      return closeOrder(context, command);
    case 'take-payment':
      return takePayment(context, command);
    case 'settle-refund':
      return settleRefund(context, command, readEvents);
    case 'open-shift':
      return openShift(context, command);
    case 'take-at-desk':
      refuseManyWallets(context.group, command.account, walletsOf(command.parts));
      return takeAtDesk(context, command);
    case 'close-shift':
      return closeShift(context, command, (what) => {
        const { approval } = askApproval(context, { act: 'close-shift', what, by: command.by });
        return String(approval);
      });
    case 'transfer-between-wallets':
      refuseRefundWallet(walletsOf(command.moves));
      refuseManyWallets(context.group, command.account, walletsOf(command.moves));
      return postAdjustment(context, { ...command, kind: 'transfer' });
    case 'draw-emergency-credit':
      return drawEmergencyCredit(context, command);
    case 'take-deposit':
      return takeDeposit(context, command);
    case 'record-grid-bill':
      return recordGridBill(context, command);
    case 'ask-approval':
      return askApproval(context, command);
    case 'decide-approval':
      return decideApproval(context, command, readEvents);
    case 'complete-reconciliation':
      return completeReconciliation(context, command);
    case 'act-on-exception':
      return actOnException(context, command);
    case 'close-reconciliation':
      return closeReconciliation(context, command);
  }
}

function walletsOf(parts: readonly { readonly wallet: string }[]): string[] {
  return parts.map(({ wallet }) => wallet);
}
