import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SampleLedger, SITE } from '../test/support/sample-ledger.ts';
import { fsck } from './fsck.ts';
import { leafSince } from './log-successions.ts';

test('events come in the order of the log, whoever’s they are, and only once they are signed', async () => {
  const sample = await SampleLedger.make();
  const { feed } = sample.ledger;
  expect(feed.ownSites().map(({ site }) => site)).toEqual([SITE]);
  await sample.account('a-1', 'm-1');
  await sample.account('a-2', 'm-2');
  const logged = [
    ...(await sample.ledger.events(SITE, 'a-1', { limit: 10 })),
    ...(await sample.ledger.events(SITE, 'a-2', { limit: 10 })),
  ];
  const last = Math.max(...logged.map(({ leaf }) => leaf));
  while ((await feed.end(SITE)).leaf <= last) await sleep(10);
  const { origin, leaf: end } = await feed.end(SITE);
  const whole = await feed.signedEvents(SITE, { origin, leaf: 0 }, 1_000);
  expect([whole.leaf, whole.events.map(({ leaf }) => leaf)]).toEqual([
    ...[0, Array.from({ length: end }, (_, leaf) => leaf)],
  ]);
  expect(whole.events.filter(({ leaf }) => logged.some((one) => one.leaf === leaf))).toEqual(
    logged.sort((a, b) => a.leaf - b.leaf),
  );
  const part = await feed.signedEvents(SITE, { origin, leaf: 2 }, 3);
  expect(part.events).toEqual(whole.events.slice(2, 5));
  for (const leaf of [end, end + 7]) {
    expect((await feed.signedEvents(SITE, { origin, leaf }, 10)).events).toEqual([]);
  }
  await sample.ledger.close();
  expect((await fsck({ dataDir: sample.options.dataDir, threads: 1 })).findings).toEqual([]);
  rmSync(sample.dir, { recursive: true });
});

test('after a log took the place of another, a reader goes on where that one was left', () => {
  const names = [
    { origin: 'third', from: 70, signed: 90 },
    { origin: 'second', from: 40, signed: 50 },
    { origin: 'first', from: 0, signed: 0 },
  ];
  const since = (origin: string, leaf: number) => leafSince(names, origin, leaf);
  expect(since('third', 80)).toBe(80);
  expect([since('second', 90), since('second', 60)]).toEqual([70, 60]);
  expect([since('first', 48), since('first', 12), since('unknown', 99)]).toEqual([40, 12, 40]);
  expect(leafSince(names.slice(2), 'other', 5)).toBe(5);
});
