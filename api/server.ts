import { getRequestListener } from '@hono/node-server';
import type { Api } from './app.ts';
import { batchBridge } from './batch-endpoint.ts';
import { type RunningServer, runServer } from './http-server.ts';

/** Serves the API on a socket; the ingest path goes around Hono: without it that path answers a third. */
export async function listen(api: Api, host: string, port: number): Promise<RunningServer> {
  const throughHono = getRequestListener(api.app.fetch, { overrideGlobalObjects: false });
  return await runServer(
    (incoming, outgoing) => {
      const bridge = batchBridge(incoming.method, incoming.url);
      if (bridge === undefined) void throughHono(incoming, outgoing);
      else void api.batches.serve(incoming, outgoing, bridge);
    },
    host,
    port,
  );
}
