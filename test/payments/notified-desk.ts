import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { Notification, PaymentProvider, RawNotification } from '../../payments/provider.ts';

/** One notification as it came, and what the adapter made of it. */
export interface Heard {
  readonly raw: RawNotification;
  /** What was read, or the code that it was refused with. */
  readonly read: Notification | string;
}

/** Where a double's notifications arrive: reads each with the adapter and answers as it wants. */
export interface NotifiedDesk {
  readonly url: string;
  readonly heard: readonly Heard[];
  /** Who reads; without one every notification is answered with 503. */
  listenWith(provider: PaymentProvider, nowMs: () => number): void;
  /** Answers the next ones as if we could not take them just now. */
  refuseNext(times: number): void;
  stop(): Promise<void>;
}

export async function openDesk(): Promise<NotifiedDesk> {
  const heard: Heard[] = [];
  let reader: { provider: PaymentProvider; nowMs: () => number } | undefined;
  let refusing = 0;

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) {
      if (value !== undefined) headers[name] = String(value);
    }
    const raw = { headers, body: Uint8Array.from(Buffer.concat(parts)) };
    if (reader === undefined) {
      response.writeHead(503).end();
      return;
    }
    const read = await readOrCode(reader.provider, raw, reader.nowMs());
    heard.push({ raw, read });
    const taken = refusing === 0 && typeof read !== 'string';
    refusing = Math.max(0, refusing - 1);
    const answer = reader.provider.answer(taken);
    response.writeHead(answer.status, { 'content-type': answer.contentType });
    response.end(answer.body);
  };
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      // A mistake of an adapter, not a refusal: the test sees it among what was heard.
      heard.push({ raw: { headers: {}, body: new Uint8Array() }, read: String(error) });
      response.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');

  return {
    url: `http://127.0.0.1:${address.port}/notified`,
    heard,
    listenWith: (provider, nowMs) => {
      reader = { provider, nowMs };
    },
    refuseNext: (times) => {
      refusing = times;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readOrCode(
  provider: PaymentProvider,
  raw: RawNotification,
  nowMs: number,
): Promise<Notification | string> {
  try {
    return await provider.readNotification(raw, nowMs);
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}
