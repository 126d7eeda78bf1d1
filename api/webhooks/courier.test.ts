import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../ledger/core/time.ts';
import { type Answer, member, problem } from '../test/api-client.ts';
import {
  openApiForTests,
  TEST_ACCOUNT,
  TEST_SITE,
  type TestApi,
} from '../test/open-api-for-tests.ts';
import { isSignedBy, WebhookReceiver } from '../test/webhook-receiver.ts';
import { MOST_TRIES, waitAfter } from './courier.ts';

const ENDPOINTS = '/v1/webhook-endpoints';
let api: TestApi;
let receiver: WebhookReceiver;
/** Goes on from test to test; begins long ago, since the tokens live for an hour from now on. */
let nowMs = Date.now() - 200 * DAY_MS;

beforeAll(async () => {
  api = await openApiForTests({}, () => nowMs);
  await api.setLedgerTime('2026-09-01T00:00:00.000Z');
  for (const site of [TEST_SITE, 'yard']) {
    const json = { site, currency: 'CNY', zone: 'Asia/Shanghai' };
    await made(await api.client.post('/v1/sites', api.tokens.admin, json));
  }
  await openAccount(TEST_ACCOUNT);
});
beforeEach(async () => {
  receiver = await WebhookReceiver.listen();
});
afterEach(async () => {
  const { body } = await api.client.get(ENDPOINTS, api.tokens.manager);
  const { data }: { data: { endpoint: string }[] } = Object(body);
  for (const { endpoint } of data) await post(`${ENDPOINTS}/${endpoint}/disable`);
  await receiver.close();
});
afterAll(async () => await api.close());

test('an event is told once, signed, and with nothing in it but which one it is', async () => {
  const { endpoint, keys } = await addEndpoint(['topup.credited']);
  await topUp();
  await api.courier.round();
  await api.courier.round();
  expect(receiver.received.length).toBe(1);
  const [one] = receiver.received;
  const events = await api.ledger.events(TEST_SITE, TEST_ACCOUNT, { limit: 10 });
  const { text = '', leaf } = events.at(-1) ?? {};
  const { id, n } = JSON.parse(text);
  expect(one?.id).toBe(`msg_${id}`);
  expect(one?.timestamp).toBe(Math.floor(nowMs / 1000));
  expect(JSON.parse(one?.body ?? '')).toEqual({
    type: 'topup.credited',
    timestamp: '2026-09-01T00:00:00.000Z',
    data: { site: TEST_SITE, account: TEST_ACCOUNT, n, leaf, event: id, period: '2026-09' },
  });
  if (one === undefined) return;
  expect(keys.map((key) => isSignedBy(key, one))).toEqual([true]);
  expect(isSignedBy(keys[0] ?? '', { ...one, body: `${one.body} ` })).toBe(false);
  expect(isSignedBy(keys[0] ?? '', { ...one, timestamp: one.timestamp + 1 })).toBe(false);
  expect(isSignedBy(keys[0] ?? '', { ...one, id: 'msg_other' })).toBe(false);
  const published = await api.client.get(`/v1/webhook-keys/${TEST_SITE}/${endpoint}`);
  expect([published.status, member(published.body, 'keys/0/publicKey')]).toEqual([200, keys[0]]);
});

test('an endpoint is told of what it asked for, from its beginning on, and of its own site', async () => {
  await topUp();
  await addEndpoint(['account.opened']);
  await topUp();
  await openAccount('K2');
  await openAccount('K9', 'yard');
  await api.courier.round();
  expect(receiver.received.map(({ body }) => JSON.parse(body).data.account)).toEqual(['K2']);
});

