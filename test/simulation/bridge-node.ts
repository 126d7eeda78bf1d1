import { generateKeyPairSync } from 'node:crypto';
import { type Bridge, openBridge } from '../../meter-bridge/bridge.ts';
import { type BridgeConfig, parseConfig } from '../../meter-bridge/config.ts';
import { shippedProfile } from '../../meter-bridge/device-profile.ts';
import { type Identity, writeIdentity } from '../../meter-bridge/identity.ts';
import type { BridgeMachine } from '../../meter-bridge/machine.ts';
import type { RegisterLink } from '../../meter-bridge/modbus-link.ts';
import type { Post, PostAnswer } from '../../meter-bridge/sender.ts';
import { type SigningKey, signingKeyOf } from '../../meter-bridge/signing-key.ts';
import { readMeter, type SimulatedMeter } from '../../meter-bridge/simulator/simulated-meter.ts';
import { softwareHash } from '../../meter-bridge/software-identity.ts';
import { Ended, Life } from './life.ts';
import type { KeptPoll } from './model.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { START_MS, type World } from './world.ts';

const FOLDER = '/data';
const START_AGAIN_MS = 10_000;
const software = softwareHash();
const profile = shippedProfile('replayed-load');

/** Keys are made once a process: which key a bridge has does not change what happens. */
const keys = [1, 2].map(() => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return signingKeyOf(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
});

/** Sends to the ledger and gives its answer, if one comes. */
export type Send = (bridge: BridgeNode, body: string, answer: (it: PostAnswer) => void) => void;

/** A bridge's machine and the processes that run on it one after the other. */
export class BridgeNode {
  readonly name: string;
  readonly key: SigningKey;
  readonly meters: readonly string[];
  readonly disk: SimulatedDisk;
  readonly #world: World;
  readonly #send: Send;
  readonly #config: BridgeConfig;
  readonly #units: readonly SimulatedMeter[];
  readonly #firstMeter: number;
  readonly #random;
  #life: Life | undefined;
  #bridge: Bridge | undefined;
  #startedMs = 0;
  /** Polls that are read and not yet said to be kept. */
  #fresh: KeptPoll[] = [];
  #failures = 0;
  isStopped = false;
  offsetMs = 0;

