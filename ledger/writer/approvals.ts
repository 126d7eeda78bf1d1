import { recoveryRule } from '../core/charges/debt-recovery.ts';
import { BOOK, WALLET } from '../core/event-data.ts';
import { ADJUSTMENT_KINDS, type Approval, isOrdered } from '../core/money-moves.ts';
import { ORDER_PARTS, PROVIDER } from '../core/orders.ts';
import { passThroughTerms } from '../core/pass-through.ts';
import { Refusal } from '../core/refusal.ts';
import {
  anything,
  ID,
  integer,
  list,
  MICROS,
  object,
  oneOf,
  PERIOD,
  type Read,
  type Reader,
  shown,
  TIME,
  text,
} from '../core/shape.ts';
import { formatTime } from '../core/time.ts';
import { agreeWallet } from './agree-wallet.ts';
import { agreeToShift, refundAtDesk } from './cash-desk.ts';
import { closeBooks } from './close-books.ts';
import { type CommandContext, type CommandResult, publishTariff } from './commands.ts';
import { returnDeposit } from './deposits.ts';
import type { Documents } from './documents.ts';
import type { ReadAccountEvents } from './issue-statement.ts';
import { payRefund, postAdjustment, postReversal } from './move-money.ts';
import { publishPassThrough, settlePassThrough } from './pass-through.ts';
import { postEntry } from './post-entry.ts';
import { refundPayment, refuseRefundWallet, refuseUndoing } from './refund-payment.ts';
import { resolveSuspense } from './take-payment.ts';

/** What takes two people: each shape is that of the command, but for who asked and who agreed. */
const asked = {
  'pay-refund': object(
    {
      ...{ account: text(ID), wallet: text(WALLET), amount: text(MICROS), method: text(ID) },
      reason: text(ID),
    },
    { of: integer(), reference: shown(1, 128), shift: text(ID) },
  ),
  'close-shift': object({ shift: text(ID), difference: text(MICROS) }),
  'post-reversal': object({ account: text(ID), of: integer(), reason: text(ID) }),
  'post-adjustment': object(
    {
      account: text(ID),
      kind: oneOf(...ADJUSTMENT_KINDS.filter((kind) => !isOrdered(kind) && kind !== 'entry')),
      moves: list(object({ wallet: text(WALLET), amount: text(MICROS) }), 8),
      reason: text(ID),
    },
    { reference: shown(1, 128) },
  ),
  'resolve-suspense': object({
    provider: text(PROVIDER),
    payment: text(/^[\x21-\x7e]{1,128}$/),
    account: text(ID),
    parts: ORDER_PARTS,
  }),
  'refund-payment': object({
    provider: text(PROVIDER),
    payment: text(/^[\x21-\x7e]{1,128}$/),
    parts: ORDER_PARTS,
    reason: text(ID),
  }),
  'publish-tariff': object({ tariff: anything }),
  'close-books': object({ period: text(PERIOD) }),
  'agree-wallet': object(
    { account: text(ID), wallet: text(WALLET), overdraft: text(MICROS) },
    { most: text(MICROS), emergency: text(MICROS), recovery: recoveryRule },
  ),
  'return-deposit': object(
    {
      ...{ account: text(ID), deposit: text(ID), amount: text(MICROS), method: text(ID) },
      reason: text(ID),
    },
    { reference: shown(1, 128) },
  ),
  'publish-pass-through': object({ policy: passThroughTerms }),
  'settle-pass-through': object({ wallet: text(WALLET), period: text(PERIOD) }),
  'post-entry': object(
    {
      postings: list(object({ book: text(BOOK), amount: text(MICROS) }), 64),
      reason: text(ID),
    },
    { reference: shown(1, 128) },
  ),
} as const;
export type ApprovedAct = keyof typeof asked;
export const APPROVED_ACTS = Object.keys(asked).filter(isAct);

const approvalDoc = object(
  {
    approval: text(ID),
    act: oneOf(...APPROVED_ACTS),
    what: anything,
    asked: text(ID),
    askedAt: text(TIME),
    state: oneOf('waiting', 'done', 'refused'),
  },
  { decided: text(ID), decidedAt: text(TIME) },
);
export type ApprovalDoc = Read<typeof approvalDoc>;

export interface AskApproval {
  readonly act: string;
  readonly what: unknown;
  /** Id of who asks. */
  readonly by: string;
}
export interface DecideApproval {
  readonly approval: string;
  readonly by: string;
  readonly agree: boolean;
}

