import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import Provider from 'oidc-provider';

export const OIDC_CLIENT = {
  id: 'billproof',
  secret: 'a secret of the tests',
  redirect: 'https://bills.example.com/console',
};

/** A real identity provider on loopback, and somebody's browser at it. */
export class IdentityProvider {
  readonly issuer: string;
  /** Answers nothing any more while it is true. */
  isAway = false;
  readonly #close: () => Promise<void>;

  private constructor(issuer: string, close: () => Promise<void>) {
    this.issuer = issuer;
    this.#close = close;
  }

  static async start(): Promise<IdentityProvider> {
    let answer: ((request: IncomingMessage, response: ServerResponse) => unknown) | undefined;
    const server = createServer((request, response) => {
      if (found?.isAway !== false) request.socket.destroy();
      else void answer?.(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const issuer = `http://127.0.0.1:${port}`;
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const provider = new Provider(issuer, {
      clients: [
        {
          ...{ client_id: OIDC_CLIENT.id, client_secret: OIDC_CLIENT.secret },
          ...{
            redirect_uris: [OIDC_CLIENT.redirect],
            token_endpoint_auth_method: 'client_secret_post',
          },
        },
      ],
      pkce: { required: () => true },
      cookies: { keys: ['of the tests'] },
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: '1', use: 'sig' }] },
      conformIdTokenClaims: false,
      claims: { openid: ['sub'], profile: ['preferred_username'] },
      findAccount: (_context, id) => ({
        accountId: id,
        claims: () => ({ sub: id, preferred_username: id.replace('subject-of-', '') }),
      }),
    });
    answer = provider.callback();
    const found = new IdentityProvider(issuer, async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return found;
  }

  /** Signs in as that subject and agrees; what stands behind the `?` when the browser is sent back. */
  async visit(url: string, subject: string): Promise<string> {
    const cookies = new Map<string, string>();
    let next: { url: string; form?: Record<string, string> } = { url };
    for (let step = 0; step < 20; step += 1) {
      if (next.url.startsWith(OIDC_CLIENT.redirect)) return new URL(next.url).search.slice(1);
      const response = await fetch(next.url, {
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(next.form && { method: 'POST', body: new URLSearchParams(next.form) }),
      });
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        cookies.set(name, value);
      }
      const location = response.headers.get('location');
      const page = await response.text();
      if (location !== null) next = { url: new URL(location, this.issuer).href };
      else next = { url: new URL(actionOf(page), this.issuer).href, form: formOf(page, subject) };
    }
    throw new Error('the provider sends nobody back');
  }

  async close(): Promise<void> {
    await this.#close();
  }
}

function actionOf(page: string): string {
  const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
  if (action === undefined) throw new Error(`no form: ${page.slice(0, 500)}`);
  return action;
}

function formOf(page: string, subject: string): Record<string, string> {
  return page.includes('value="login"')
    ? { prompt: 'login', login: subject, password: 'any' }
    : { prompt: 'consent' };
}
