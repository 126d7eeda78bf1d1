import { createConnection, type Socket } from 'node:net';
import type { RegisterType } from './device-profile.ts';

/** Where a Modbus TCP gateway listens and how it may be used. */
export interface LinkOptions {
  readonly host: string;
  readonly port: number;
  /** How long one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Requests under way at once. 1 suits every gateway; a pure TCP device stands more. */
  readonly inFlight: number;
}

/** The registers' bytes, big-endian, or why there are none. */
export type ReadOutcome =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | {
      readonly ok: false;
      readonly status: 'timeout' | 'disconnected' | 'read-error';
      readonly detail: string;
    };

/** How registers are read, whatever carries the question. */
export interface RegisterLink {
  /** Reads `count` registers. Never rejects. */
  read(unit: number, type: RegisterType, address: number, count: number): Promise<ReadOutcome>;
  /** Ends the connection; what is under way is answered as disconnected. */
  close(): void;
}

interface Request {
  readonly unit: number;
  readonly functionCode: number;
  readonly address: number;
  readonly count: number;
  readonly done: (outcome: ReadOutcome) => void;
}

interface Pending extends Request {
  readonly timer: NodeJS.Timeout;
}

const FUNCTION_CODE: Readonly<Record<RegisterType, number>> = { holding: 3, input: 4 };
/** Transaction, protocol and length of the MBAP header (Modbus Messaging on TCP/IP, 3.1.3). */
const HEADER = 6;
const EXCEPTION = 0x80;
/** Exception codes by which a gateway tells that the meter behind it is silent. */
const GATEWAY_SILENT: readonly number[] = [0x0a, 0x0b];

/**
 * A Modbus TCP client that keeps several requests under way on one connection, matched by
 * transaction number, and tells a silent meter from a broken connection: they are different
 * statuses in a signed record. It connects when first needed and again after a loss.
 */
export class ModbusLink implements RegisterLink {
  readonly #options: LinkOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #waiting: Request[] = [];
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #transaction = 0;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  read(unit: number, type: RegisterType, address: number, count: number): Promise<ReadOutcome> {
    return new Promise((done) => {
      this.#waiting.push({ unit, functionCode: FUNCTION_CODE[type], address, count, done });
      this.#pump();
    });
  }

  close(): void {
    this.#closed = true;
    this.#lose('the link was closed');
  }

  #pump(): void {
    if (this.#waiting.length === 0) return;
    if (this.#closed) {
      this.#lose('the link was closed');
      return;
    }
    const socket = this.#socket ?? this.#connect();
    if (socket.connecting || this.#pending.size >= this.#options.inFlight) return;
    socket.cork();
    while (this.#pending.size < this.#options.inFlight) {
      const request = this.#waiting.shift();
      if (request === undefined) break;
      this.#send(socket, request);
    }
    socket.uncork();
  }

  #connect(): Socket {
    const { host, port, timeoutMs } = this.#options;
    const socket = createConnection({ host, port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error('no connection in time')), timeoutMs);
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    let reason = 'the gateway closed the connection';
    socket.on('connect', () => {
      clearTimeout(timer);
      this.#pump();
    });
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      clearTimeout(timer);
      if (this.#socket === socket) this.#lose(reason);
    });
    return socket;
  }

  #send(socket: Socket, request: Request): void {
    do this.#transaction = (this.#transaction + 1) & 0xffff;
    while (this.#pending.has(this.#transaction));
    const transaction = this.#transaction;
    const frame = Buffer.alloc(HEADER + 6);
    frame.writeUInt16BE(transaction, 0);
    frame.writeUInt16BE(6, 4);
    frame.writeUInt8(request.unit, 6);
    frame.writeUInt8(request.functionCode, 7);
    frame.writeUInt16BE(request.address, 8);
    frame.writeUInt16BE(request.count, 10);
    const timer = setTimeout(() => {
      const detail = `no answer within ${this.#options.timeoutMs} ms`;
      this.#finish(transaction, { ok: false, status: 'timeout', detail });
    }, this.#options.timeoutMs);
    this.#pending.set(transaction, { ...request, timer });
    socket.write(frame);
  }

  #receive(chunk: Buffer): void {
    const data = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    let at = 0;
    while (data.length - at > HEADER) {
      const length = data.readUInt16BE(at + 4);
      // A length beyond any Modbus answer means that the stream is out of step for good.
      if (length < 3 || length > 254) {
        this.#socket?.destroy(new Error('the gateway does not speak Modbus TCP'));
        return;
      }
      if (data.length - at < HEADER + length) break;
      const transaction = data.readUInt16BE(at);
      const pending = this.#pending.get(transaction);
      if (pending) {
        const body = data.subarray(at + HEADER, at + HEADER + length);
        this.#finish(transaction, answerOf(pending, body));
      }
      at += HEADER + length;
    }
    this.#received = data.subarray(at);
    this.#pump();
  }

  #finish(transaction: number, outcome: ReadOutcome): void {
    const pending = this.#pending.get(transaction);
    if (pending === undefined) return;
    this.#pending.delete(transaction);
    clearTimeout(pending.timer);
    pending.done(outcome);
    if (!outcome.ok && outcome.status === 'timeout') this.#pump();
  }

  #lose(detail: string): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
    const outcome: ReadOutcome = { ok: false, status: 'disconnected', detail };
    const waiting = this.#waiting.splice(0);
    for (const transaction of [...this.#pending.keys()]) this.#finish(transaction, outcome);
    for (const request of waiting) request.done(outcome);
  }
}

/** Unit, function, byte count, data; or unit, function | 0x80, exception code. */
function answerOf(request: Request, body: Buffer): ReadOutcome {
  const functionCode = body[1] ?? 0;
  if (body[0] !== request.unit) return readError('another unit answered');
  if (functionCode === (request.functionCode | EXCEPTION)) {
    const code = body[2] ?? 0;
    const detail = `Modbus exception ${code}`;
    return GATEWAY_SILENT.includes(code)
      ? { ok: false, status: 'timeout', detail }
      : readError(detail);
  }
  if (functionCode !== request.functionCode) return readError('another function was answered');
  if (body[2] !== 2 * request.count || body.length !== 3 + 2 * request.count) {
    return readError('the answer has another length than asked for');
  }
  return { ok: true, bytes: new Uint8Array(body.subarray(3)) };
}

function readError(detail: string): ReadOutcome {
  return { ok: false, status: 'read-error', detail };
}
