import type { JsonObject } from '../core/canonical-json.ts';
import type { MeterInstalled } from '../core/event-data.ts';
import type { DrawCredit } from './agree-wallet.ts';
import type { AskApproval, DecideApproval } from './approvals.ts';
import type { CloseShift, OpenShift, TakeAtDesk } from './cash-desk.ts';
import type { CloseAccount } from './close-account.ts';
import type { OpenAccount } from './commands.ts';
import type { TopUp } from './credit-top-up.ts';
import type { TakeDeposit } from './deposits.ts';
import type { Enrolment } from './enrol-device.ts';
import type { PostAdjustment } from './move-money.ts';
import type { RecordGridBill } from './pass-through.ts';
import type { ActOnException, CloseReconciliation, CompleteReconciliation } from './reconcile.ts';
import type { RecordStay } from './record-stay.ts';
import type { SettleRefund } from './refund-payment.ts';
import type { ReplaceMeter } from './replace-meter.ts';
import type { SetTerms } from './set-terms.ts';
import type { SharePool } from './share-pool.ts';
import type { OpenOrder, TakePayment } from './take-payment.ts';

interface Directed {
  readonly site: string;
  /** A result is kept under this key in the same commit; the same request again gets it again. */
  readonly idempotency?: { readonly key: string; readonly request: string } | undefined;
}

/** What can be asked of the writer besides taking batches. */
export type Command = Directed &
  (
    | ({ readonly do: 'open-account' } & OpenAccount)
    | ({ readonly do: 'install-meter'; readonly account: string } & MeterInstalled)
    | ({ readonly do: 'close-account' } & CloseAccount)
    | ({ readonly do: 'replace-meter' } & ReplaceMeter)
    | { readonly do: 'remove-meter'; readonly account: string; readonly meter: string }
    | { readonly do: 'publish-tariff'; readonly tariff: unknown }
    | { readonly do: 'declare-event-day'; readonly eventDay: unknown }
    | ({ readonly do: 'record-stay' } & RecordStay)
    | ({ readonly do: 'share-pool' } & SharePool)
    | ({ readonly do: 'set-terms' } & SetTerms)
    | ({ readonly do: 'credit-top-up' } & TopUp)
    | ({ readonly do: 'open-order' } & OpenOrder)
    | { readonly do: 'close-order'; readonly order: string }
    | ({ readonly do: 'take-payment' } & TakePayment)
    | ({ readonly do: 'settle-refund' } & SettleRefund)
    | ({ readonly do: 'open-shift' } & OpenShift)
    | ({ readonly do: 'take-at-desk' } & TakeAtDesk)
    | ({ readonly do: 'close-shift' } & CloseShift)
    | ({ readonly do: 'transfer-between-wallets' } & Omit<PostAdjustment, 'kind' | 'approval'>)
    | ({ readonly do: 'draw-emergency-credit' } & DrawCredit)
    | ({ readonly do: 'take-deposit' } & TakeDeposit)
    | ({ readonly do: 'record-grid-bill' } & RecordGridBill)
    | ({ readonly do: 'ask-approval' } & AskApproval)
    | ({ readonly do: 'decide-approval' } & DecideApproval)
    | ({ readonly do: 'complete-reconciliation' } & CompleteReconciliation)
    | ({ readonly do: 'act-on-exception' } & ActOnException)
    | ({ readonly do: 'close-reconciliation' } & CloseReconciliation)
    | { readonly do: 'charge-fees'; readonly account: string; readonly period: string }
    | { readonly do: 'issue-statement'; readonly account: string; readonly period: string }
    | { readonly do: 'create-bridge'; readonly bridge: string }
    | ({ readonly do: 'enrol-device' } & Enrolment)
    | { readonly do: 'release-reading'; readonly meter: string }
    | { readonly do: 'confirm-anchor'; readonly anchor: JsonObject }
  );
