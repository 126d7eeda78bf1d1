import * as z from 'zod';
import { parseBatch } from '../ledger/core/batch.ts';
import { parseReading } from '../ledger/core/reading.ts';
import { afterBatch, type BatchChain, NEW_CHAIN, type SealedBatch } from './batch-sealer.ts';
import { afterRecord, inNewEpoch, type MeterState, NEW_METER } from './meter-state.ts';
import type { Scan } from './outbox-frames.ts';
import type { Mark } from './outbox-mark.ts';

/** A batch in the outbox that has not been acknowledged whole. */
export interface HeldBatch {
  readonly epoch: number;
  readonly batch: number;
  readonly offset: number;
  readonly length: number;
  /** First and last sequence number by meter. */
  readonly span: ReadonlyMap<string, { readonly first: number; readonly last: number }>;
}

/** What the bridge has to know to go on numbering. */
export interface OutboxState {
  readonly epoch: number;
  readonly chain: BatchChain;
  readonly meters: ReadonlyMap<string, MeterState>;
}

export interface Recovered {
  readonly state: OutboxState;
  readonly held: readonly HeldBatch[];
  /** Why the state cannot be trusted and a new epoch is due; absent when it can. */
  readonly lost?: string;
}

const COUNT = z.number().int().min(0);
const BATCH_ID = z.strictObject({ epoch: COUNT, batch: COUNT });
const STATE = z.strictObject({
  kind: z.literal('state'),
  epoch: COUNT,
  nextBatch: COUNT,
  prev: z.string(),
  /** Unacknowledged batches that follow although they were made before this state. */
  kept: z.array(BATCH_ID),
  meters: z.record(
    z.string(),
    z.strictObject({
      nextSeq: COUNT,
      prev: z.string(),
      serial: z.string().optional(),
      shown: z.record(z.string(), z.string()).optional(),
    }),
  ),
});
const BATCH = z.strictObject({
  kind: z.literal('batch'),
  jws: z.string(),
  records: z.array(z.string()),
});
const ACK = z.strictObject({
  kind: z.literal('ack'),
  epoch: COUNT,
  accepted: z.record(z.string(), COUNT),
});
const BODY = z.discriminatedUnion('kind', [STATE, BATCH, ACK]);

export function stateBody(state: OutboxState, kept: readonly HeldBatch[]): string {
  return JSON.stringify({
    kind: 'state',
    epoch: state.epoch,
    nextBatch: state.chain.nextBatch,
    prev: state.chain.prev,
    kept: kept.map(({ epoch, batch }) => ({ epoch, batch })),
    meters: Object.fromEntries(state.meters),
  });
}

export function batchBody(batch: Pick<SealedBatch, 'jws' | 'records'>): string {
  return JSON.stringify({ kind: 'batch', jws: batch.jws, records: batch.records });
}

export function ackBody(epoch: number, accepted: ReadonlyMap<string, number>): string {
  return JSON.stringify({ kind: 'ack', epoch, accepted: Object.fromEntries(accepted) });
}

/** The jws and records of a batch frame. */
export function parseBatchBody(body: string): Pick<SealedBatch, 'jws' | 'records'> {
  const { jws, records } = BATCH.parse(JSON.parse(body));
  return { jws, records };
}

/** The epoch that the identity file knows, and whether records were ever made in it. */
export interface KnownEpoch {
  readonly epoch: number;
  readonly begun: boolean;
}

/**
 * Rebuilds the state from whole frames. It can be trusted only if the first frame tells a state, each
 * batch since then is there in order, and none is missing up to the mark. Damage between frames that
 * hit acknowledgements only costs a resend.
 */
