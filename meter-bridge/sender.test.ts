import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realLater } from './bridge-clock.ts';
import { Outbox } from './outbox.ts';
import { Sender, type SenderAlarm, type SenderOptions } from './sender.ts';
import { type Fault, Receiver } from './test/receiver.ts';
import { recordMaker } from './test/sample-records.ts';

let dir: string;
let receiver: Receiver;
let outbox: Outbox;
let sender: Sender;
let alarms: SenderAlarm[];
let options: SenderOptions;
/** Before it asks again, in milliseconds. */
let pauses: number[];
const maker = recordMaker();

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sender-'));
  receiver = new Receiver();
  receiver.jwk = maker.key.jwk;
  outbox = Outbox.open({ dir, known: { epoch: 1, begun: false }, claimEpoch: () => undefined });
  alarms = [];
  pauses = [];
  options = {
    url: await receiver.listen(),
    bridge: 'br-1',
    outbox,
    random: () => 0,
    onAlarm: (alarm) => alarms.push(alarm),
    firstRetryMs: 2,
    maxRetryMs: 8,
    later: (ms, run) => {
      if (ms <= 8) pauses.push(ms);
      return realLater(ms, run);
    },
  };
  sender = new Sender(options);
});
afterEach(async () => {
  await sender.close();
  outbox.close();
  await receiver.close();
  rmSync(dir, { recursive: true });
});

function append(...meters: string[]): void {
  outbox.append(maker.batch(outbox.state, meters));
}

function received(meter: string): number[] {
  return receiver.recordsOf(meter).map(({ reading }) => reading.seq);
}

describe('the sender', () => {
  it('sends in order and empties the outbox', async () => {
    append('m-1', 'm-2');
    append('m-1');
    append('m-2', 'm-1');
    expect(await sender.drained(60_000)).toBe(true);
    expect([received('m-1'), received('m-2'), alarms]).toEqual([[0, 1, 2], [0, 1], []]);
    expect(outbox.held).toEqual([]);
  });

  it.each<[string, Fault]>([
    ['503', { status: 503 }],
    ['500', { status: 500 }],
    ['429 with a time to wait', { status: 429, headers: { 'retry-after': '0' } }],
    ['a request that got lost', 'drop-request'],
    ['an answer that got lost', 'drop-answer'],
  ])('tries again after %s, and nothing is lost or doubled', async (_, fault) => {
    append('m-1');
    append('m-1');
    receiver.faults.push(fault, fault, fault);
    expect(await sender.drained(60_000)).toBe(true);
    expect([received('m-1'), receiver.requests, alarms]).toEqual([[0, 1], 5, []]);
    expect(receiver.conflicts).toEqual([]);
  });

  it.each([401, 409, 413, 422])(
    'stops with an alarm at %i and keeps everything',
    async (status) => {
      append('m-1');
      append('m-1');
      receiver.faults.push({ status, body: { code: 'some-code' } });
      expect(await sender.drained(60_000)).toBe(false);
      sender.wake();
      expect(sender.state).toBe('stopped');
      expect(receiver.requests).toBe(1);
      expect(outbox.held.map(({ batch }) => batch)).toEqual([0, 1]);
      expect(alarms).toEqual([
        { code: 'refused', detail: `batch 0: ${status} {"code":"some-code"}` },
      ]);
    },
  );

  it('stops at an answer that is not the protocol, rather than guess', async () => {
    append('m-1');
    receiver.faults.push({ status: 200, body: { accepted: { 'm-1': 'yes' } } });
    expect(await sender.drained(60_000)).toBe(false);
    expect(outbox.held).toHaveLength(1);
    expect(alarms.map(({ code }) => code)).toEqual(['refused']);
  });

  it('keeps what an answer does not name, and sends it again', async () => {
    append('m-1', 'm-2');
    receiver.faults.push({ status: 200, body: { accepted: { 'm-1': 0 } } });
    expect(await sender.drained(60_000)).toBe(true);
    expect([received('m-1'), received('m-2'), receiver.requests]).toEqual([[0], [0], 2]);
  });

  it('lets go of a batch that the ledger knew whole, whatever epoch its answer counts in', async () => {
    append('m-1', 'm-2');
    append('m-1');
    receiver.faults.push({ status: 200, body: { accepted: { 'm-1': 0 }, known: 1 } });
    receiver.faults.push({ status: 200, body: { accepted: {}, known: 1 } });
    expect(await sender.drained(60_000)).toBe(true);
    expect(receiver.requests).toBe(3);
    expect([received('m-1'), received('m-2')]).toEqual([[0], [0]]);
  });

  it('goes back to the batch that holds a wanted record', async () => {
    append('m-1');
    append('m-1');
    append('m-1');
    const empty = { status: 200, body: { accepted: {} } };
    receiver.faults.push(empty, { status: 200, body: { accepted: {}, wanted: { 'm-1': 0 } } });
    expect(await sender.drained(60_000)).toBe(true);
    expect([received('m-1'), receiver.requests, alarms]).toEqual([[0, 1, 2], 5, []]);
  });

  it('does not spin when a ledger wants the same record for ever', async () => {
    append('m-1');
    const answer = { status: 200, body: { accepted: {}, wanted: { 'm-1': 0 } } };
    receiver.faults.push(...Array.from({ length: 10_000 }, () => answer));
    sender.wake();
    await expect.poll(() => receiver.requests).toBeGreaterThan(5);
    await sender.close();
    expect(pauses.length).toBeGreaterThanOrEqual(receiver.requests - 1);
  });

  it('reports a wanted record that it no longer has, once, and goes on with the others', async () => {
    append('m-1');
    await sender.drained(60_000);
    append('m-2');
    const answer = { status: 200, body: { accepted: {}, wanted: { 'm-1': 0 } } };
    receiver.faults.push(answer, answer);
    expect(await sender.drained(60_000)).toBe(true);
    expect(received('m-2')).toEqual([0]);
    expect(alarms).toEqual([{ code: 'wanted-not-held', detail: 'm-1 from 0 in epoch 1' }]);
  });

  it('ends at once while it waits, and what it held is still there', async () => {
    append('m-1');
    receiver.faults.push({ status: 503 });
    const HOUR_MS = 3_600_000;
    const patient = new Sender({ ...options, firstRetryMs: HOUR_MS, maxRetryMs: HOUR_MS });
    expect(await patient.drained(30)).toBe(false);
    await expect.poll(() => patient.state).toBe('waiting');
    await patient.close();
    expect(outbox.held).toHaveLength(1);
  });
});
