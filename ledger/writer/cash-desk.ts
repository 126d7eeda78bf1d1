import {
  ALONE_MICROS,
  CASH_BOOK,
  DESK,
  DESK_METHODS,
  type DeskDoc,
  DRAWER_BOOK,
  deskDoc,
  receiptDoc,
  receiptName,
  type ShiftDoc,
  shiftDoc,
} from '../core/cash-shift.ts';
import { formatMicros, parseMicros } from '../core/decimal.ts';
import { type Approval, SUSPENSE_ACCOUNT } from '../core/money-moves.ts';
import type { OrderPart } from '../core/orders.ts';
import { Refusal } from '../core/refusal.ts';
import { ID } from '../core/shape.ts';
import { formatTime } from '../core/time.ts';
import { accountOf, type CommandContext, type CommandResult } from './commands.ts';
import { creditTo } from './credit-top-up.ts';
import type { Documents } from './documents.ts';
import type { ReadAccountEvents } from './issue-statement.ts';
import { type PayRefund, payRefund } from './move-money.ts';
import { postEntry } from './post-entry.ts';
import { positiveParts, refuseHoarding, sumOf } from './take-payment.ts';

export interface OpenShift {
  readonly desk: string;
  readonly float: string;
  readonly by: string;
}
export interface TakeAtDesk {
  readonly shift: string;
  readonly account: string;
  readonly method: string;
  readonly parts: readonly OrderPart[];
  /** The other side's number: of a slip, a transfer, a cheque. */
  readonly reference?: string | undefined;
  readonly by: string;
}
export interface CloseShift {
  readonly shift: string;
  /** What is in the drawer, float and all. */
  readonly counted: string;
  readonly note?: string | undefined;
  readonly by: string;
}

type Context = CommandContext & { readonly documents: Documents };

/** Opens a cashier's shift at a desk. Refuses `bad-desk`, `shift-open` while another one is. */
export function openShift({ appender, documents }: Context, command: OpenShift): CommandResult {
  const { desk: name, by: cashier } = command;
  if (!DESK.test(name) || parseMicros(command.float) < 0n) {
    throw new Refusal('bad-desk', 'Name the desk, such as lobby; a float is zero or more.');
  }
  const desk = documents.find('desk', name, readDesk) ?? { desk: name, receipts: 0 };
  if (desk.shift !== undefined) {
    const message = `A shift is open at ${name}. Count its drawer first.`;
    throw new Refusal('shift-open', message, { shift: desk.shift });
  }
  const shift = appender.nextId();
  const none = '0.000000';
  const float = formatMicros(parseMicros(command.float));
  const doc = readShift({
    ...{ shift, desk: name, cashier, float, expected: float, state: 'open' },
    ...{ after: desk.receipts, last: desk.receipts, paidOut: none },
    ...{ cash: none, pos: none, transfer: none, cheque: none },
    openedAt: formatTime(appender.now()),
  });
  documents.put('desk', name, { ...desk, shift });
  documents.put('shift', shift, doc);
  return { ...doc };
}

/**
 * Credits what somebody pays at the desk, under the desk's next receipt number; none is ever missing.
 * Refuses `shift-unknown`, `shift-closed`, `not-your-shift`, `bad-method`, and what an order refuses.
 */
