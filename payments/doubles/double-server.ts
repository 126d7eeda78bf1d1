import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { PendingFaults } from './fault.ts';

export interface DoubleRequest {
  readonly method: string;
  /** Path and query as they came, which is what some providers sign. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface DoubleAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** `badly`: to be signed with a signature that is not the provider's own. */
export type Answering = (request: DoubleRequest, badly: boolean) => DoubleAnswer;

export interface DoubleServer {
  readonly url: string;
  stop(): Promise<void>;
}

const GARBAGE = '<html><body>Sign in to the guest network</body></html>';

/** Serves the protocol of a provider on 127.0.0.1, with the faults of answers that are waiting. */
export async function serveDouble(
  port: number,
  faults: PendingFaults,
  answering: Answering,
): Promise<DoubleServer> {
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = await read(request);
    const fault = faults.takeAnswerFault()?.kind;
    if (fault === 'answer-silent') return;
    if (fault === 'answer-5xx') {
      response.writeHead(503).end();
      return;
    }
    if (fault === 'answer-garbage') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(GARBAGE);
      return;
    }
    const answer = answering(asked, fault === 'answer-bad-signature');
    if (fault === 'answer-lost') {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };
  const server = createServer((request, response) => {
    // A caller that goes away while it is asking gets no answer, and nobody is told.
    respond(request, response).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function read(request: IncomingMessage): Promise<DoubleRequest> {
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = String(value);
  }
  const { method = 'GET', url: target = '/' } = request;
  return { method, target, headers, body: Buffer.concat(parts) };
}