test('what is refused is tried ten times within 75 hours, and then no more', async () => {
  const { endpoint } = await addEndpoint(['topup.credited']);
  receiver.answer = 500;
  await topUp();
  const [startMs, metricsBefore] = [nowMs, await failures()];
  const times: number[] = [];
  for (let step = 0; step < 12; step += 1) {
    await api.courier.round();
    if (receiver.received.length > times.length) times.push(nowMs);
    const { nextAt } = await onlyDelivery(endpoint);
    if (nextAt === undefined) break;
    nowMs = Date.parse(nextAt) - 1;
    const before = receiver.received.length;
    await api.courier.round();
    expect(receiver.received.length).toBe(before);
    nowMs += 1;
  }
  expect(times.length).toBe(MOST_TRIES);
  const took = (times.at(-1) ?? 0) - startMs;
  expect(took).toBeGreaterThan(0.9 * 75 * HOUR_MS);
  expect(took).toBeLessThan(1.1 * 75 * HOUR_MS + MINUTE_MS);
  expect(new Set(receiver.received.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
  const { state, tries, attempts } = await onlyDelivery(endpoint);
  expect([state, tries, attempts.map(({ status }) => status)]).toEqual([
    ...['failed', 10, Array(10).fill(500)],
  ]);
  const { failed, givenUp } = await failures();
  expect([failed - metricsBefore.failed, givenUp - metricsBefore.givenUp]).toEqual([9, 1]);
});

test('the waits are those of the documents, with a tenth of jitter', () => {
  const waits = Array.from({ length: 9 }, (_, i) => waitAfter(i + 1, 0.5) ?? 0);
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(75 * HOUR_MS + 5_000);
  expect([waitAfter(1, 0), waitAfter(1, 1), waitAfter(10, 0.5)]).toEqual([4_500, 5_500, undefined]);
});

test('410 stops an endpoint at once, and enabling it goes on where it stopped', async () => {
  const { endpoint } = await addEndpoint(['topup.credited']);
  receiver.answer = 410;
  await topUp();
  await api.courier.round();
  expect((await onlyDelivery(endpoint)).state).toBe('failed');
  expect(await stateOf(endpoint)).toBe('gone');
  receiver.answer = 204;
  await topUp();
  await api.courier.round();
  expect(receiver.received.length).toBe(1);
  await post(`${ENDPOINTS}/${endpoint}/enable`);
  await api.courier.round();
  expect(receiver.received.length).toBe(2);
  expect(await stateOf(endpoint)).toBe('active');
});

test('a disabled endpoint is told nothing, not even by hand, and catches up when it is enabled', async () => {
  const { endpoint } = await addEndpoint(['topup.credited']);
  await post(`${ENDPOINTS}/${endpoint}/disable`);
  await topUp();
  await api.courier.round();
  expect(problem(await post(`${ENDPOINTS}/${endpoint}/test`))).toBe('409 hook-not-active');
  expect(receiver.received).toEqual([]);
  await post(`${ENDPOINTS}/${endpoint}/enable`);
  await api.courier.round();
  expect(receiver.received.length).toBe(1);
});

test('a message is sent again by hand, under its own id, whether it arrived or not', async () => {
  const { endpoint } = await addEndpoint(['topup.credited']);
  receiver.answer = 500;
  await topUp();
  await api.courier.round();
  receiver.answer = 204;
  const { delivery } = await onlyDelivery(endpoint);
  const path = `${ENDPOINTS}/${endpoint}/deliveries/${delivery}/replay`;
  // Twice at the same moment: it waits once.
  expect((await post(path)).status).toBe(200);
  expect((await post(path)).status).toBe(200);
  await api.courier.round();
  expect(receiver.received.length).toBe(2);
  await post(path);
  await api.courier.round();
  expect(receiver.received.length).toBe(3);
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
  expect((await onlyDelivery(endpoint)).attempts.map(({ status }) => status)).toEqual([
    ...[500, 204, 204],
  ]);
  const gone = path.replace(/[0-9]{13}/, '9'.repeat(13));
  expect(problem(await post(gone))).toBe('404 delivery-unknown');
});

test('while a key is replaced both sign, and after a day the new one alone', async () => {
  const { endpoint, keys } = await addEndpoint(['topup.credited']);
  const rotated = await post(`${ENDPOINTS}/${endpoint}/rotate`, 'rotate-1');
  const again = await post(`${ENDPOINTS}/${endpoint}/rotate`, 'rotate-1');
  expect([again.body, again.headers.get('idempotent-replayed')]).toEqual([rotated.body, 'true']);
  const [fresh = '', old = ''] = keysIn(rotated);
  expect(old).toBe(keys[0]);
  await topUp();
  await api.courier.round();
  nowMs += DAY_MS;
  await topUp();
  await api.courier.round();
  const signed = receiver.received.map((one) => [isSignedBy(fresh, one), isSignedBy(old, one)]);
  expect(signed).toEqual([
    [true, true],
    [true, false],
  ]);
  expect(receiver.received[1]?.signatures.length).toBe(1);
});

test('a test message arrives, and the same key sends no second one', async () => {
  const { endpoint } = await addEndpoint(['topup.credited']);
  const sent = await post(`${ENDPOINTS}/${endpoint}/test`, 'try-1');
  await post(`${ENDPOINTS}/${endpoint}/test`, 'try-1');
  await api.courier.round();
  expect(receiver.received.map(({ id }) => id)).toEqual([member(sent.body, 'message')]);
  expect(JSON.parse(receiver.received[0]?.body ?? '')).toEqual({
    type: 'webhook.test',
    timestamp: new Date(nowMs).toISOString(),
    data: { site: TEST_SITE, endpoint },
  });
});

test('an endpoint that hangs holds up no other', async () => {
  await addEndpoint(['topup.credited']);
  const other = await WebhookReceiver.listen();
  await addEndpoint(['topup.credited'], other.url);
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  receiver.answer = (response) => void released.then(() => response.writeHead(204).end());
  other.answer = (response) => {
    response.writeHead(204).end();
    arrive();
  };
  await topUp();
  const round = api.courier.round();
  await arrived;
  release();
  await round;
  expect([receiver.received.length, other.received.length]).toEqual([1, 1]);
  await other.close();
});

test('what became of a message is forgotten after 30 days, but nothing that waits is', async () => {
  const { endpoint } = await addEndpoint(['topup.credited']);
  await topUp();
  await api.courier.round();
  await post(`${ENDPOINTS}/${endpoint}/disable`);
  await post(`${ENDPOINTS}/${endpoint}/enable`);
  receiver.answer = 500;
  await topUp();
  await api.courier.round();
  await post(`${ENDPOINTS}/${endpoint}/disable`);
  nowMs += 30 * DAY_MS + 1;
  await api.courier.round();
  expect((await deliveries(endpoint)).map(({ state }) => state)).toEqual(['waiting']);
});

test('an address is refused that has a name, a password or no web in it', async () => {
  for (const url of ['ftp://example.com/', 'https://a:b@example.com/', 'https://example.com/#a']) {
    const answer = await api.client.post(ENDPOINTS, api.tokens.manager, {
      url,
      types: ['topup.credited'],
    });
    expect(problem(answer)).toBe('422 hook-url-refused');
  }
  const unknown = { url: 'https://example.com/', types: ['no.such'] };
  expect(problem(await api.client.post(ENDPOINTS, api.tokens.manager, unknown))).toBe(
    '400 bad-request',
  );
});

test('the same request adds one endpoint, another one with its key is refused', async () => {
  const json = { url: receiver.url, types: ['topup.credited'] };
  const ask = async (body: object) =>
    await api.client.ask('POST', ENDPOINTS, {
      token: api.tokens.manager,
      json: body,
      key: 'add-1',
    });
  const [first, second] = [await ask(json), await ask(json)];
  expect([second.status, second.body]).toEqual([201, first.body]);
  expect(problem(await ask({ ...json, label: 'x' }))).toBe('422 idempotency-mismatch');
  const list = await api.client.get(ENDPOINTS, api.tokens.auditor);
  const { data }: { data: { label?: string; url: string }[] } = Object(list.body);
  expect(data.filter(({ url }) => url === receiver.url)).toEqual([first.body]);
  expect(JSON.stringify(list.body)).not.toMatch(/secret|request/);
  const audit = await api.client.get('/v1/audit', api.tokens.auditor);
  expect(member(audit.body, 'data/0/what')).toBe('hook-made');
});

async function failures(): Promise<{ failed: number; givenUp: number }> {
  const { body } = await api.client.get('/metrics');
  const of = (outcome: string) => {
    const line = new RegExp(`^billproof_webhook_failures_total{outcome="${outcome}"} (\\d+)$`, 'm');
    return Number(line.exec(String(body))?.[1]);
  };
  return { failed: of('failed'), givenUp: of('given-up') };
}

interface DeliveryView {
  readonly delivery: string;
  readonly state: string;
  readonly tries: number;
  readonly attempts: readonly { readonly status?: number }[];
  readonly nextAt?: string;
}

async function deliveries(endpoint: string): Promise<DeliveryView[]> {
  const { body } = await api.client.get(`${ENDPOINTS}/${endpoint}/deliveries`, api.tokens.auditor);
  const { data }: { data: DeliveryView[] } = Object(body);
  return data;
}

async function onlyDelivery(endpoint: string): Promise<DeliveryView> {
  const [one, ...more] = await deliveries(endpoint);
  if (one === undefined || more.length > 0) throw new Error(`${more.length} more than one`);
  return one;
}

async function stateOf(endpoint: string): Promise<unknown> {
  const { body } = await api.client.get(ENDPOINTS, api.tokens.auditor);
  const { data }: { data: { endpoint: string; state: string }[] } = Object(body);
  return data.find((one) => one.endpoint === endpoint)?.state;
}

async function addEndpoint(types: readonly string[], url = receiver.url) {
  const answer = await made(await api.client.post(ENDPOINTS, api.tokens.manager, { url, types }));
  return { endpoint: String(member(answer.body, 'endpoint')), keys: keysIn(answer) };
}

function keysIn({ body }: Answer): string[] {
  const { keys }: { keys: { publicKey: string }[] } = Object(body);
  return keys.map(({ publicKey }) => publicKey);
}

async function post(path: string, key?: string): Promise<Answer> {
  return await api.client.ask('POST', path, {
    ...{ token: api.tokens.manager, json: {} },
    ...(key !== undefined && { key }),
  });
}

async function topUp(): Promise<void> {
  const json = { account: TEST_ACCOUNT, wallet: 'electricity', amount: '5.000000', method: 'cash' };
  await made(await api.client.post('/v1/top-ups', api.tokens.cashier, json));
  await api.waitForCheckpoint(TEST_SITE);
}

async function openAccount(account: string, site = TEST_SITE): Promise<void> {
  await made(await api.client.post('/v1/accounts', api.tokens.admin, { site, account }));
  await api.waitForCheckpoint(site);
}

async function made(answer: Answer): Promise<Answer> {
  expect([answer.status, answer.body]).toEqual([201, answer.body]);
  return answer;
}
