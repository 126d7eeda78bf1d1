import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refusal } from '../ledger/core/refusal.ts';

export interface RunningServer {
  readonly host: string;
  readonly port: number;
  /** Takes no more connections, answers what was asked, then resolves. */
  stop(): Promise<void>;
}

/** A slow sender holds a connection this long at most, and a silent one this long. */
const REQUEST_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
/** A stop waits this long for answers under way before it cuts the connections. */
const PATIENCE_MS = 3_500;

/** Answers requests on a socket. Refuses a port that is taken (`port-in-use`). */
export async function runServer(
  answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
  host: string,
  port: number,
): Promise<RunningServer> {
  let isStopping = false;
  const server = createServer((incoming, outgoing) => {
    // A kept connection would outlive the stop: its next answer is its last.
    if (isStopping) outgoing.setHeader('connection', 'close');
    answer(incoming, outgoing);
  });
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS / 3;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, host, port)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
  return {
    host,
    port: portOf(server),
    stop: async () => {
      isStopping = true;
      await closed(server);
    },
  };
}

async function closed(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), PATIENCE_MS);
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  try {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  } finally {
    clearTimeout(cut);
    clearInterval(idle);
  }
}

function listenError(error: Error, host: string, port: number): Error {
  if (!('code' in error) || error.code !== 'EADDRINUSE') return error;
  return new Refusal('port-in-use', `Port ${port} of ${host} is taken. Set PORT to another one.`, {
    port,
  });
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
