import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { orderNumber } from '../../api/payments/order-number.ts';
import { issueToken, tokenKeyFile } from '../../api/tokens.ts';
import { formatTime } from '../../ledger/core/time.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { report } from './figure.ts';
import { startChild } from './in-child.ts';
import { writeWechat } from './settlement-files.ts';
import { MERCHANT, settlementDigits, wechatLines } from './settlement-lines.ts';

const SITE = 'tower';
/** Midnight of 1 September in China. */
const START_MS = Date.UTC(2026, 7, 31, 16);
const NUMBER_PREFIX = 13;

interface Measured {
  readonly peakBytes: number;
  readonly processorSeconds: number;
}

/**
 * `reconcile-upload`: a provider's file of so many rows, uploaded to the service, against as many orders
 * and payments in its store. They are written into the store beside the service, as it writes them.
 */
export async function reconcileUploadBench(rows: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-bench-'));
  try {
    const dataDir = join(folder, 'data');
    const prefix = orderNumber(SITE, START_MS, new Uint8Array(5)).slice(0, NUMBER_PREFIX);
    await fill(dataDir, rows, prefix);
    const path = join(folder, 'bill');
    await writeWechat(path, wechatLines(rows, prefix));
    const key = tokenKeyFile(join(dataDir, 'keys', 'token.key'), () => new Uint8Array(32).fill(7));
    const life = { nowMs: Date.now(), seconds: 3_600 };
    const token = await issueToken(key, { id: 'books', role: 'accountant', site: SITE }, life);
    const { first: port, end } = await startChild<number, Measured>('reconcile-upload-child.ts', {
      dataDir,
    });
    const startedMs = performance.now();
    const answer = await fetch(
      `http://127.0.0.1:${port}/v1/reconciliations/wechat/2026-09-01/file?merchant=${MERCHANT}`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/gzip' },
        body: readFileSync(path),
      },
    );
    const text = await answer.text();
    const seconds = (performance.now() - startedMs) / 1e3;
    const { peakBytes, processorSeconds } = await end();
    const { matched, exceptions } = Object(JSON.parse(text));
    if (answer.status !== 201 || matched !== rows || exceptions !== 0) throw new Error(text);
    const cpu = processorSeconds.toFixed(1);
    const note = `${matched} of ${rows} rows matched in the service; ${cpu} s of processor`;
    report({ bench: 'reconcile-upload', value: seconds, unit: 's', n: rows, note });
    const peak = peakBytes / 2 ** 20;
    const whole = 'the service at its peak';
    report({ bench: 'reconcile-upload-rss', value: peak, unit: 'MiB', n: rows, note: whole });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Orders and payments as documents; their events are not needed, and a million would take minutes. */
async function fill(dataDir: string, rows: number, prefix: string): Promise<void> {
  const ledger = await Ledger.open({ dataDir });
  const origin = 'ledger.example/log/tower';
  await ledger.createSite({ site: SITE, origin, currency: 'CNY', zone: 'Asia/Shanghai' });
  await ledger.execute({ do: 'open-account', site: SITE, account: 'a-1' });
  await ledger.close();
  const db = new Database(join(dataDir, 'ledger.db'));
  const insert = db.prepare('INSERT INTO directory VALUES (?, ?, ?, ?)');
  db.transaction(() => {
    for (let n = 0; n < rows; n += 1) {
      const number = settlementDigits(n);
      const [order, payment] = [`${prefix}${number}`, `42000020260901${number}`];
      const paidAt = formatTime(START_MS + (n % 86_400) * 1_000);
      const money = { amount: '100.000000', currency: 'CNY' };
      const parts = [{ wallet: 'electricity', amount: '100.000000' }];
      const ordered = {
        ...{ order, account: 'a-1', provider: 'wechat', way: 'native', parts, ...money },
        ...{ openedAt: paidAt, expiresAt: paidAt, state: 'paid', payment },
      };
      const taken = {
        ...{ provider: 'wechat', payment, order, ...money, paidAt, takenAt: paidAt },
        ...{ state: 'credited', account: 'a-1', credits: [n + 1] },
      };
      insert.run(SITE, 'order', order, JSON.stringify(ordered));
      insert.run(SITE, 'payment', `wechat/${payment}`, JSON.stringify(taken));
    }
  })();
  db.close();
}
