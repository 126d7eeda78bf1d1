import { workerData } from 'node:worker_threads';
import {
  ANSWERED,
  type BridgeAnswer,
  type BridgeRequest,
  type BridgeSetup,
  ENDED,
} from './bridge-messages.ts';
import { Connection, failureOf } from './connection.ts';

/** Smaller bytes are copied: to hand a buffer over costs more. */
const WORTH_HANDING_OVER = 4_096;

/** The thread of a `PostgresBridge`: one connection, one request at a time. */
function run({ url, deadlineMs, port, signal }: BridgeSetup): void {
  const connection = new Connection(url, deadlineMs);
  process.on('exit', () => {
    Atomics.store(signal, ENDED, 1);
    wake(signal);
  });
  port.on('message', (request: BridgeRequest) => {
    void answer(connection, request).then((given) => {
      port.postMessage(given, buffersOf(given));
      wake(signal);
    });
  });
}

async function answer(connection: Connection, request: BridgeRequest): Promise<BridgeAnswer> {
  try {
    switch (request.kind) {
      case 'connect':
        return { ok: true, session: await connection.connect(request.previous) };
      case 'run':
        return { ok: true, results: await connection.run(request.mode, request.statements) };
      case 'close':
        await connection.close();
        return { ok: true };
    }
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}

function wake(signal: Int32Array): void {
  Atomics.add(signal, ANSWERED, 1);
  Atomics.notify(signal, ANSWERED);
}

function buffersOf(given: BridgeAnswer): ArrayBuffer[] {
  if (!given.ok) return [];
  const buffers: ArrayBuffer[] = [];
  for (const { rows } of given.results ?? []) {
    for (const row of rows) {
      for (const value of Object.values(row)) {
        if (!(value instanceof Uint8Array) || value.length < WORTH_HANDING_OVER) continue;
        if (value.buffer instanceof ArrayBuffer) buffers.push(value.buffer);
      }
    }
  }
  return buffers;
}

run(workerData);
