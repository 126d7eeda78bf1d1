import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Refusal } from '../core/refusal.ts';
import { StoreFenced, StoreFull } from '../store/store-errors.ts';
import { FrameReader, frameOf } from './peer-frames.ts';
import { PeerLink, PeerLost, splitAddress } from './peer-link.ts';
import { peerSecret } from './peer-secret.ts';
import { type AnswerPeer, PeerServer } from './peer-server.ts';

const SECRET = peerSecret(Buffer.alloc(32, 1));
const HERE = { host: '127.0.0.1', port: 0 };

async function served(answer: AnswerPeer) {
  const server = await PeerServer.listen(HERE, SECRET, answer);
  onTestFinished(() => server.close());
  return server;
}

function linkTo(server: PeerServer, secret = SECRET, onEnd: () => void = () => undefined) {
  const link = new PeerLink(`127.0.0.1:${server.port}`, secret, onEnd);
  onTestFinished(() => link.close());
  return link;
}

describe('a link between two processes', () => {
  it('carries what threads carry, and answers each by itself', async () => {
    const server = await served(async (body) => {
      const { wait, value }: { wait: number; value: unknown } = Object(body);
      await pause(wait);
      return { got: value };
    });
    const link = linkTo(server);
    const values = [
      { wait: 30, value: 'slow' },
      { wait: 0, value: new Uint8Array([1, 2, 3]) },
      { wait: 5, value: new Map([[1, undefined]]) },
      { wait: 0, value: 'x'.repeat(3_000_000) },
    ];
    const answers = await Promise.all(values.map((each) => link.ask(each)));
    expect(answers).toEqual(values.map(({ value }) => ({ got: value })));
    expect(link.waiting).toBe(0);
  });

  it('throws at one end what was thrown at the other', async () => {
    const errors = [
      new Refusal('site-moved', 'Elsewhere.', { site: 'a' }),
      new StoreFenced('gone'),
      new StoreFull('full'),
    ];
    const server = await served(async (body) => {
      throw errors[Number(body)] ?? new Error('no such error');
    });
    const link = linkTo(server);
    for (const [i, error] of errors.entries()) {
      await expect(link.ask(i)).rejects.toEqual(error);
    }
  });

  it('ends what waits when the other end goes, and is of no use then', async () => {
    const server = await PeerServer.listen(HERE, SECRET, () => new Promise(() => undefined));
    let ends = 0;
    const link = linkTo(server, SECRET, () => {
      ends += 1;
    });
    const asked = link.ask('anything');
    await pause(50);
    await Promise.all([server.close(), expect(asked).rejects.toBeInstanceOf(PeerLost)]);
    await expect(link.ask('more')).rejects.toBeInstanceOf(PeerLost);
    expect(ends).toBe(1);
  });

  it('lets nobody in who has another secret, or none', async () => {
    const heard: unknown[] = [];
    const server = await served(async (body) => {
      heard.push(body);
    });
    const stranger = linkTo(server, peerSecret(Buffer.alloc(32, 2)));
    await expect(stranger.ask('let me in')).rejects.toBeInstanceOf(PeerLost);
    const plain = connect(server.port, '127.0.0.1');
    plain.on('error', () => undefined);
    plain.write(frameOf([{ id: 1, body: 'let me in' }]));
    await new Promise((resolve) => plain.once('close', resolve));
    expect(heard).toEqual([]);
    expect(await linkTo(server).ask('a friend')).toBeUndefined();
    expect(heard).toEqual(['a friend']);
  });

  it('is lost at once where nobody listens', async () => {
    const server = await PeerServer.listen(HERE, SECRET, async () => 'never');
    const { port } = server;
    await server.close();
    const link = new PeerLink(`127.0.0.1:${port}`, SECRET, () => undefined);
    await expect(link.ask('anything')).rejects.toBeInstanceOf(PeerLost);
  });
});

describe('messages', () => {
  it('are put together however they were cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 40 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        (messages, cuts) => {
          const bytes = Buffer.concat(messages.map(frameOf));
          const reader = new FrameReader();
          const got: unknown[] = [];
          for (let at = 0, i = 0; at < bytes.length; i += 1) {
            const length = cuts[i % cuts.length] ?? 1;
            got.push(...reader.take(bytes.subarray(at, at + length)));
            at += length;
          }
          expect(got).toEqual(messages);
        },
      ),
    );
  });

  it('of a length that no process of ours sends are refused before they come', () => {
    const reader = new FrameReader();
    expect(() => reader.take(Buffer.from([255, 255, 255, 255]))).toThrow('too long');
  });
});

it('reads addresses of both kinds', () => {
  expect(splitAddress('10.0.0.5:8601')).toEqual(['10.0.0.5', 8601]);
  expect(splitAddress('[::1]:0')).toEqual(['::1', 0]);
});
