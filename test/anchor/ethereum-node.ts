import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestChain } from '../../contracts/test-chain.ts';

/** What a node, or the way to it, does to one call. */
export type NodeFault =
  /** Done, and the answer is lost. */
  | 'answer-lost'
  /** Not done, and no answer. */
  | 'call-lost'
  | 'status-500'
  | 'status-429'
  | 'status-401'
  | 'hangs'
  /** Done at once, answered after others that came later. */
  | 'late'
  /** Done later than others that came later. */
  | 'overtaken'
  | 'garbage'
  | 'other-id'
  | 'error'
  /** Knows nothing, as one that is behind. */
  | 'knows-nothing';

/** A node of a test chain, over HTTP, as others see it. */
export interface TestNode {
  readonly url: string;
  /** Methods that were called, in order. */
  readonly calls: string[];
  /** What it does to the next call of a method. */
  fault(method: string, fault: NodeFault): void;
  /** Answers for this chain from now on. */
  serve(chain: Upstream): void;
  stop(): Promise<void>;
}

interface Call {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a node hands calls on to. */
export type Upstream = Pick<TestChain, 'request'>;

/** Port 0 for any: a node that was killed comes back where it was. */
export async function startNode(first: Upstream, port = 0): Promise<TestNode> {
  let chain = first;
  const faults = new Map<string, NodeFault[]>();
  const calls: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const call = await readCall(request);
      calls.push(call.method);
      await answer(chain, call, faults.get(call.method)?.shift(), response);
    })();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server has a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    fault(method, fault) {
      faults.set(method, [...(faults.get(method) ?? []), fault]);
    },
    serve(other) {
      chain = other;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

async function answer(
  chain: Upstream,
  call: Call,
  fault: NodeFault | undefined,
  response: ServerResponse,
): Promise<void> {
  const end = (status: number, text: string) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  };
  const { id } = call;
  if (fault === 'call-lost') response.destroy();
  if (fault === 'status-500') end(500, 'Internal error');
  if (fault === 'status-429') end(429, '{"error":"too many"}');
  if (fault === 'status-401') end(401, 'Unauthorized');
  if (fault === 'garbage') end(200, '<html>moved</html>');
  if (fault === 'error') end(200, formatAnswer(id, { error: { code: -32000, message: 'busy' } }));
  if (fault === 'knows-nothing') end(200, formatAnswer(id, { result: null }));
  if (response.writableEnded || response.destroyed || fault === 'hangs') return;
  if (fault === 'overtaken') await delay(LATE_MS);
  const said = await askChain(chain, call);
  if (fault === 'late') await delay(LATE_MS);
  if (fault === 'answer-lost') response.destroy();
  else end(200, formatAnswer(fault === 'other-id' ? `${String(id)}?` : id, said));
}

const LATE_MS = 60;

async function askChain(chain: Upstream, { method, params }: Call): Promise<object> {
  try {
    return { result: await chain.request(method, params) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = 'code' in error ? error.code : -32603;
    return { error: { code, message: error.message, data: 'data' in error ? error.data : null } };
  }
}

function formatAnswer(id: unknown, said: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id, ...said });
}
