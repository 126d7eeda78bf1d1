import type { Command, CommandResult, Idempotency } from '../ledger-commands.ts';
import type { Permission } from '../permissions.ts';
import type { ItemDoc, JobDoc, JobDoes } from './records.ts';

/** What a job of one kind does with each item: one command, and what is kept of its result. */
interface JobKind {
  readonly permission: Permission;
  readonly command: (job: JobDoc, item: ItemDoc, idempotency: Idempotency) => Command;
  readonly resultOf: (result: CommandResult) => Record<string, string>;
}

export const JOB_KINDS: Readonly<Record<JobDoes, JobKind>> = {
  'issue-statements': {
    permission: 'statement.issue',
    command: ({ site, period = '' }, { account }, idempotency) => {
      return { do: 'issue-statement', site, account, period, idempotency };
    },
    resultOf: ({ id, total }) => ({ statement: String(id), total: String(total) }),
  },
  'charge-fees': {
    permission: 'fee.charge',
    command: ({ site, period = '' }, { account }, idempotency) => {
      return { do: 'charge-fees', site, account, period, idempotency };
    },
    resultOf: () => ({}),
  },
  // Nobody adjusts alone, and a job is nobody: it asks, and somebody else decides each one.
  'ask-adjustments': {
    permission: 'approval.ask',
    command: ({ site, by }, { account, input }, idempotency) => {
      const what = { ...input, account };
      return { do: 'ask-approval', site, act: 'post-adjustment', what, by, idempotency };
    },
    resultOf: ({ approval }) => ({ approval: String(approval) }),
  },
};
