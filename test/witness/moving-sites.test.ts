import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { cosign } from '../../ledger/core/cosignature.ts';
import {
  ED25519_COSIGNATURE,
  formatSignatureLine,
  formatVerifierKey,
} from '../../ledger/core/signed-note.ts';
import { parseTrustPolicy } from '../../ledger/core/trust-policy.ts';
import type { LogProofs } from '../../ledger/log-proofs.ts';
import { noteSigner } from '../../ledger/note-signer.ts';
import type { SendToWitness } from '../../ledger/witness/ask-witness.ts';
import { parseSubmission } from '../../ledger/witness/submission.ts';
import type { WitnessNews } from '../../ledger/witness/witness-link.ts';
import { WitnessedFiles, witnessedPath } from '../../ledger/witness/witnessed-files.ts';
import { Witnessing } from '../../ledger/witness/witnessing.ts';
import { History, LOG_VKEY } from './branching-log.ts';

// Sites come and go while witnesses are asked.

const TOWER = { site: 'tower', vkey: LOG_VKEY };
const signer = noteSigner('witness.example/w', ED25519_COSIGNATURE, Buffer.alloc(32, 7));
const policy = `witness w ${formatVerifierKey(signer.key)} http://w/\nquorum w\n`;

let folder: string;
let history: History;
let asked: number[];
let gate: Promise<void>;
let readings: number;
let reading: Promise<void>;
let opened: { readonly witnessing: Witnessing; readonly store: WitnessedFiles }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'billproof-moving-'));
  history = new History().grown(5);
  [asked, gate, readings, reading, opened] = [[], Promise.resolve(), 0, Promise.resolve(), []];
});
afterEach(async () => {
  for (const { witnessing } of opened) await witnessing.stop();
  rmSync(folder, { recursive: true });
});

const proofs: LogProofs = {
  latest: async () => {
    readings += 1;
    await reading;
    return { size: history.size, note: history.checkpoint(), atMs: 0 };
  },
  noteAt: async (_, size) => (size === history.size ? history.checkpoint() : undefined),
  prove: async (_, from) => parseSubmission(Buffer.from(history.submission(from))).proof,
  rootAt: async (_, size) => (size > history.size ? undefined : history.root(size)),
  hasNews: async (_, from, to) => to > from,
};

/** A witness that cosigns whatever it is asked for, when the gate is open. */
const send: SendToWitness = async (_, body, stop) => {
  const { note, size } = parseCheckpoint(parseSubmission(Buffer.from(body)).checkpoint);
  asked.push(size);
  await Promise.race([gate, new Promise((resolve) => stop.addEventListener('abort', resolve))]);
  if (stop.aborted) return { kind: 'no-answer', why: 'It was stopped.' };
  const line = cosign(note.text, Math.floor(Date.now() / 1000), signer.key, signer.sign);
  return { kind: 'cosigned', lines: formatSignatureLine(line) };
};

/** A process and the sites that it has at present. */
function processWith(sites: (typeof TOWER)[]) {
  const store = new WitnessedFiles(folder);
  const news: WitnessNews[] = [];
  const witnessing = new Witnessing(
    { proofs, store, sites: () => sites },
    {
      ...{ policies: { forAll: parseTrustPolicy(policy) }, send, everyMs: 20 },
      tell: (item) => void news.push(item),
    },
  );
  opened.push({ witnessing, store });
  return { witnessing, sites, store, news };
}

const sizeOf = (note: string | undefined) => (note === undefined ? 0 : parseCheckpoint(note).size);

test('a site that has gone is asked for no more, what was under way is kept, and it comes back', async () => {
  const { witnessing, sites, store } = processWith([TOWER]);
  const answer = Promise.withResolvers<void>();
  gate = answer.promise;
  await expect.poll(() => asked).toEqual([5]);
  sites.length = 0;
  history = history.grown(2);
  await expect.poll(() => [witnessing.states(), asked]).toEqual([[], [5]]);
  // It is back before its past has ended, and waits for that.
  sites.push(TOWER);
  await delay(100);
  expect([witnessing.states(), asked]).toEqual([[], [5]]);
  answer.resolve();
  await expect.poll(async () => (await witnessing.witnessed(TOWER))?.size).toBe(7);
  expect(asked).toEqual([5, 7]);
  expect(witnessing.states()).toMatchObject([{ site: 'tower', size: 7, lag: 0 }]);
  await expect.poll(async () => sizeOf(await store.last('tower'))).toBe(7);
});

test('of a site of another process it gives what that has kept, if the log bears it out', async () => {
  const owner = processWith([TOWER]);
  const reader = processWith([]);
  await expect.poll(async () => sizeOf(await reader.store.last('tower'))).toBe(5);
  const found = await reader.witnessing.witnessed(TOWER);
  expect(found).toEqual(await owner.witnessing.witnessed(TOWER));
  expect(await reader.witnessing.covering(TOWER, 5)).toEqual(found);
  expect(await reader.witnessing.kept('tower', 3)).toEqual(found);
  expect(await reader.witnessing.kept('tower', 6)).toBeUndefined();
  expect(reader.witnessing.states()).toEqual([]);

  history = history.grown(4);
  await expect.poll(async () => sizeOf(await reader.store.last('tower'))).toBe(9);
  expect((await reader.witnessing.witnessed(TOWER))?.size).toBe(9);
  await owner.witnessing.stop();
  const unsigned = history.grown(1).checkpoint();
  for (const bad of [unsigned, 'no note', '']) {
    writeFileSync(witnessedPath(folder, 'tower'), bad);
    expect(await reader.witnessing.witnessed(TOWER)).toBeUndefined();
  }
  opened.shift();
});

test('who takes a site over begins with what the one before had', async () => {
  const first = processWith([TOWER]);
  await expect.poll(async () => sizeOf(await first.store.last('tower'))).toBe(5);
  first.sites.length = 0;
  await expect.poll(() => first.witnessing.states()).toEqual([]);
  gate = new Promise(() => undefined);
  history = history.grown(1);
  const second = processWith([TOWER]);
  expect((await second.witnessing.witnessed(TOWER))?.size).toBe(5);
  await expect.poll(() => second.witnessing.states()).toMatchObject([{ size: 5, lag: 1 }]);
});

test('a stop while the log is read asks nobody, and no turn overtakes one that is slow', async () => {
  const held = Promise.withResolvers<void>();
  reading = held.promise;
  const { witnessing, news } = processWith([TOWER]);
  await expect.poll(() => readings).toBe(1);
  await delay(100);
  expect(readings).toBe(1);
  const stopped = witnessing.stop();
  held.resolve();
  await stopped;
  expect([asked, news]).toEqual([[], []]);
  opened.pop();
});

test('tells once that the log cannot be read, and goes on when it can', async () => {
  reading = Promise.reject(new Error('away'));
  reading.catch(() => undefined);
  const { witnessing, news } = processWith([TOWER]);
  await expect.poll(() => readings).toBeGreaterThan(3);
  expect(news).toEqual([{ site: '', witness: '', code: 'failed', why: 'away' }]);
  reading = Promise.resolve();
  await expect.poll(async () => (await witnessing.witnessed(TOWER))?.size).toBe(5);
  expect(news.length).toBe(1);
});
