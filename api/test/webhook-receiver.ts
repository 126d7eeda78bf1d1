import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';

export interface Received {
  readonly id: string;
  readonly timestamp: number;
  readonly signatures: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly body: string;
}

/** The other side: takes messages and answers as it is told. */
export class WebhookReceiver {
  readonly received: Received[] = [];
  /** The status of each answer, or what is done in its place. */
  answer: number | ((response: ServerResponse, index: number) => void) = 204;
  #port = 0;
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = (name: string) => String(request.headers[name]);
      this.received.push({
        id: one('webhook-id'),
        timestamp: Number(one('webhook-timestamp')),
        signatures: one('webhook-signature').split(' '),
        headers: request.headers,
        path: request.url ?? '',
        body: Buffer.concat(chunks).toString('utf8'),
      });
      if (typeof this.answer === 'number') response.writeHead(this.answer).end('thank you');
      else this.answer(response, this.received.length - 1);
    });
  });

  static async listen(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    const address = receiver.#server.address();
    receiver.#port = typeof address === 'object' && address !== null ? address.port : 0;
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hooks`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/**
 * Whether one of the signatures is that key's, as Standard Webhooks 1.0 says it ("Asymmetric"): nothing of ours is
 * used. The package `standardwebhooks` knows symmetric signatures (`v1`) alone.
 */
export function isSignedBy(publicKey: string, received: Received): boolean {
  const raw = Buffer.from(publicKey.replace(/^whpk_/, ''), 'base64');
  const x = raw.toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const signed = Buffer.from(`${received.id}.${received.timestamp}.${received.body}`);
  return received.signatures.some((text) => {
    const [version, signature = ''] = text.split(',');
    return version === 'v1a' && verify(null, signed, key, Buffer.from(signature, 'base64'));
  });
}
