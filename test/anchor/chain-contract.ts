import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AnchorChain, AnchorTask, PreparedAnchor } from '../../ledger/anchor/chain.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { prefixProof } from '../reference/rfc6962.ts';
import { type SignedLog, signedLog } from '../support/signed-log.ts';

/** A network that keeps anchors, as the suite needs it: any, for development or real. */
export interface NetworkUnderTest {
  /** Makes the log known there; a client for it. */
  open(log: SignedLog): Promise<AnchorChain>;
  /** Whether a receipt, as it stands in a bundle, proves the checkpoint to a verifier. */
  proves(receipt: unknown, note: string): boolean;
  stop(): Promise<void>;
}

const PATIENCE_MS = 30_000;

/** What every adapter of `AnchorChain` does. `start` may name a network that is there already. */
export function describeChain(name: string, start: () => Promise<NetworkUnderTest>): void {
  describe(name, () => {
    let network: NetworkUnderTest;
    beforeAll(async () => {
      network = await start();
    });
    afterAll(async () => {
      await network.stop();
    });
    let logs = 0;

    /** A log of its own for each test, so that a network that lives on can be used again. */
    async function newLog() {
      logs += 1;
      const log = signedLog(`chain.test/${Date.now().toString(36)}-${logs}`);
      const chain = await network.open(log);
      return { log, chain };
    }

    test('anchors the first checkpoint and the next, each with a receipt', async () => {
      const { log, chain } = await newLog();
      expect(await chain.head(log.origin)).toBeUndefined();
      let before = 0;
      for (const size of [3, 8, 64]) {
        await anchor(chain, task(log, before, size));
        expect(await chain.head(log.origin)).toMatchObject({ size, root: log.root(size) });
        const { receipt, atMs } = await chain.receipt(parseCheckpoint(log.checkpoint(size)));
        expect(network.proves(receipt, log.checkpoint(size))).toBe(true);
        expect(network.proves(receipt, log.checkpointOver(size, log.root(1)))).toBe(false);
        expect(Math.abs(atMs - Date.now())).toBeLessThan(3_600_000);
        before = size;
      }
      // Later anchors take nothing from the receipts of earlier ones.
      const first = await chain.receipt(parseCheckpoint(log.checkpoint(3)));
      expect(network.proves(first.receipt, log.checkpoint(3))).toBe(true);
      expect(first.place).toEqual((await chain.receipt(parseCheckpoint(log.checkpoint(3)))).place);
      chain.close();
    });

    test('knows nothing of a transaction that was never sent, and takes it later', async () => {
      const { log, chain } = await newLog();
      const prepared = await chain.prepare(task(log, 0, 5));
      expect(await chain.outcome(prepared, 0)).toEqual({ state: 'unknown' });
      expect(await chain.head(log.origin)).toBeUndefined();
      await chain.submit(prepared);
      expect(await decided(chain, prepared)).toEqual({ state: 'anchored' });
      chain.close();
    });

    test('takes a transaction once, however often it is sent', async () => {
      const { log, chain } = await newLog();
      const prepared = await chain.prepare(task(log, 0, 5));
      // Bytes that were kept are as good as those in memory.
      const kept = { id: prepared.id, bytes: Uint8Array.from(prepared.bytes) };
      await Promise.allSettled([chain.submit(prepared), chain.submit(kept)]);
      expect(await decided(chain, kept)).toEqual({ state: 'anchored' });
      await chain.submit(kept).catch(() => undefined);
      expect(await decided(chain, kept)).toEqual({ state: 'anchored' });
      expect(await chain.head(log.origin)).toMatchObject({ size: 5 });
      chain.close();
    });

    test('lets one of two that continue the same checkpoint have an effect', async () => {
      const { log, chain } = await newLog();
      await anchor(chain, task(log, 0, 4));
      const [one, other] = [
        await chain.prepare(task(log, 4, 10)),
        await chain.prepare(task(log, 4, 11)),
      ];
      await Promise.allSettled([chain.submit(one), chain.submit(other)]);
      const states = [await decided(chain, one), await decided(chain, other)];
      expect(states.map(({ state }) => state).sort()).toEqual(['anchored', 'void']);
      const size = states[0]?.state === 'anchored' ? 10 : 11;
      expect(await chain.head(log.origin)).toMatchObject({ size });
      const lost = parseCheckpoint(log.checkpoint(21 - size));
      await expect(chain.receipt(lost)).rejects.toMatchObject({ code: 'anchor-missing' });
      chain.close();
    });

    test('refuses to prepare what the contract refuses', async () => {
      const { log, chain } = await newLog();
      const [one, two] = [log.checkpoint(6), log.checkpoint(9)];
      await anchor(chain, task(log, 0, 6));
      const proof = prefixProof(6, log.leaves.slice(0, 9));
      const bad = [
        asTask(log, two, 6, []),
        asTask(log, two, 6, proof.slice(1)),
        asTask(log, two, 6, [...proof].reverse()),
        asTask(log, log.checkpointOver(9, log.root(8)), 6, proof),
        asTask(log, log.checkpointOver(6, log.root(5)), 6, []),
        asTask(log, one, 6, []),
        asTask(log, log.checkpoint(2), 6, []),
      ];
      for (const wrong of bad) await expect(chain.prepare(wrong)).rejects.toThrow(Refusal);
      expect(await chain.head(log.origin)).toMatchObject({ size: 6 });
      await anchor(chain, task(log, 6, 9));
      chain.close();
    });

    test('has no receipt of what is not anchored', async () => {
      const { log, chain } = await newLog();
      const missing = parseCheckpoint(log.checkpoint(7));
      await expect(chain.receipt(missing)).rejects.toMatchObject({ code: 'anchor-missing' });
      await anchor(chain, task(log, 0, 8));
      await expect(chain.receipt(missing)).rejects.toMatchObject({ code: 'anchor-missing' });
      const other = parseCheckpoint(log.checkpointOver(8, log.root(7)));
      await expect(chain.receipt(other)).rejects.toThrow(Refusal);
      chain.close();
    });
  });
}

/** One step after another, as the anchorer goes. */
async function anchor(chain: AnchorChain, what: AnchorTask): Promise<void> {
  const prepared = await chain.prepare(what);
  await chain.submit(prepared);
  expect(await decided(chain, prepared)).toEqual({ state: 'anchored' });
}

async function decided(chain: AnchorChain, prepared: PreparedAnchor) {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const outcome = await chain.outcome(prepared, PATIENCE_MS);
    if (outcome.state !== 'waiting' || performance.now() > untilMs) return outcome;
  }
}

function task(log: SignedLog, from: number, to: number): AnchorTask {
  const proof = from === 0 ? [] : prefixProof(from, log.leaves.slice(0, to));
  return asTask(log, log.checkpoint(to), from, proof);
}

function asTask(
  log: SignedLog,
  note: string,
  from: number,
  proof: readonly Uint8Array[],
): AnchorTask {
  const head = from === 0 ? undefined : { origin: log.origin, size: from, root: log.root(from) };
  return { checkpoint: parseCheckpoint(note), note, head, proof };
}