type Context = CommandContext & { readonly documents: Documents };

/** Writes down what one person wants, until another decides. Refuses `bad-shape`, `approval-act-unknown`. */
export function askApproval(context: Context, command: AskApproval): CommandResult {
  const { appender, documents } = context;
  const { act, by } = command;
  if (!isAct(act)) {
    const message = `Only these wait for an approval: ${APPROVED_ACTS.join(', ')}.`;
    throw new Refusal('approval-act-unknown', message);
  }
  const what = readAct(act)(command.what, '');
  const approval = appender.nextId();
  const doc: ApprovalDoc = {
    ...{ approval, act, what: JSON.parse(JSON.stringify(what)), asked: by },
    ...{ askedAt: formatTime(appender.now()), state: 'waiting' },
  };
  documents.put('approval', approval, doc);
  return { ...doc };
}

/**
 * Does what was asked for, or ends it. Refuses `approval-unknown`, `approval-decided`, `approval-missing` when
 * the same person asked, and what the act itself refuses: then it waits on.
 */
export function decideApproval(
  context: Context,
  { approval, by, agree }: DecideApproval,
  readEvents: ReadAccountEvents,
): CommandResult {
  const { appender, documents } = context;
  const doc = documents.find('approval', approval, readApproval);
  if (doc === undefined) throw new Refusal('approval-unknown', 'There is no such approval.');
  if (doc.state !== 'waiting') {
    throw new Refusal('approval-decided', 'This was decided before.', { state: doc.state });
  }
  if (agree && doc.asked === by) {
    throw new Refusal('approval-missing', 'Somebody else than who asked has to agree.');
  }
  const result = agree ? act(context, doc, { asked: doc.asked, approved: by }, readEvents) : {};
  const decided: ApprovalDoc = {
    ...{ ...doc, state: agree ? 'done' : 'refused', decided: by },
    decidedAt: formatTime(appender.now()),
  };
  documents.put('approval', approval, decided);
  return { approval, state: decided.state, result };
}

function act(
  context: Context,
  { act: name, what, approval: id }: ApprovalDoc,
  approval: Approval,
  readEvents: ReadAccountEvents,
): CommandResult {
  switch (name) {
    case 'pay-refund': {
      const refund = asked[name](what, '');
      refuseRefundWallet([refund.wallet]);
      const { shift } = refund;
      if (shift !== undefined) {
        return refundAtDesk(context, { ...refund, shift, approval }, readEvents);
      }
      return payRefund(context, { ...refund, approval }, readEvents);
    }
    case 'close-shift':
      return agreeToShift(context, { ...asked[name](what, ''), approval });
    case 'post-reversal': {
      const reversal = asked[name](what, '');
      refuseUndoing(context, reversal, readEvents);
      return postReversal(context, { ...reversal, approval }, readEvents);
    }
    case 'post-adjustment': {
      const adjustment = asked[name](what, '');
      refuseRefundWallet(adjustment.moves.map(({ wallet }) => wallet));
      return postAdjustment(context, { ...adjustment, approval });
    }
    case 'resolve-suspense':
      return resolveSuspense(context, { ...asked[name](what, ''), approval });
    case 'refund-payment': {
      // One approval is one refund, whoever sends it and however often.
      const refund = id.replaceAll('-', '');
      return refundPayment(context, { ...asked[name](what, ''), refund, approval }, readEvents);
    }
    case 'agree-wallet':
      return agreeWallet(context, { ...asked[name](what, ''), approval });
    case 'publish-tariff':
      return publishTariff(context, asked[name](what, ''));
    case 'close-books':
      return closeBooks(context, { ...asked[name](what, ''), approval });
    case 'return-deposit':
      return returnDeposit(context, { ...asked[name](what, ''), approval });
    case 'publish-pass-through':
      return publishPassThrough(context, { ...asked[name](what, ''), approval });
    case 'settle-pass-through':
      return settlePassThrough(context, { ...asked[name](what, ''), approval });
    case 'post-entry':
      return postEntry(context, { ...asked[name](what, ''), approval });
  }
}

function readAct(name: ApprovedAct): Reader<object> {
  return asked[name];
}

function isAct(name: string): name is ApprovedAct {
  return Object.hasOwn(asked, name);
}

export function readApproval(value: unknown): ApprovalDoc {
  return approvalDoc(value, '');
}