  constructor(world: World, index: number, send: Send) {
    const { metersEach, everyMs } = world.building;
    const key = keys[index];
    if (key === undefined) throw new Error('there is a key for each bridge');
    this.name = `br-${index + 1}`;
    this.key = key;
    this.#world = world;
    this.#send = send;
    this.#random = world.random.fork();
    this.disk = new SimulatedDisk(world.random.fork());
    this.#firstMeter = index * metersEach;
    const numbers = Array.from({ length: metersEach }, (_, i) => this.#firstMeter + i + 1);
    this.meters = numbers.map((number) => `m-${number}`);
    this.#units = numbers.map((number, i) => ({
      ...{ unit: i + 1, profile, serial: 1000 + number, startMicros: 1_000_000n },
      load: { at: (ms) => BigInt(Math.floor(ms)) * BigInt(number) },
    }));
    this.#config = parseConfig(
      {
        ...{ bridge: this.name, url: 'http://ledger', data: FOLDER, clock: 'S' },
        outbox: { maxBytes: 400_000, compactBytes: this.#random.pick([4_000, 20_000, 200_000]) },
        links: [{ link: 'bus', host: 'bus' }],
        meters: numbers.map((number, i) => ({
          ...{ meter: `m-${number}`, link: 'bus', unit: i + 1, profile: 'replayed-load' },
          ...{ serial: String(1000 + number), everyMs },
        })),
      },
      '/',
    );
  }

  get isUp(): boolean {
    return this.#life?.isAlive === true;
  }

  /** Nothing waits for the ledger. */
  get isDrained(): boolean {
    const status = this.#bridge?.status();
    return status !== undefined && status.heldBatches === 0 && status.unsealed === 0;
  }

  describe(): string {
    return JSON.stringify(this.#bridge?.status() ?? 'down');
  }

  enrolled(epoch: number): void {
    const identity: Identity = { bridge: this.name, kid: this.key.kid, epoch, begun: false };
    writeIdentity(FOLDER, identity, this.disk.files(new Life(this.#world.time, () => undefined)));
  }

  start(): void {
    if (this.isUp || this.isStopped) return;
    const life = new Life(this.#world.time, (error) => this.#ended(error));
    this.#life = life;
    this.#startedMs = this.#world.time.nowMs;
    life.run(() => {
      this.#bridge = openBridge({
        ...{
          config: this.#config,
          machine: this.#machine(life),
          random: () => this.#random.next(),
        },
        log: {
          info: () => undefined,
          warn: () => undefined,
          error: (fields) => this.#note(fields),
        },
        clock: {
          nowMs: () => START_MS + Math.floor(this.#world.time.nowMs) + this.offsetMs,
          uptimeMs: () => Math.floor(this.#world.time.nowMs - this.#startedMs),
        },
        fetch: this.#post(life),
      });
      this.#world.trace(`${this.name} is up, epoch ${this.#bridge.status().epoch}`);
    });
  }

  /** Ends the process; with the power, what was not synced is in doubt. */
  end(power: boolean): void {
    this.#life?.end(new Ended(power ? 'power' : 'killed'));
  }

  /** Polls now, as the schedule does at its times. */
  poll(): void {
    const [bridge, life] = [this.#bridge, this.#life];
    if (bridge === undefined || life === undefined) return;
    life.run(() => {
      void bridge.cycle().then(
        ({ storageFull }) => {
          if (!storageFull && bridge.status().unsealed === 0) this.#keep();
        },
        (error: unknown) => life.end(error),
      );
    });
  }

  /** Goes on after the last poll, when nothing is polled any more. */
  seal(): void {
    const [bridge, life] = [this.#bridge, this.#life];
    life?.run(() => {
      if (bridge?.seal() === true) this.#keep();
    });
  }

  #keep(): void {
    this.#world.model.kept.push(...this.#fresh.splice(0));
    this.#world.model.keptFailures += this.#failures;
    this.#failures = 0;
  }

  #ended(error: unknown): void {
    const isPower = error instanceof Ended && error.message === 'power';
    const why = error instanceof Error ? error.message : String(error);
    this.#world.trace(`${this.name} ends: ${why}`);
    this.#bridge = undefined;
    const { model } = this.#world;
    model.openPolls += this.#fresh.length + this.#failures;
    this.#fresh = [];
    this.#failures = 0;
    // Without room it cannot open what is damaged; people make room, and it starts again.
    const isFull = this.disk.faults.isFull && error instanceof Error && 'code' in error;
    if (!(error instanceof Ended) && !isFull) {
      const stack = error instanceof Error ? (error.stack ?? why) : why;
      model.violate('bridge-ended', `${this.name}: ${stack}`);
    }
    if (isPower) this.disk.cutPower();
    this.#world.time.later(START_AGAIN_MS, () => this.start());
  }

  #note(fields: object): void {
    const { event, code, detail, reason }: Record<string, unknown> = Object(fields);
    this.#world.trace(`${this.name} tells: ${String(code ?? event)} ${String(reason ?? '')}`);
    if (event !== 'alarm') return;
    // Behind a disk that lied, records of the epoch that it ended may be wanted for ever.
    if (code === 'wanted-not-held' && this.disk.hasLied) return;
    this.#world.model.violate(`alarm-${String(code)}`, `${this.name}: ${String(detail)}`);
  }

  #machine(life: Life): BridgeMachine {
    return {
      files: this.disk.files(life),
      later: life.later,
      claim: () => () => undefined,
      openKey: () => this.key,
      openLink: () => this.#link(life),
      softwareHash: () => software,
    };
  }

  #link(life: Life): RegisterLink {
    const { time, plan, model } = this.#world;
    return {
      read: (unit, type, address, count) =>
        new Promise((resolve) => {
          life.later(this.#random.int(20, 300), () => {
            const number = this.#firstMeter + unit - 1;
            const meter = this.#units[unit - 1];
            const nowMs = time.nowMs;
            const isOut = plan.meterOutages.some(
              (spell) => spell.meter === number && spell.fromMs <= nowMs && nowMs < spell.toMs,
            );
            const answer = meter && readMeter(meter, [], nowMs, { type, address, count });
            if (isOut || answer === undefined || 'outage' in answer) {
              this.#failures += 1;
              resolve({ ok: false, status: 'disconnected', detail: 'the meter is out' });
              return;
            }
            const bytes = Buffer.alloc(2 * count);
            for (const [i, word] of answer.words.entries()) bytes.writeUInt16BE(word, 2 * i);
            // The billing register is the first four words (devices/replayed-load.json).
            const raw = bytes.toString('hex', 0, 8);
            this.#fresh.push({ meter: `m-${number + 1}`, raw });
            model.shown.add(`m-${number + 1}/${raw}`);
            resolve({ ok: true, bytes: new Uint8Array(bytes) });
          });
        }),
      close: () => undefined,
    };
  }

  #post(life: Life): Post {
    return (_, { body, signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('no answer in time')));
        this.#send(this, body, (answer) => life.run(() => resolve(answer)));
      });
  }
}
