import { connect, type TLSSocket } from 'node:tls';
import { type Answer, fromWire } from '../wire-error.ts';
import { FrameReader, frameOf } from './peer-frames.ts';
import { IDENTITY, PEER_TLS } from './peer-secret.ts';
import type { PeerRequest } from './peer-server.ts';

/** The other process has gone or cannot be reached. Whether it did what it was asked is not known. */
export class PeerLost extends Error {}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** How long a connection may take to stand. */
const CONNECT_MS = 2_000;
/** A process that was stopped says nothing, and its system still takes what it is sent. */
const SILENCE_MS = 20_000;

/**
 * The end of a process that asks another one. It connects when it is asked for the first time; once the
 * connection is lost, everything that waits is `PeerLost`, and the link is of no use any more.
 */
export class PeerLink {
  readonly #socket: TLSSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onEnd: () => void;
  #outgoing: PeerRequest[] = [];
  #nextId = 1;
  #lost: PeerLost | undefined;

  /** `address` is `host:port`; `onEnd` is told once, when the connection is gone. */
  constructor(address: string, secret: Buffer, onEnd: () => void) {
    const [host, port] = splitAddress(address);
    this.#onEnd = onEnd;
    const socket = connect({
      ...{ host, port, ...PEER_TLS },
      pskCallback: () => ({ psk: secret, identity: IDENTITY }),
      // The secret is what proves the other end.
      checkServerIdentity: () => undefined,
    });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(CONNECT_MS, () => this.#end('it does not answer'));
    socket.once('secureConnect', () => socket.setTimeout(0));
    const reader = new FrameReader();
    socket.on('data', (piece: Buffer) => {
      try {
        for (const message of reader.take(piece)) this.#settle(message as Answer[]);
      } catch {
        this.#end('it says what nobody understands');
      }
    });
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end('it has closed the connection'));
  }

  /** Requests that have no answer yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Throws what the other end threw, or `PeerLost`. */
  ask(body: unknown): Promise<unknown> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const id = this.#nextId;
    this.#nextId += 1;
    if (this.#outgoing.length === 0) setImmediate(() => this.#send());
    this.#outgoing.push({ id, body });
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => this.#end('it does not answer'), SILENCE_MS);
      patience.unref();
      const settled =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          clearTimeout(patience);
          then(value);
        };
      this.#waiting.set(id, { resolve: settled(resolve), reject: settled(reject) });
    });
  }

  close(): void {
    this.#end('it was closed here');
  }

  #send(): void {
    if (this.#lost === undefined) this.#socket.write(frameOf(this.#outgoing));
    this.#outgoing = [];
  }

  #settle(answers: readonly Answer[]): void {
    for (const answer of answers) {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.ok) waiting?.resolve(answer.value);
      else waiting?.reject(fromWire(answer.error));
    }
  }

  #end(why: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = new PeerLost(`Another process of this ledger was lost: ${why}.`);
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) reject(this.#lost);
    this.#waiting.clear();
    this.#onEnd();
  }
}

/** Host and port of `host:port`, also of `[::1]:8601`. */
export function splitAddress(address: string): [host: string, port: number] {
  const at = address.lastIndexOf(':');
  return [address.slice(0, at).replaceAll(/[[\]]/g, ''), Number(address.slice(at + 1))];
}
