import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { type Answer, wireError } from '../wire-error.ts';
import { FrameReader, frameOf } from './peer-frames.ts';
import { IDENTITY, PEER_TLS } from './peer-secret.ts';

/** What a process is asked by another, with the number under which it is answered. */
export interface PeerRequest {
  readonly id: number;
  readonly body: unknown;
}

/** Takes the place of a request's sender; what it throws is thrown there. */
export type AnswerPeer = (body: unknown) => Promise<unknown>;

/** The end of a process that others ask. Answers go out in the order in which they are there. */
export class PeerServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #answer: AnswerPeer;

  private constructor(server: Server, answer: AnswerPeer) {
    this.#server = server;
    this.#answer = answer;
    server.on('secureConnection', (socket) => this.#serve(socket));
    // Whoever has not the secret is sent away; the others are not told of it.
    server.on('tlsClientError', () => undefined);
  }

  /** Listens; port 0 takes a free one. Throws what the system says, such as `EADDRINUSE`. */
  static async listen(
    { host, port }: { readonly host: string; readonly port: number },
    secret: Buffer,
    answer: AnswerPeer,
  ): Promise<PeerServer> {
    const pskCallback = (_: Socket, identity: string) => (identity === IDENTITY ? secret : null);
    const server = createServer({ ...PEER_TLS, pskCallback });
    server.listen(port, host);
    await once(server, 'listening');
    return new PeerServer(server, answer);
  }

  get port(): number {
    const address = this.#server.address();
    return (address as AddressInfo).port;
  }

  /** Takes no more questions; who waits for an answer learns that there will be none. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    const reader = new FrameReader();
    const outgoing: Answer[] = [];
    const send = (answer: Answer) => {
      if (outgoing.length === 0) setImmediate(() => socket.write(frameOf(outgoing.splice(0))));
      outgoing.push(answer);
    };
    socket.on('data', (piece) => {
      try {
        for (const message of reader.take(piece)) {
          for (const request of message as PeerRequest[]) void this.#take(request).then(send);
        }
      } catch {
        socket.destroy();
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  async #take({ id, body }: PeerRequest): Promise<Answer> {
    try {
      return { id, ok: true, value: await this.#answer(body) };
    } catch (error) {
      return { id, ok: false, error: wireError(error) };
    }
  }
}