export function takeAtDesk(context: Context, command: TakeAtDesk): CommandResult {
  const { shift, by, reference } = command;
  const doc = openShiftOf(context, shift, by);
  const method = DESK_METHODS.find((one) => one === command.method);
  if (method === undefined) {
    throw new Refusal('bad-method', `At the desk it is one of: ${DESK_METHODS.join(', ')}.`);
  }
  const account = accountOf(context.group.state, command.account);
  if (account.account === SUSPENSE_ACCOUNT) {
    throw new Refusal('bad-order', 'Nobody pays into suspense. Name a tenant’s account.');
  }
  const parts = positiveParts(command.parts);
  const { receipt, number } = nextReceipt(context, doc);
  const facts = { receipt, shift, account: account.account, method, parts, by };
  const at = formatTime(context.appender.now());
  const { n } = account;
  // Read before anything is posted: what its shape refuses then changes nothing.
  const written = receiptDoc(
    {
      ...{ ...facts, at, amount: formatMicros(sumOf(parts)), events: parts.map((_, i) => n + i) },
      ...(reference === undefined ? {} : { reference }),
    },
    '',
  );
  refuseHoarding(context, account, parts);
  for (const { wallet, amount } of parts) {
    creditTo(context, account, {
      ...{ wallet, amount, method, reference: receipt, book: `cash:${method}` },
    });
  }
  context.documents.put('receipt', receipt, written);
  putShift(context, number, {
    ...{ ...doc, last: number, [method]: plus(doc[method], sumOf(parts)) },
    ...(method === 'cash' ? { expected: plus(doc.expected, sumOf(parts)) } : {}),
  });
  return { ...written };
}

/**
 * Pays a refund out of the drawer of an open shift, under its next receipt number; two people decided it.
 * Refuses `shift-unknown`, `shift-closed`, `bad-method` for anything but cash, and what a refund refuses.
 */
export function refundAtDesk(
  context: Context,
  command: PayRefund & { readonly shift: string },
  readEvents: ReadAccountEvents,
): CommandResult {
  const { shift, approval, wallet, amount } = command;
  const doc = openShiftOf(context, shift, undefined);
  if (command.method !== 'cash') {
    throw new Refusal('bad-method', 'Out of a drawer only cash is paid.');
  }
  const micros = parseMicros(amount);
  if (micros > parseMicros(doc.expected)) {
    const message = `The drawer holds ${doc.expected}.`;
    throw new Refusal('refund-too-large', message, { amount, left: doc.expected });
  }
  const { receipt, number } = nextReceipt(context, doc);
  const result = payRefund(context, { ...command, reference: receipt }, readEvents);
  const { n } = result;
  const { account, reference } = command;
  const written = {
    ...{ receipt, shift, account, method: 'cash', amount: formatMicros(-micros) },
    ...{ parts: [{ wallet, amount }], events: [n], by: approval.asked },
    at: formatTime(context.appender.now()),
    ...(reference === undefined ? {} : { reference }),
  };
  context.documents.put('receipt', receipt, written);
  putShift(context, number, {
    ...{ ...doc, last: number, paidOut: plus(doc.paidOut, micros) },
    expected: plus(doc.expected, -micros),
  });
  return { ...result, receipt };
}

/**
 * Counts the drawer. What agrees closes the shift; so does a difference that a cashier may post alone. A
 * greater one is asked for as an approval of `close-shift`, and until somebody agrees the drawer may be
 * counted again. Refuses `shift-unknown`, `shift-closed`, `not-your-shift`, `amount-not-positive`.
 */
export function closeShift(context: Context, command: CloseShift, ask: AskClosing): CommandResult {
  const { appender, documents } = context;
  const { shift, by, note } = command;
  const doc = shiftOf(context, shift);
  refuseOther(doc, by);
  if (doc.state === 'closed') throw closedAlready(doc);
  const micros = parseMicros(command.counted);
  if (micros < 0n) throw new Refusal('amount-not-positive', 'A drawer holds zero or more.');
  const difference = micros - parseMicros(doc.expected);
  const at = formatTime(appender.now());
  const counted = readShift({
    ...{ ...doc, counted: formatMicros(micros), difference: formatMicros(difference) },
    ...{ countedAt: at, ...(note === undefined ? {} : { note }) },
  });
  freeDesk(documents, doc);
  if (difference <= ALONE_MICROS && difference >= -ALONE_MICROS) {
    if (difference !== 0n) postDifference(context, counted, { order: by });
    const closed: ShiftDoc = { ...counted, state: 'closed', closedAt: at };
    documents.put('shift', shift, closed);
    return { ...closed };
  }
  const approval = ask({ shift, difference: formatMicros(difference) });
  const waiting: ShiftDoc = { ...counted, state: 'counted', approval };
  documents.put('shift', shift, waiting);
  return { ...waiting };
}

