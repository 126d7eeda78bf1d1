import { canonicalize } from '../core/canonical-json.ts';
import { formatDecimal } from '../core/decimal.ts';
import {
  type ActionTaken,
  type ExceptionAction,
  type ExceptionDoc,
  type ExceptionFacts,
  exceptionDoc,
  exceptionId,
  MOST_EXCEPTIONS,
  type ReconciliationDoc,
  type ReconciliationFacts,
  reconciliationCompleted,
  reconciliationDoc,
  reconciliationFacts,
  reconciliationId,
  tooDifferent,
} from '../core/reconciliation.ts';
import { Refusal } from '../core/refusal.ts';
import { formatTime } from '../core/time.ts';
import { readApproval } from './approvals.ts';
import type { CommandContext, CommandResult } from './commands.ts';
import type { Documents } from './documents.ts';
import { sha256Hex } from './fast-hash.ts';
import { siteAccount } from './group.ts';

/** These leave the difference for another day, by name. */
const CARRYING: readonly ExceptionAction[] = ['wait-a-day', 'carry'];

export interface CompleteReconciliation {
  readonly report: unknown;
  readonly by: string;
}
export interface ActOnException {
  readonly source: string;
  readonly day: string;
  readonly exception: string;
  readonly action: ExceptionAction;
  readonly note: string;
  readonly by: string;
  readonly approval?: string | undefined;
  readonly payment?: string | undefined;
}
export interface CloseReconciliation {
  readonly source: string;
  readonly day: string;
  readonly by: string;
}

type Context = CommandContext & { readonly documents: Documents };

/**
 * Keeps what a file was found to say of a day, and logs that it was. The same file again changes nothing;
 * another one takes its place while the day is open. Refuses `reconciliation-closed`,
 * `reconciliation-too-different`, and `bad-shape` for numbers that do not add up.
 */
export function completeReconciliation(
  context: Context,
  { report, by }: CompleteReconciliation,
): CommandResult {
  const { documents, appender } = context;
  const facts = reconciliationFacts(report, '/report');
  const known = documents.find('reconciliation', reconciliationId(facts), readDoc);
  if (known?.file === facts.file) return { ...known, replayed: true };
  if (known?.isClosed === true) throw closed(known);
  if (facts.exceptions.length > MOST_EXCEPTIONS) throw tooDifferent();
  const { exceptions: found, ...numbers } = facts;
  refuseUnbalanced(found, facts.unexplained);
  const buckets: Record<string, number> = {};
  const exceptions = found.map((exception): ExceptionDoc => {
    const n = (buckets[exception.bucket] ?? 0) + 1;
    buckets[exception.bucket] = n;
    const name = `${exception.bucket}.${String(n).padStart(7, '0')}`;
    return { exception: name, ...exception, actions: [] };
  });
  const doc = readDoc({
    ...{ ...numbers, exceptions: exceptions.length, buckets, isClosed: false },
    ...{ remaining: facts.unexplained, carried: zeroOf(facts.unexplained) },
    ...{ report: reportHash(facts, exceptions), completed: by },
    completedAt: formatTime(appender.now()),
  });
  for (const exception of exceptions) putException(context, doc, exception);
  return { ...doc, ...conclude(context, doc) };
}

/**
 * Writes down what somebody does about an exception; the money of it moves by its own command. Refuses
 * `reconciliation-unknown`, `exception-unknown`, `reconciliation-closed`, `approval-unknown`.
 */
export function actOnException(context: Context, command: ActOnException): CommandResult {
  const { documents, appender } = context;
  const { action, note, by, approval, payment } = command;
  const doc = openDay(context, command);
  const id = exceptionId(doc, command.exception);
  const exception = documents.find('exception', id, readException);
  if (exception === undefined) {
    throw new Refusal('exception-unknown', 'This reconciliation has no such exception.');
  }
  if (approval !== undefined && approvalState(context, approval) === undefined) {
    throw new Refusal('approval-unknown', 'There is no such approval.');
  }
  const taken: ActionTaken = {
    ...{ action, note, by, at: formatTime(appender.now()) },
    ...(approval === undefined ? {} : { approval }),
    ...(payment === undefined ? {} : { payment }),
  };
  const decided = readException(plain({ ...exception, actions: [...exception.actions, taken] }));
  putException(context, doc, decided);
  // Afresh, since approvals are given and refused in between.
  const remaining = textLike(doc.remaining, sumOf(undecided(context, exceptionsOf(context, doc))));
  documents.put('reconciliation', reconciliationId(doc), { ...doc, remaining });
  return { ...decided, remaining };
}

/**
 * Closes a day of which nothing is unexplained, or each rest was decided about by name. A closed day stays
 * closed. Refuses `reconciliation-unknown`, and `reconciliation-open` with how many are left.
 */
