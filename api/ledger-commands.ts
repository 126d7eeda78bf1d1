import type { GridBill } from '../ledger/core/pass-through.ts';
import type { ExceptionAction } from '../ledger/core/reconciliation.ts';

export interface Idempotency {
  readonly key: string;
  /** SHA-256, hex, of method, path, body and principal. */
  readonly request: string;
}

interface Directed {
  readonly site: string;
  readonly idempotency?: Idempotency;
}

export type Command = Directed &
  (
    | { readonly do: 'open-account'; readonly account?: string; readonly name?: string }
    | ({ readonly do: 'install-meter' } & Binding)
    | { readonly do: 'close-account'; readonly account: string; readonly reason: string }
    | ({ readonly do: 'replace-meter' } & MeterReplacement)
    | { readonly do: 'remove-meter'; readonly account: string; readonly meter: string }
    | { readonly do: 'publish-tariff'; readonly tariff: unknown }
    | { readonly do: 'declare-event-day'; readonly eventDay: unknown }
    | ({ readonly do: 'set-terms' } & NewTerms)
    | {
        readonly do: 'record-stay';
        readonly account: string;
        readonly tariff: string;
        readonly from: string;
        readonly to: string;
      }
    | {
        readonly do: 'share-pool';
        readonly tariff: string;
        readonly share: string;
        readonly month: string;
        readonly pool: string;
      }
    | ({ readonly do: 'credit-top-up' } & TopUp)
    | ({ readonly do: 'open-order' } & NewOrder)
    | { readonly do: 'close-order'; readonly order: string }
    | ({ readonly do: 'take-payment' } & TakenPayment)
    | ({ readonly do: 'settle-refund' } & SettledRefund)
    | {
        readonly do: 'open-shift';
        readonly desk: string;
        readonly float: string;
        readonly by: string;
      }
    | ({ readonly do: 'take-at-desk' } & DeskReceipt)
    | {
        readonly do: 'close-shift';
        readonly shift: string;
        readonly counted: string;
        readonly note?: string;
        readonly by: string;
      }
    | ({ readonly do: 'transfer-between-wallets' } & Transfer)
    | ({ readonly do: 'draw-emergency-credit' } & EmergencyDraw)
    | ({ readonly do: 'take-deposit' } & Deposit)
    | { readonly do: 'record-grid-bill'; readonly bill: GridBill }
    | {
        readonly do: 'ask-approval';
        readonly act: string;
        readonly what: unknown;
        readonly by: string;
      }
    | {
        readonly do: 'decide-approval';
        readonly approval: string;
        readonly by: string;
        readonly agree: boolean;
      }
    | { readonly do: 'complete-reconciliation'; readonly report: unknown; readonly by: string }
    | ({ readonly do: 'act-on-exception' } & TakenAction)
    | {
        readonly do: 'close-reconciliation';
        readonly source: string;
        readonly day: string;
        readonly by: string;
      }
    | { readonly do: 'charge-fees'; readonly account: string; readonly period: string }
    | { readonly do: 'issue-statement'; readonly account: string; readonly period: string }
    | { readonly do: 'create-bridge'; readonly bridge: string }
    | ({ readonly do: 'enrol-device' } & Enrolment)
    | { readonly do: 'release-reading'; readonly meter: string }
  );

export interface CommandResult {
  readonly replayed?: boolean;
  readonly [member: string]: unknown;
}

export interface Binding {
  readonly account: string;
  readonly meter: string;
  readonly serial: string;
  readonly bridge: string;
  /** OBIS code of the billing register. */
  readonly register: string;
  readonly unit: string;
  readonly wallet: string;
  readonly ct: string;
  readonly pt: string;
  readonly tariff: string;
  readonly modulus?: string;
  readonly maxPerHour?: string;
}

/** What is agreed with an account from a month on. */
export interface NewTerms {
  readonly account: string;
  readonly from: string;
  readonly terms: unknown;
  readonly tariffs?: readonly string[];
}

export interface MeterReplacement {
  readonly account: string;
  readonly meter: string;
  readonly by: Omit<Binding, 'account'>;
  /** What the displays showed. */
  readonly closing: string;
  readonly opening: string;
  readonly reason: string;
}

export interface TopUp {
  readonly account: string;
  readonly wallet: string;
  /** 6 decimals. */
  readonly amount: string;
  readonly method: string;
  readonly reference?: string;
  readonly at?: string;
}

export interface WalletPart {
  readonly wallet: string;
  /** 6 decimals. */
  readonly amount: string;
}

export interface NewOrder {
  readonly order: string;
  readonly account: string;
  readonly provider: string;
  readonly way: string;
  readonly parts: readonly WalletPart[];
  readonly expiresAt: string;
}

/** Money that a provider has taken. */
export interface TakenPayment {
  readonly provider: string;
  readonly payment: string;
  readonly order: string;
  readonly amount: string;
  readonly currency: string;
  readonly paidAt: string;
  /** Refused (`payment-doubtful`) instead of put into suspense. */
  readonly unless?: 'doubtful';
}

/** What somebody pays at the front desk. */
export interface DeskReceipt {
  readonly shift: string;
  readonly account: string;
  readonly method: string;
  readonly parts: readonly WalletPart[];
  readonly reference?: string;
  readonly by: string;
}

/** What a provider says of a refund. */
export interface SettledRefund {
  readonly refund: string;
  readonly state: 'waiting' | 'paid' | 'failed';
  /** The provider's number of it. */
  readonly id?: string;
  readonly said?: string;
}

export interface Deposit {
  readonly account: string;
  readonly deposit: string;
  /** 6 decimals. */
  readonly amount: string;
  readonly method: string;
  readonly reference?: string;
}

export interface EmergencyDraw extends WalletPart {
  readonly account: string;
  /** Who ordered it. */
  readonly order: string;
}

export interface Transfer {
  readonly account: string;
  /** The tenant's gain in each wallet; all of them add up to zero. */
  readonly moves: readonly WalletPart[];
  readonly reason: string;
  /** Who ordered it. */
  readonly order: string;
}

/** What somebody does about an exception of a reconciliation. */
export interface TakenAction {
  readonly source: string;
  readonly day: string;
  readonly exception: string;
  readonly action: ExceptionAction;
  readonly note: string;
  readonly by: string;
  readonly approval?: string;
  readonly payment?: string;
}

export interface Enrolment {
  readonly bridge: string;
  readonly token: string;
  readonly jwk: unknown;
  readonly proof: string;
}

export interface NewSite {
  readonly site: string;
  readonly origin: string;
  readonly currency: string;
  readonly zone: string;
}
