import { Agent, request } from 'node:http';

/** The load of `payments`: sends notifications over kept connections, in a process of its own. */
export interface Sending {
  readonly port: number;
  readonly connections: number;
  readonly notifications: readonly {
    readonly headers: Readonly<Record<string, string>>;
    /** Base64. */
    readonly body: string;
  }[];
}

process.once('message', (sending: Sending) => void send(sending));

async function send({ port, connections, notifications }: Sending): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const waiting = notifications.map(({ headers, body }) => ({
    headers,
    body: Buffer.from(body, 'base64'),
  }));
  const statuses = new Map<number, number>();
  const startedMs = performance.now();
  const pump = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const status = await post(agent, port, next.headers, next.body);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: connections }, pump));
  process.send?.({ ms: performance.now() - startedMs, statuses: Object.fromEntries(statuses) });
  agent.destroy();
  process.disconnect();
}

function post(
  agent: Agent,
  port: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { agent, port, host: '127.0.0.1', path: '/webhooks/wechat', method: 'POST', headers },
      (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}
