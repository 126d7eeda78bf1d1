import { once } from 'node:events';
import { Server, type Socket } from 'node:net';
import { type IServiceVector, ServerTCP } from 'modbus-serial';
import { assert } from '../../ledger/core/assert.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { RegisterType } from '../device-profile.ts';
import { clockErrorAt, type Scenario } from './scenario.ts';
import { readMeter, type SimulatedMeter } from './simulated-meter.ts';

export interface SimulatorOptions {
  readonly meters: readonly SimulatedMeter[];
  readonly scenarios?: readonly Scenario[];
  readonly host?: string;
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** True time until `setTime` pins it. */
  readonly clock: () => number;
}

/** A Modbus TCP server with a meter behind each unit address. */
export interface Simulator {
  readonly host: string;
  readonly port: number;
  /**
   * Moves all registers to what they show at `ms`, or, with `null`, lets them follow the clock
   * again. Registers depend on time and seed alone, so time may go either way.
   */
  setTime(ms: number | null): void;
  /** True time here. */
  nowMs(): number;
  /** What the bridge's wall clock shows, clock steps included. */
  wallMs(): number;
  close(): Promise<void>;
}

/**
 * Unit address that is the simulator itself: writing a 64-bit time in milliseconds to registers 0 to
 * 3 (FC16) is `setTime`, zero lets go. So a process that drives history needs no other channel.
 */
export const CONTROL_UNIT = 247;

const ILLEGAL_ADDRESS = { modbusErrorCode: 0x02 };
const UNIT_SILENT = { modbusErrorCode: 0x0b };

export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const scenarios = options.scenarios ?? [];
  const meters = new Map<number, SimulatedMeter>();
  for (const meter of options.meters) {
    if (meters.has(meter.unit) || meter.unit < 1 || meter.unit >= CONTROL_UNIT) {
      throw new Refusal(
        'bad-simulation',
        `Give each simulated meter a unit address of its own from 1 to 246, not ${meter.unit}.`,
        { unit: meter.unit },
      );
    }
    meters.set(meter.unit, meter);
  }
  let pinned: number | null = null;
  const nowMs = () => pinned ?? options.clock();
  const setTime = (ms: number | null) => {
    pinned = ms;
  };
  const read = (type: RegisterType, address: number, count: number, unit: number, done: Done) => {
    const meter = meters.get(unit);
    if (meter === undefined) return done(failure(UNIT_SILENT), []);
    const answer = readMeter(meter, scenarios, nowMs(), { type, address, count });
    if ('words' in answer) return done(null, answer.words);
    if (answer.outage === 'gateway') return done(failure(UNIT_SILENT), []);
    if (answer.outage === 'cut') for (const socket of server.socks.keys()) socket.destroy();
  };
  const server = new ServerTCP(vectorOf(read, setTime), listenOptions(options));
  // A client that goes away in the middle of an answer is its own affair.
  server.on('socketError', () => undefined);
  await Promise.race([once(server, 'initialized'), failed(server)]);
  const inner: unknown = Reflect.get(server, '_server');
  assert(inner instanceof Server, 'modbus-serial keeps its TCP server under this name');
  const address = inner.address();
  assert(address !== null && typeof address === 'object', 'a TCP server has an address');
  // Small answers in a row would otherwise wait 40 ms for the client's delayed acknowledgement.
  inner.on('connection', (socket: Socket) => socket.setNoDelay(true));
  return {
    host: address.address,
    port: address.port,
    setTime,
    nowMs,
    wallMs: () => nowMs() + clockErrorAt(scenarios, nowMs()),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

type Done = (error: Error | null, words: number[]) => void;
type Read = (type: RegisterType, address: number, count: number, unit: number, done: Done) => void;

/** modbus-serial tells callback style from others by the number of declared parameters. */
function vectorOf(read: Read, setTime: (ms: number | null) => void): IServiceVector {
  return {
    getHoldingRegister: (address: number, unit: number, done) =>
      read('holding', address, 1, unit, (error, words) => done(error, words[0] ?? 0)),
    getInputRegister: (address: number, unit: number, done) =>
      read('input', address, 1, unit, (error, words) => done(error, words[0] ?? 0)),
    getMultipleHoldingRegisters: (address: number, count: number, unit: number, done: Done) =>
      read('holding', address, count, unit, done),
    getMultipleInputRegisters: (address: number, count: number, unit: number, done: Done) =>
      read('input', address, count, unit, done),
    setRegisterArray: (address: number, words: number[], unit: number, done) => {
      if (unit !== CONTROL_UNIT || address !== 0 || words.length !== 4) {
        return done(failure(ILLEGAL_ADDRESS));
      }
      const ms = words.reduce((sum, word) => sum * 65_536 + word, 0);
      setTime(ms === 0 ? null : ms);
      done(null);
    },
  };
}

function failure(code: { readonly modbusErrorCode: number }): Error {
  return Object.assign(new Error('Modbus exception'), code);
}

async function failed(server: ServerTCP): Promise<never> {
  const [error] = await once(server, 'serverError');
  throw error;
}

/** The server takes the number 0 for "not given" and would listen on port 502; the text it passes on. */
function listenOptions(options: SimulatorOptions): object {
  const port = options.port === undefined || options.port === 0 ? '0' : options.port;
  return { host: options.host ?? '127.0.0.1', port };
}
