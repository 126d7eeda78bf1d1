import { getRequestListener } from '@hono/node-server';
import type { Api } from './app.ts';
import { batchBridge } from './batch-endpoint.ts';
import { type RunningServer, runServer } from './http-server.ts';
import { notifyingProvider } from './webhook-endpoint.ts';

/** Serves the API on a socket; batches and notifications go around Hono: with it they are answered at a third. */
export async function listen(api: Api, host: string, port: number): Promise<RunningServer> {
  const throughHono = getRequestListener(api.app.fetch, { overrideGlobalObjects: false });
  return await runServer(
    (incoming, outgoing) => {
      const bridge = batchBridge(incoming.method, incoming.url);
      const provider = notifyingProvider(incoming.method, incoming.url);
      if (bridge !== undefined) void api.batches.serve(incoming, outgoing, bridge);
      else if (provider !== undefined) void api.webhooks.serve(incoming, outgoing, provider);
      else void throughHono(incoming, outgoing);
    },
    host,
    port,
  );
}
