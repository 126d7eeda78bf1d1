import { paymentTaken } from '../../ledger/core/orders.ts';
import {
  type ExceptionAction,
  type ExceptionDoc,
  exceptionDoc,
  exceptionId,
  type ReconciliationDoc,
  reconciliationDoc,
} from '../../ledger/core/reconciliation.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { CommandResult, Idempotency } from '../ledger-commands.ts';
import type { LedgerPort } from '../ledger-port.ts';
import type { Desk } from './settlement-given.ts';

export interface ActionAsked {
  readonly source: string;
  readonly day: string;
  readonly exception: string;
  readonly action: ExceptionAction;
  readonly note: string;
  /** What is to be asked for, in the shape of the act, where the exception does not say it itself. */
  readonly what?: Readonly<Record<string, unknown>> | undefined;
  readonly idempotency?: Idempotency | undefined;
}

/**
 * Does what an action stands for (a credit, or an approval that is asked for) and writes it down with the
 * exception. Refuses `reconciliation-unknown`, `reconciliation-closed`, `exception-unknown`,
 * `action-unfit`, and what the act itself refuses; then nothing is written down.
 */
export async function actOn(desk: Desk, asked: ActionAsked): Promise<CommandResult> {
  const { ledger, site, by } = desk;
  const { source, day, exception, action, note, idempotency } = asked;
  const doc = await mustHaveDay(ledger, site, source, day);
  if (doc.isClosed) {
    throw new Refusal('reconciliation-closed', `${source}, ${day} is closed.`, { source, day });
  }
  const found = await ledger.documents.find(site, 'exception', exceptionId(doc, exception));
  if (found === undefined) {
    throw new Refusal('exception-unknown', 'This reconciliation has no such exception.');
  }
  const done = await carryOut(desk, asked, doc, exceptionDoc(found, ''));
  return await ledger.execute({
    do: 'act-on-exception',
    ...{ site, source, day, exception, action, note, by, ...done },
    ...(idempotency === undefined ? {} : { idempotency }),
  });
}

/** Refuses `reconciliation-unknown`. */
export async function mustHaveDay(
  ledger: LedgerPort,
  site: string,
  source: string,
  day: string,
): Promise<ReconciliationDoc> {
  const doc = await ledger.documents.find(site, 'reconciliation', `${source}/${day}`);
  if (doc !== undefined) return reconciliationDoc(doc, '');
  throw new Refusal('reconciliation-unknown', 'This day was not reconciled yet.');
}

async function carryOut(
  desk: Desk,
  asked: ActionAsked,
  doc: ReconciliationDoc,
  exception: ExceptionDoc,
): Promise<{ readonly approval?: string; readonly payment?: string }> {
  const { source, action, what = {} } = asked;
  const { id: payment = '' } = exception;
  switch (action) {
    case 'credit':
      if (exception.ledger === undefined) return await credit(desk, doc, exception);
      return await ask(desk, asked, 'resolve-suspense', { provider: source, payment, ...what });
    case 'refund-duplicate': {
      const sent = await duplicateOf(desk, source, payment);
      if (sent === undefined) return await ask(desk, asked, 'pay-refund', byHand(asked, exception));
      return await ask(desk, asked, 'refund-payment', { ...sent, ...what });
    }
    case 'refund':
      return await ask(desk, asked, 'pay-refund', byHand(asked, exception));
    case 'adjust':
      return await ask(desk, asked, 'post-adjustment', { reason: 'reconciliation', ...what });
    case 'book-fee':
      return await ask(desk, asked, 'post-entry', { ...entryFor('fees', exception, doc), ...what });
    case 'write-off':
      return await ask(desk, asked, 'post-entry', {
        ...{ ...entryFor('write-off', exception, doc), ...what },
      });
    case 'match':
    case 'wait-a-day':
    case 'carry':
      return {};
  }
}

/** A refund that was made in the provider's console. */
function byHand({ source, what }: ActionAsked, { refund, id }: ExceptionDoc) {
  const reference = refund ?? id;
  const known = reference === undefined ? {} : { reference };
  return { method: source, reason: 'reconciliation', ...known, ...what };
}

/** What gives a payment back whole from suspense, where it waits; undefined where it is not there. */
async function duplicateOf({ ledger, site }: Desk, provider: string, payment: string) {
  const doc = await ledger.documents.find(site, 'payment', `${provider}/${payment}`);
  if (doc === undefined) return undefined;
  const { state, amount } = paymentTaken(doc, '');
  const parts = state === 'suspense' ? { parts: [{ wallet: 'suspense', amount }] } : {};
  return { provider, payment, reason: 'paid-twice', ...parts };
}

/** The file is the truth: money that nobody told us of is taken as if they had. */
async function credit(
  { ledger, site }: Desk,
  { source, currency }: ReconciliationDoc,
  { id: payment, order, provider, at: paidAt, bucket, row }: ExceptionDoc,
) {
  if (payment === undefined || provider === undefined || row === undefined) {
    const message = 'There is no payment in the file that could be credited.';
    throw new Refusal('action-unfit', message, { bucket });
  }
  await ledger.execute({
    do: 'take-payment',
    ...{ site, provider: source, payment, order: order ?? payment, currency, paidAt },
    amount: inMicros(provider),
  });
  return { payment };
}

/** The second person decides about it where all approvals are. */
async function ask(
  { ledger, site, by }: Desk,
  { idempotency }: ActionAsked,
  act: string,
  what: object,
): Promise<{ approval: string }> {
  const once =
    idempotency === undefined
      ? {}
      : { idempotency: { ...idempotency, key: `${idempotency.key}/asked` } };
  const { approval } = await ledger.execute({
    do: 'ask-approval',
    ...{ site, act, what, by, ...once },
  });
  return { approval: String(approval) };
}

/** What the provider kept more than it should, from what is on its way to us. */
function entryFor(book: string, { difference, id }: ExceptionDoc, { source }: ReconciliationDoc) {
  const micros = inMicros(difference);
  const opposite = micros.startsWith('-') ? micros.slice(1) : `-${micros}`;
  return {
    postings: [
      { book: `${book}:${source}`, amount: opposite },
      { book: `transit:${source}`, amount: micros },
    ],
    reason: 'reconciliation',
    ...(id === undefined ? {} : { reference: id }),
  };
}

/** The ledger counts in micros; of a currency with finer fees the rest stays an exception. */
function inMicros(amount: string): string {
  return amount.slice(0, amount.indexOf('.') + 7);
}
