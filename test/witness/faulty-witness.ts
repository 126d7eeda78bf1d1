import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cosign } from '../../ledger/core/cosignature.ts';
import {
  ED25519_COSIGNATURE,
  formatSignatureLine,
  formatVerifierKey,
  parseNote,
} from '../../ledger/core/signed-note.ts';
import { type NoteSigner, noteSigner } from '../../ledger/note-signer.ts';
import { parseSubmission } from '../../ledger/witness/submission.ts';

interface Request {
  readonly body: Uint8Array;
  /** Which request it is, from 1. */
  readonly asked: number;
  /** The key that the policy names. */
  readonly signer: NoteSigner;
}
/** What it does with a request. */
export type Fault = (request: Request, outgoing: ServerResponse) => void;

const NAME = 'witness.example/faulty';
const other = noteSigner(NAME, ED25519_COSIGNATURE, Buffer.alloc(32, 255));

/** A server that speaks the protocol of witnesses and cannot be relied upon. */
export class FaultyWitness {
  readonly #server;
  readonly #signer: NoteSigner;
  #fault: Fault;
  asked = 0;

  private constructor(fault: Fault, seed: number) {
    this.#fault = fault;
    this.#signer = noteSigner(NAME, ED25519_COSIGNATURE, Buffer.alloc(32, seed));
    this.#server = createServer((incoming, outgoing) => void this.#answer(incoming, outgoing));
  }

  static async start(fault: Fault, seed = 1): Promise<FaultyWitness> {
    const started = new FaultyWitness(fault, seed);
    await new Promise<void>((resolve) => started.#server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  /** Its line in a policy. */
  lineAs(name: string): string {
    const address: AddressInfo | string | null = this.#server.address();
    const port = typeof address === 'object' ? address?.port : '';
    return `witness ${name} ${formatVerifierKey(this.#signer.key)} http://127.0.0.1:${port}`;
  }

  turn(fault: Fault): void {
    this.#fault = fault;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    this.asked += 1;
    const { asked } = this;
    this.#fault({ body: Buffer.concat(chunks), asked, signer: this.#signer }, outgoing);
  }
}

interface Twist {
  readonly signer?: NoteSigner;
  readonly skewS?: number;
  readonly text?: string;
}

/** A cosignature line of the checkpoint that was sent, with what is twisted about it. */
export function lineFor({ body, signer: own }: Request, twist: Twist = {}): string {
  const { signer = own, skewS = 0, text } = twist;
  const timeS = Math.floor(Date.now() / 1000) + skewS;
  const signed = text ?? parseNote(parseSubmission(body).checkpoint).text;
  return formatSignatureLine(cosign(signed, timeS, signer.key, signer.sign));
}

const says =
  (status: number, text: (request: Request) => string, type = 'text/plain'): Fault =>
  (request, outgoing) =>
    void outgoing.writeHead(status, { 'content-type': type }).end(text(request));

const signs = (twist: Twist) => says(200, (request) => lineFor(request, twist));
const size = (text: (request: Request) => string) => says(409, text, 'text/x.tlog.size');

/** Name of the fault, the code that is told of it, and what the server does. */
export const FAULTS: readonly (readonly [string, string, Fault])[] = [
  ['signs with another key', 'bad-cosignature', signs({ signer: other })],
  ['signs another tree', 'bad-cosignature', signs({ text: 'x\n0\nAA==\n' })],
  ['cosigns an hour ago', 'bad-cosignature', signs({ skewS: -3600 })],
  ['cosigns in an hour', 'bad-cosignature', signs({ skewS: 3600 })],
  [
    'breaks the line',
    'bad-cosignature',
    says(200, (sent) => lineFor(sent).replace(/.{6}\n/, '\n')),
  ],
  ['answers a page', 'bad-cosignature', says(200, () => '<!doctype html><p>Welcome!')],
  ['answers nothing', 'bad-cosignature', says(200, () => '')],
  ['answers without end', 'no-answer', says(200, () => '\u2014 x AAAAAAAA\n'.repeat(20_000))],
  ['never knows better', 'conflict', size(() => '0\n')],
  ['tells another size each time', 'conflict', size(({ asked }) => `${asked % 2}\n`)],
  ['has seen the future', 'ahead', size(() => '9007199254740991\n')],
  ['tells no number', 'no-answer', size(() => 'nine\n')],
  ['tells a size of the wrong type', 'no-answer', says(409, () => '1\n')],
  ['holds the log for malformed', 'malformed', says(400, () => 'no')],
  ['does not know the key', 'not-signed', says(403, () => 'no')],
  ['does not know the log', 'unknown-log', says(404, () => 'no')],
  ['holds the log for forked', 'inconsistent', says(422, () => 'no')],
  ['is limited', 'no-answer', says(429, () => 'later')],
  ['fails', 'no-answer', says(500, () => 'oops')],
  [
    'sends us elsewhere',
    'no-answer',
    (_, outgoing) => void outgoing.writeHead(307, { location: '/add-checkpoint?x' }).end(),
  ],
  ['hangs up', 'no-answer', (_, outgoing) => void outgoing.destroy()],
  ['hangs', 'no-answer', () => undefined],
  [
    'stops within its answer',
    'no-answer',
    (_, outgoing) => void outgoing.writeHead(200, { 'content-length': '200' }).write('\u2014 '),
  ],
];
