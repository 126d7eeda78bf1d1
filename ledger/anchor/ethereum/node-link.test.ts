import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { startNode, type TestNode } from '../../../test/anchor/ethereum-node.ts';
import { ChainUnavailable } from '../chain.ts';
import { NodeError, NodeLink } from './node-link.ts';

let node: TestNode | undefined;
afterEach(async () => {
  await node?.stop();
  node = undefined;
});

/** A node that answers every call like this. */
async function linkTo(
  request: () => Promise<unknown>,
  path = '',
  deadlineMs?: number,
): Promise<NodeLink> {
  node = await startNode({ request });
  return new NodeLink(node.url + path, deadlineMs);
}

function failing(message: string, data?: unknown): () => Promise<never> {
  return () => Promise.reject(Object.assign(new Error(message), { code: 3, data }));
}

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('hands out what the node answers, null too', async () => {
  const link = await linkTo(() => Promise.resolve(null));
  expect(await link.call('eth_getTransactionReceipt', ['0x00'])).toBeNull();
});

describe('data of a contract that refuses', () => {
  test.each([
    ['as it is', 'execution reverted', '0x3ee5aeb5'],
    ['behind a word', 'VM execution error', 'Reverted 0x3ee5aeb5'],
    ['one level deeper', 'reverted with an error', { message: 'no', data: '0x3ee5aeb5' }],
  ])('%s', async (_, message, data) => {
    const { call } = await linkTo(failing(message, data));
    expect(await errorOf(call('eth_call', []))).toMatchObject({ reverted: '0x3ee5aeb5' });
  });

  test('kept back by the node, and of a node that only fails', async () => {
    const kept = await linkTo(failing('execution reverted'));
    expect(await errorOf(kept.call('eth_call', []))).toMatchObject({ reverted: '0x' });
    await node?.stop();
    const failed = await linkTo(failing('header not found'));
    const error = await errorOf(failed.call('eth_call', []));
    expect(error).toBeInstanceOf(NodeError);
    expect(error).toMatchObject({ code: 'chain-unavailable', reverted: undefined });
  });
});

test('no error says the token in the address', async () => {
  const token = '0123456789abcdef';
  const link = await linkTo(
    failing(`project ${token} has no more calls`),
    `/v3/${token}?k=${token}`,
  );
  const error = await errorOf(link.call('eth_chainId', []));
  expect(error).toMatchObject({
    message: 'The node says to eth_chainId: project … has no more calls',
  });
  await node?.stop();
  const gone = await errorOf(link.call('eth_chainId', []));
  expect(gone).toMatchObject({ message: 'The node cannot be reached: ECONNREFUSED.' });
  expect(gone).not.toHaveProperty('cause');
  const bad = await errorOf(Promise.resolve().then(() => new NodeLink(`ws://${token}`)));
  expect(bad).toMatchObject({ code: 'ethereum-rpc', message: expect.not.stringContaining(token) });
});

test('a name and password in the address are sent as such', async () => {
  const server = createServer((request, response) => {
    response.end(JSON.stringify({ id: 1, result: request.headers.authorization }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server has a port');
  const link = new NodeLink(`http://me:p%40ss@127.0.0.1:${address.port}`);
  const sent = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
  expect(await link.call('eth_chainId', [])).toBe(sent);
  server.closeAllConnections();
  server.close();
});

describe('a node that tells nothing', () => {
  test.each([
    ['status-500', 'The node gave no answer to eth_chainId (HTTP 500).'],
    ['status-429', 'The node gave no answer to eth_chainId (HTTP 429).'],
    ['garbage', 'The node gave no answer to eth_chainId (HTTP 200).'],
    ['other-id', 'The node gave no answer to eth_chainId (HTTP 200).'],
    ['hangs', 'The node did not answer in time.'],
  ] as const)('%s', async (fault, message) => {
    const deadlineMs = fault === 'hangs' ? 500 : undefined;
    const link = await linkTo(() => Promise.resolve('0x1'), '', deadlineMs);
    node?.fault('eth_chainId', fault);
    const error = await errorOf(link.call('eth_chainId', []));
    expect(error).toBeInstanceOf(ChainUnavailable);
    expect(error).toMatchObject({ message });
    expect(await link.call('eth_chainId', [])).toBe('0x1');
  });

  test('denies us, which time does not change', async () => {
    const link = await linkTo(() => Promise.resolve('0x1'));
    node?.fault('eth_chainId', 'status-401');
    expect(await errorOf(link.call('eth_chainId', []))).toMatchObject({ code: 'ethereum-rpc' });
  });
});

test('a link that is closed ends what waits', async () => {
  const link = await linkTo(() => new Promise(() => undefined));
  const waiting = [errorOf(link.call('eth_chainId', [])), errorOf(link.wait(60_000))];
  link.close();
  const message = 'The connection to the node was closed.';
  expect(await Promise.all(waiting)).toMatchObject([{ message }, { message }]);
});

test('no error says a short name or password, as it is or as it is sent, nor a token without a value', async () => {
  const credentials = Buffer.from('bill:pa ss').toString('base64');
  node = await startNode({
    request: failing(`no Basic ${credentials} for bill, pa ss, pa%20ss, 0123456789abcdef`),
  });
  const address = node.url.replace('http://', 'http://bill:pa%20ss@');
  const link = new NodeLink(`${address}/v3?0123456789abcdef`);
  expect(await errorOf(link.call('eth_call', []))).toMatchObject({
    message: 'The node says to eth_call: no Basic … for …, …, …, …',
  });
});

test('an address with a sign that is none is refused, and not told', () => {
  const code = 'ethereum-rpc';
  for (const address of ['http://a%zz:b@node.example/', 'http://node.example/%E0%A4%A']) {
    expect(() => new NodeLink(address)).toThrow(expect.objectContaining({ code }));
  }
});