/** Writes down what one person wants, for another to decide; answers the approval's id. */
export type AskClosing = (what: { readonly shift: string; readonly difference: string }) => string;

/** Posts a difference that two people stand for, and closes. Refuses `shift-recounted`, `shift-closed`. */
export function agreeToShift(
  context: Context,
  command: { readonly shift: string; readonly difference: string; readonly approval: Approval },
): CommandResult {
  const doc = shiftOf(context, command.shift);
  if (doc.state === 'closed') throw closedAlready(doc);
  if (doc.state !== 'counted' || doc.difference !== command.difference) {
    const message = 'The drawer was counted again since. Decide about the newer count.';
    throw new Refusal('shift-recounted', message, { shift: doc.shift });
  }
  postDifference(context, doc, { approval: command.approval });
  const closedAt = formatTime(context.appender.now());
  const closed: ShiftDoc = { ...doc, state: 'closed', closedAt };
  context.documents.put('shift', doc.shift, closed);
  return { ...closed };
}

function postDifference(
  context: Context,
  { shift, difference = '0.000000' }: ShiftDoc,
  who: { readonly approval: Approval } | { readonly order: string },
): void {
  const micros = parseMicros(difference);
  postEntry(context, {
    postings: [
      { book: CASH_BOOK, amount: difference },
      { book: DRAWER_BOOK, amount: formatMicros(-micros) },
    ],
    ...{ reason: micros > 0n ? 'cash-over' : 'cash-short', reference: shift, ...who },
  });
}

function nextReceipt({ documents }: Context, { desk, last }: ShiftDoc) {
  const { receipts } = documents.find('desk', desk, readDesk) ?? { receipts: last };
  const number = receipts + 1;
  return { number, receipt: receiptName(desk, number) };
}

function putShift({ documents }: Context, receipts: number, doc: ShiftDoc): void {
  documents.put('desk', doc.desk, { desk: doc.desk, receipts, shift: doc.shift });
  documents.put('shift', doc.shift, doc);
}

function freeDesk(documents: Documents, { desk: name, shift }: ShiftDoc): void {
  const desk = documents.find('desk', name, readDesk);
  if (desk?.shift !== shift) return;
  documents.put('desk', name, { desk: name, receipts: desk.receipts });
}

/** `by`: only who opened it; undefined where two people have decided. */
function openShiftOf(context: Context, shift: string, by: string | undefined): ShiftDoc {
  const doc = shiftOf(context, shift);
  if (by !== undefined) refuseOther(doc, by);
  if (doc.state !== 'open') throw closedAlready(doc);
  return doc;
}

function shiftOf({ documents }: Context, shift: string): ShiftDoc {
  const doc = ID.test(shift) ? documents.find('shift', shift, readShift) : undefined;
  if (doc !== undefined) return doc;
  throw new Refusal('shift-unknown', 'There is no such shift.');
}

function refuseOther({ cashier }: ShiftDoc, by: string): void {
  if (cashier === by) return;
  throw new Refusal('not-your-shift', 'A drawer is opened, used and counted by the same person.');
}

function closedAlready({ shift }: ShiftDoc): Refusal {
  return new Refusal('shift-closed', 'The drawer of this shift was counted. Open another one.', {
    shift,
  });
}

function plus(amount: string, micros: bigint): string {
  return formatMicros(parseMicros(amount) + micros);
}

function readDesk(value: unknown): DeskDoc {
  return deskDoc(value, '');
}

function readShift(value: unknown): ShiftDoc {
  return shiftDoc(value, '');
}
