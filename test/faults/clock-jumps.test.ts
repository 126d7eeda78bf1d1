import pino from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { readConfig } from '../../api/config.ts';
import { serve } from '../../api/serve.ts';
import { issueToken } from '../../api/tokens.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { formatTime, parseTime } from '../../ledger/core/time.ts';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { fsck } from '../../ledger/fsck.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { SampleLedger, SITE } from '../support/sample-ledger.ts';

/** Half an hour before August ends in Shanghai, the month that is billed. */
const TRUE_MS = parseTime('2026-08-31T15:30:00.000Z');
const HOUR_MS = 3_600_000;
const QUARTER_MS = 15 * 60_000;

it('signs, lets in and bills on while the clock of the service jumps an hour forward and back', async () => {
  const sample = await SampleLedger.make();
  onTestFinished(() => sample.remove());
  await sample.account('a-1', 'm-1');
  const { ledger } = sample;
  let clockMs = TRUE_MS;
  const config = readConfig({ BILLPROOF_DATA: sample.options.dataDir, PORT: '0' });
  const log = pino({ level: 'silent' });
  const service = await serve({ config, ledger, log, nowMs: () => clockMs });
  onTestFinished(() => service.stop());
  const jump = async (byMs: number) => {
    clockMs = TRUE_MS + byMs;
    await ledger.setClock(clockMs);
  };
  const token = async (seconds: number) => {
    const principal = { id: 'desk', role: 'cashier', site: SITE } as const;
    return await issueToken(service.tokenKey, principal, { nowMs: clockMs, seconds });
  };
  const pay = async (bearer: string, key: string, at?: string) => {
    const answer = await fetch(`${service.url}/v1/top-ups`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${bearer}`, 'idempotency-key': key },
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        ...{ account: 'a-1', wallet: 'electricity', amount: '1.000000', method: 'cash' },
        ...(at !== undefined && { at }),
      }),
    });
    const { code }: { code?: string } = Object(await answer.json());
    return `${answer.status} ${code ?? ''}`.trim();
  };
  // The bridge's clock is right all the time.
  let quarter = -4;
  const read = async () => {
    const at = formatTime(TRUE_MS + quarter * QUARTER_MS);
    const record = sample.device.record({ meter: 'm-1', at, value: (100 + quarter).toFixed(2) });
    quarter += 1;
    return await sample.send([record]);
  };
  const expectSigned = async () => {
    const events = (await ledger.health()).sizes[SITE] ?? 0;
    expect(events).toBeGreaterThan(0);
    const signed = async () => parseCheckpoint((await ledger.checkpoint(SITE)) ?? '').size;
    await vi.waitUntil(async () => (await signed()) >= events, { timeout: 60_000, interval: 5 });
  };

  await jump(0);
  const short = await token(1_800);
  for (const [i, byMs] of [0, HOUR_MS, -HOUR_MS, HOUR_MS, 0].entries()) {
    await jump(byMs);
    // A token that ends within the hour has ended as long as the clock is ahead.
    expect(await pay(short, `short-${i}`)).toBe(byMs > 0 ? '401 token-expired' : '201');
    // One that was made while the clock was ahead holds when it is back.
    expect(await pay(await token(24 * 3_600), `long-${i}`)).toBe('201');
    expect(await read()).toEqual({ accepted: { 'm-1': i }, known: 0, wanted: {} });
    await expectSigned();
  }

  // Behind, what happened now seems to be to come; it is taken when it is sent again.
  await jump(-HOUR_MS);
  const now = formatTime(TRUE_MS);
  const desk = await token(24 * 3_600);
  expect(await pay(desk, 'by-hand', now)).toBe('422 time-in-future');
  await jump(0);
  expect(await pay(desk, 'by-hand', now)).toBe('201');

  // Ahead at the end of a month, bills can be issued early; what is metered until it ends comes later.
  await expect(sample.statement('a-1', '2026-08')).rejects.toMatchObject({
    code: 'period-not-ended',
  });
  await jump(HOUR_MS);
  const early = await sample.statement('a-1', '2026-08');
  await jump(0);
  await read();
  await read();
  await jump(31 * 24 * HOUR_MS);
  const next = await sample.statement('a-1', '2026-09');
  for (const id of [early, next]) {
    const verdict = verifyBundle(await ledger.bundle(SITE, id), { primitives: nativePrimitives() });
    expect(verdict.overall).toBe('verified');
  }
  const events = await ledger.events(SITE, 'a-1', { limit: 1_000 });
  const ids = events.map(({ text }) => String(JSON.parse(text).id));
  expect(ids).toEqual([...ids].sort());
  const usage = events.filter(({ text }) => text.includes('"type":"usage'));
  expect(usage).toHaveLength(quarter + 4 - 1);
  const late = usage.filter(({ text }) => text.includes('"late":true'));
  expect(late.length).toBe(2);

  await service.stop();
  const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 1, deep: true });
  expect(findings).toEqual([]);
});