export function closeReconciliation(context: Context, command: CloseReconciliation): CommandResult {
  const doc = dayOf(context, command);
  if (doc.isClosed) return { ...doc, replayed: true };
  const exceptions = exceptionsOf(context, doc);
  const open = undecided(context, exceptions);
  if (open.length > 0) {
    const remaining = textLike(doc.remaining, sumOf(open));
    const message = `${open.length} exceptions, ${remaining} together, wait for a decision.`;
    throw new Refusal('reconciliation-open', message, { left: open.length, remaining });
  }
  const carried = exceptions.filter(({ actions }) =>
    CARRYING.some((action) => action === actions.at(-1)?.action),
  );
  const ended: ReconciliationDoc = {
    ...{ ...doc, isClosed: true, closed: command.by },
    ...{ remaining: zeroOf(doc.remaining), carried: textLike(doc.carried, sumOf(carried)) },
    closedAt: formatTime(context.appender.now()),
    report: reportHash(doc, exceptions),
  };
  return { ...ended, ...conclude(context, readDoc(ended)) };
}

/** The document and the event of one state of a day, in one step. */
function conclude(context: Context, doc: ReconciliationDoc): { n: number; leaf: number } {
  const { source, day, file, report, matched, exceptions, isClosed } = doc;
  const account = siteAccount(context.group.state);
  const { n } = account;
  const data = { source, day, file, report, matched, exceptions, closed: isClosed };
  reconciliationCompleted(data, '/data');
  const leaf = context.appender.append(context.group, account, 'reconciliation.completed', data);
  context.documents.put('reconciliation', reconciliationId(doc), doc);
  return { n, leaf };
}

/** SHA-256 of the canonical text of everything that was found and decided. */
function reportHash(
  doc: Omit<ReconciliationFacts, 'exceptions'>,
  exceptions: readonly ExceptionDoc[],
): string {
  const { source, day, file, currency, rows, matched, sums, unexplained, payouts } = doc;
  const numbers = { v: 1, source, day, file, currency, rows, matched, sums, unexplained };
  return sha256Hex(canonicalize(plain({ ...numbers, payouts, exceptions })));
}

function exceptionsOf({ documents }: Context, doc: ReconciliationDoc): ExceptionDoc[] {
  return Object.entries(doc.buckets).flatMap(([bucket, count]) =>
    Array.from({ length: count }, (_, i) => {
      const name = `${bucket}.${String(i + 1).padStart(7, '0')}`;
      const found = documents.find('exception', exceptionId(doc, name), readException);
      if (found !== undefined) return found;
      throw new Refusal('store-damaged', 'An exception of a reconciliation is missing.');
    }),
  );
}

/** What makes a difference and has no decision yet. */
function undecided(context: Context, exceptions: readonly ExceptionDoc[]): ExceptionDoc[] {
  return exceptions.filter(
    (exception) => fine(exception.difference) !== 0n && !isDecided(context, exception),
  );
}

/** What was asked for counts only once somebody else has agreed, and it was done. */
function isDecided(context: Context, { actions }: ExceptionDoc): boolean {
  const last = actions.at(-1);
  if (last?.approval === undefined) return last !== undefined;
  return approvalState(context, last.approval) === 'done';
}

function approvalState({ documents }: Context, approval: string): string | undefined {
  return documents.find('approval', approval, readApproval)?.state;
}

function openDay(context: Context, day: { source: string; day: string }): ReconciliationDoc {
  const doc = dayOf(context, day);
  if (doc.isClosed) throw closed(doc);
  return doc;
}

function dayOf({ documents }: Context, day: { source: string; day: string }): ReconciliationDoc {
  const doc = documents.find('reconciliation', reconciliationId(day), readDoc);
  if (doc !== undefined) return doc;
  throw new Refusal('reconciliation-unknown', 'This day was not reconciled yet.');
}

function putException({ documents }: Context, doc: ReconciliationDoc, of: ExceptionDoc): void {
  documents.put('exception', exceptionId(doc, of.exception), of);
}

function refuseUnbalanced(exceptions: readonly ExceptionFacts[], unexplained: string): void {
  if (sumOf(exceptions) === fine(unexplained)) return;
  throw new Refusal('bad-shape', 'The exceptions are not what is unexplained.', {
    pointer: '/report/unexplained',
  });
}

function closed({ source, day }: ReconciliationDoc): Refusal {
  const message = `${source}, ${day} is closed. What comes later belongs to a later day.`;
  return new Refusal('reconciliation-closed', message, { source, day });
}

function sumOf(exceptions: readonly { readonly difference: string }[]): bigint {
  return exceptions.reduce((sum, { difference }) => sum + fine(difference), 0n);
}

/** All amounts of one report have as many decimals, so their digits can be added. */
function fine(amount: string): bigint {
  return BigInt(amount.replace('.', ''));
}

function textLike(amount: string, value: bigint): string {
  return formatDecimal(value, amount.length - amount.indexOf('.') - 1);
}

function zeroOf(amount: string): string {
  return textLike(amount, 0n);
}

function plain(value: object): ReturnType<typeof JSON.parse> {
  return JSON.parse(JSON.stringify(value));
}

function readDoc(value: unknown): ReconciliationDoc {
  return reconciliationDoc(value, '');
}

function readException(value: unknown): ExceptionDoc {
  return exceptionDoc(value, '');
}
