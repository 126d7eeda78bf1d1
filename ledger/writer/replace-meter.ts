import { meterReplaced } from '../core/account-end.ts';
import { formatMicros } from '../core/decimal.ts';
import type { MeterInstalled } from '../core/event-data.ts';
import { Refusal } from '../core/refusal.ts';
import { consumption } from '../core/usage.ts';
import {
  accountOf,
  boundMeter,
  type CommandContext,
  type CommandResult,
  installMeter,
  readyToInstall,
  removeMeter,
} from './commands.ts';

export interface ReplaceMeter {
  readonly account: string;
  /** The one that goes. */
  readonly meter: string;
  readonly by: MeterInstalled;
  /** What the displays showed when one was taken off and the other put on. */
  readonly closing: string;
  readonly opening: string;
  readonly reason: string;
}

/**
 * Takes a meter off and puts another on in one step. It is charged up to the last signed reading of the old
 * one and from the first of the new one; `unbilled` tells what the old display showed beyond, which people
 * may charge or not. Refuses what `installMeter` refuses, and `closing-too-low` where the display shows
 * less than was charged.
 */
export function replaceMeter(context: CommandContext, command: ReplaceMeter): CommandResult {
  const { appender, group } = context;
  const { account: id, meter, closing, opening, reason } = command;
  const account = accountOf(group.state, id);
  const old = boundMeter(group.state, meter, id);
  const by = { ...command.by, account: id };
  readyToInstall(group.state, by, meter);
  const { last, binding } = old;
  const facts = { meter, by: by.meter, closing, opening, reason };
  const data = meterReplaced(last === undefined ? facts : { ...facts, last: refOf(last) }, '');
  const unbilled =
    last === undefined || binding === undefined ? 0n : beyond(binding, last.value, closing);
  const { n } = account;
  const leaf = appender.append(group, account, 'meter.replaced', JSON.parse(JSON.stringify(data)));
  removeMeter(context, { account: id, meter });
  installMeter(context, by);
  return {
    meter: by.meter,
    replaced: meter,
    account: id,
    unbilled: formatMicros(unbilled),
    n,
    leaf,
  };
}

/** What the display of the old meter shows beyond its last charge, after the ratios. */
function beyond(binding: MeterInstalled, charged: string, closing: string): bigint {
  try {
    return consumption(binding, charged, closing).quantityMicros;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'register-fell') throw error;
    throw new Refusal(
      'closing-too-low',
      `The old meter shows ${closing}, and was charged up to ${charged}. Look again.`,
      { meter: binding.meter, closing, charged },
    );
  }
}

function refOf({ seq, at, value, hash }: { seq: number; at: string; value: string; hash: string }) {
  return { seq, at, value, hash };
}