export function recover(scan: Scan, mark: Mark | undefined, known: KnownEpoch): Recovered {
  const held: HeldBatch[] = [];
  const meters = new Map<string, MeterState>();
  const kept = new Set<string>();
  let chain: BatchChain | undefined;
  let epoch = -1;
  let lost: string | undefined;
  for (const frame of scan.frames) {
    const body = BODY.parse(JSON.parse(frame.body));
    if (body.kind === 'state') {
      if (frame.offset !== 0) lost ??= 'the first frame is not a state';
      epoch = body.epoch;
      chain = { nextBatch: body.nextBatch, prev: body.prev };
      for (const [meter, state] of Object.entries(body.meters)) meters.set(meter, state);
      for (const batch of body.kept) kept.add(nameOf(batch));
    } else if (body.kind === 'batch') {
      const { payload, payloadText } = parseBatch(body.jws);
      const { offset, length } = frame;
      const batch = { epoch: payload.epoch, batch: payload.batch, offset, length };
      held.push({ ...batch, span: spanOf(body.records) });
      if (kept.delete(nameOf(batch)) || chain === undefined) continue;
      if (batch.epoch !== epoch || batch.batch !== chain.nextBatch) {
        lost ??= `batch ${chain.nextBatch} is not whole`;
      }
      chain = afterBatch({ batch: batch.batch, payloadText });
      for (const text of body.records) advance(meters, text);
    } else {
      release(held, body.epoch, new Map(Object.entries(body.accepted)));
    }
  }
  for (const name of kept) lost ??= `batch ${name} is not whole`;
  const state = { epoch, chain: chain ?? NEW_CHAIN, meters };
  lost ??= contradiction(state, mark, known);
  if (lost === undefined) return { state, held };
  return { state: inUnusedEpoch(state, mark, held, known), held, lost };
}

/** Removes what the acknowledgement names: batches all of whose records it covers. */
export function release(
  held: HeldBatch[],
  epoch: number,
  accepted: ReadonlyMap<string, number>,
): HeldBatch[] {
  const covered = held.filter(
    (batch) =>
      batch.epoch === epoch &&
      [...batch.span].every(([meter, { last }]) => last <= (accepted.get(meter) ?? -1)),
  );
  for (const batch of covered) held.splice(held.indexOf(batch), 1);
  return covered;
}

/** Sequence numbers of the records by meter. */
export function spanOf(records: readonly string[]): HeldBatch['span'] {
  const span = new Map<string, { first: number; last: number }>();
  for (const text of records) {
    const { meter, seq } = parseReading(text);
    const known = span.get(meter);
    if (known) known.last = seq;
    else span.set(meter, { first: seq, last: seq });
  }
  return span;
}

function nameOf(batch: { readonly epoch: number; readonly batch: number }): string {
  return `${batch.epoch}/${batch.batch}`;
}

/** Moves a meter's state past one of its records. */
export function advance(meters: Map<string, MeterState>, text: string): void {
  const reading = parseReading(text);
  const state = meters.get(reading.meter) ?? NEW_METER;
  meters.set(reading.meter, afterRecord(state, reading, text));
}

function contradiction(
  state: OutboxState,
  mark: Mark | undefined,
  known: KnownEpoch,
): string | undefined {
  if (state.epoch < 0) return 'there is no state';
  if (mark === undefined) return 'the mark is not whole';
  if (state.epoch < known.epoch) return `epoch ${known.epoch} was begun after it`;
  if (mark.epoch > state.epoch) return `the mark is of epoch ${mark.epoch}`;
  if (mark.epoch === state.epoch && mark.batches > state.chain.nextBatch) {
    return `${mark.batches} batches were durable, ${state.chain.nextBatch} are known`;
  }
  return undefined;
}

/** What the meters last showed is carried into the new epoch, so that a reset is still noticed. */
function inUnusedEpoch(
  state: OutboxState,
  mark: Mark | undefined,
  held: readonly HeldBatch[],
  known: KnownEpoch,
): OutboxState {
  const used = [state.epoch, mark?.epoch ?? -1, ...held.map((batch) => batch.epoch)];
  const next = Math.max(known.begun ? known.epoch + 1 : known.epoch, Math.max(...used) + 1);
  const meters = [...state.meters].map(([id, meter]) => [id, inNewEpoch(meter)] as const);
  return { epoch: next, chain: NEW_CHAIN, meters: new Map(meters) };
}
