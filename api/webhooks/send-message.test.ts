import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebhookReceiver } from '../test/webhook-receiver.ts';
import { type Address, AllowedAddresses } from './allowed-address.ts';
import { type SendOptions, sendMessage } from './send-message.ts';

let receiver: WebhookReceiver;
beforeAll(async () => {
  receiver = await WebhookReceiver.listen();
});
afterEach(() => {
  receiver.received.length = 0;
  receiver.answer = 204;
});
afterAll(async () => await receiver.close());

const LOOPBACK: Address = { address: '127.0.0.1', family: 4 };
const never = new AbortController().signal;

async function send(url: string, options: Partial<SendOptions> = {}, signal = never) {
  const allowed = new AllowedAddresses(['127.0.0.1/32']);
  const sending = { url, headers: { 'webhook-id': 'msg_1' }, body: '{"type":"a"}', signal };
  return await sendMessage(sending, { allowed, timeoutMs: 20_000, ...options });
}

test('the body and the headers come as they were given', async () => {
  expect(await send(receiver.url)).toEqual({ status: 204 });
  const [one] = receiver.received;
  expect([one?.body, one?.path, one?.headers['content-type'], one?.id]).toEqual([
    ...['{"type":"a"}', '/hooks', 'application/json', 'msg_1'],
  ]);
});

test('a name is resolved once, and the connection goes to the very address that was judged', async () => {
  const port = new URL(receiver.url).port;
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    return [LOOPBACK];
  };
  // No resolver knows this name: only a pinned address is reached.
  expect(await send(`http://rebinding.invalid:${port}/`, { resolve })).toEqual({ status: 204 });
  expect(asked).toEqual(['rebinding.invalid']);
  expect(receiver.received[0]?.headers.host).toBe(`rebinding.invalid:${port}`);
});

test.each([
  ['a private address among public ones', [{ address: '1.1.1.1', family: 4 }, LOOPBACK]],
  ['loopback', [LOOPBACK]],
  ['mapped loopback', [{ address: '::ffff:127.0.0.1', family: 6 }]],
  ['the address of a cloud’s metadata', [{ address: '169.254.169.254', family: 4 }]],
] as const)('a name that stands for %s is refused', async (_, addresses) => {
  const url = receiver.url.replace('http:', 'https:').replace('127.0.0.1', 'inside.example');
  const options = { allowed: new AllowedAddresses(), resolve: async () => addresses };
  expect(await send(url, options)).toEqual({ code: 'address-refused' });
  expect(receiver.received).toEqual([]);
});

test.each(['127.0.0.1', '127.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]'])(
  'an address that is written as %s is refused',
  async (host) => {
    const url = `https://${host}:${new URL(receiver.url).port}/`;
    const refused = await send(url, { allowed: new AllowedAddresses() });
    expect(refused).toEqual({ code: 'address-refused' });
    expect(receiver.received).toEqual([]);
  },
);

test('without TLS nothing is sent but to what the settings name', async () => {
  const resolve = async () => [{ address: '1.1.1.1', family: 4 }] as const;
  expect(await send('http://public.example/', { resolve })).toEqual({ code: 'address-refused' });
});

test('a redirect is an answer like any other: nobody goes there', async () => {
  receiver.answer = (response) => {
    response.writeHead(307, { location: `${receiver.url}/else` }).end();
  };
  expect(await send(receiver.url)).toEqual({ status: 307 });
  expect(receiver.received.map(({ path }) => path)).toEqual(['/hooks']);
});

test('an endpoint that never answers is left after the time for it', async () => {
  receiver.answer = () => undefined;
  expect(await send(receiver.url, { timeoutMs: 50 })).toEqual({ code: 'timeout' });
});

test('a name that is never resolved is left after the time for it', async () => {
  const resolve = () => new Promise<never>(() => undefined);
  expect(await send('https://slow.example/', { resolve, timeoutMs: 20 })).toEqual({
    code: 'timeout',
  });
});

test('what was cut short by our own end says so', async () => {
  const ending = new AbortController();
  receiver.answer = () => ending.abort();
  expect(await send(receiver.url, {}, ending.signal)).toEqual({ code: 'stopping' });
});

test('an answer without end is not read', async () => {
  receiver.answer = (response) => {
    response.writeHead(200);
    response.write('a'.repeat(1000));
  };
  expect(await send(receiver.url)).toEqual({ status: 200 });
});

test('nobody there, no such name, and no TLS are told apart', async () => {
  const closed = await WebhookReceiver.listen();
  await closed.close();
  expect(await send(closed.url)).toEqual({ code: 'not-reached' });
  const resolve = async (): Promise<never> => {
    throw new Error('ENOTFOUND');
  };
  expect(await send('https://nowhere.example/', { resolve })).toEqual({ code: 'name-unknown' });
  const plain = receiver.url.replace('http:', 'https:');
  expect(await send(plain)).toEqual({ code: 'tls-refused' });
});
