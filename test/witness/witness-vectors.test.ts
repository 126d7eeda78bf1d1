import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiLog } from '../../api/log.ts';
import { serveWitness } from '../../api/witness/witness-server.ts';
import { SqliteCheckpointStore } from '../../ledger/checkpoint-store.ts';
import { ED25519_COSIGNATURE, parseVerifierKey } from '../../ledger/core/signed-note.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { noteSigner } from '../../ledger/note-signer.ts';
import { Witness } from '../../ledger/witness/witness.ts';

/**
 * One file a request, made by a program in another language from the standard alone. `body` stands where
 * the standard prescribes it; else any sentence will do.
 */
interface Vector {
  readonly name: string;
  readonly why: string;
  readonly logs: readonly string[];
  /** What was cosigned before. */
  readonly before: { readonly size: number; readonly root: string } | null;
  readonly request?: string;
  readonly requestBase64?: string;
  readonly status: number;
  readonly type: string;
  readonly body: string | null;
}

const ORIGIN = 'ledger.example/log/tower';
const NOW_MS = 1_790_000_000_000;
const seed = createHash('sha256').update('billproof witness vectors: witness').digest();
const signer = noteSigner('witness.example/w1', ED25519_COSIGNATURE, seed);
const files = new URL('../vectors/witness/', import.meta.url);
const vectors = readdirSync(files).map((file): Vector => {
  return JSON.parse(readFileSync(new URL(file, files), 'utf8'));
});

describe('a witness, asked over HTTP', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'billproof-witness-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(vectors)('$status $name: $why', async (vector) => {
    const last = new SqliteCheckpointStore(join(folder, `${vector.name}.db`));
    const { before } = vector;
    if (before !== null) last.replace(ORIGIN, undefined, { ...before, note: 'cosigned before' });
    const kept = last.fetch(ORIGIN);
    const logs = vector.logs.map((vkey) => parseVerifierKey(vkey));
    const primitives = nativePrimitives();
    const witness = new Witness({ signer, last, logs, nowMs: () => NOW_MS, primitives });
    const log = apiLog('silent', { write: () => undefined });
    const server = await serveWitness({ witness, host: '127.0.0.1', port: 0, log });
    try {
      const { request, requestBase64 = '' } = vector;
      const body = request ?? Buffer.from(requestBase64, 'base64');
      const url = `http://127.0.0.1:${server.port}/add-checkpoint`;
      const answer = await fetch(url, { method: 'POST', body });
      const text = await answer.text();
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        ...[vector.status, vector.type],
      ]);
      if (vector.body !== null) expect(text).toBe(vector.body);
      else expect(text).toMatch(/^[A-Z].*\.\n$/);
      // Whatever was refused is not remembered, and what was cosigned is.
      if (answer.status !== 200) expect(last.fetch(ORIGIN)).toEqual(kept);
      else {
        expect(last.fetch(ORIGIN)?.note).toMatch(/\n\n(\u2014 .*\n)+$/u);
        expect(last.fetch(ORIGIN)?.note.endsWith(text)).toBe(true);
      }
    } finally {
      await server.stop();
      last.close();
    }
  });

  it('has vectors of every status of the standard', () => {
    const statuses = new Set(vectors.map(({ status }) => status));
    expect([...statuses].sort()).toEqual([200, 400, 403, 404, 409, 422]);
  });
});
