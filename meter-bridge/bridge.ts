import type { Reading } from '../ledger/core/reading.ts';
import { parseReading } from '../ledger/core/reading.ts';
import { Refusal } from '../ledger/core/refusal.ts';
import { formatTime } from '../ledger/core/time.ts';
import { type SealIdentity, sealBatch } from './batch-sealer.ts';
import { type BridgeClock, systemClock, watchClock } from './bridge-clock.ts';
import { type BridgeConfig, configHash, type MeterConfig } from './config.ts';
import { mapHash } from './device-profile.ts';
import { keyFile, readIdentity, writeIdentity } from './identity.ts';
import { type BridgeMachine, realMachine } from './machine.ts';
import { driverOf, type MeterDriver } from './modbus-driver.ts';
import type { RegisterLink } from './modbus-link.ts';
import { Outbox } from './outbox.ts';
import { type PolledMeter, Poller } from './poller.ts';
import { type Post, Sender, type SenderState } from './sender.ts';
import type { SigningKey } from './signing-key.ts';

/** The part of a pino logger that the bridge uses. */
export interface BridgeLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface BridgeOptions {
  readonly config: BridgeConfig;
  readonly log: BridgeLog;
  readonly clock?: BridgeClock;
  readonly random?: () => number;
  readonly fetch?: Post;
  readonly machine?: BridgeMachine;
}

export interface CycleReport {
  readonly records: number;
  /** Records by status. */
  readonly statuses: Readonly<Partial<Record<Reading['status'], number>>>;
  /** Nothing was polled because there is no room to keep it. */
  readonly storageFull: boolean;
}

export interface BridgeStatus {
  readonly epoch: number;
  readonly nextBatch: number;
  readonly unsealed: number;
  readonly heldBatches: number;
  readonly outboxBytes: number;
  readonly storageFull: boolean;
  readonly sender: SenderState;
}

/** A longer sleep would notice a step of the wall clock too late. */
const LONGEST_SLEEP_MS = 1_000;

/** Opens the bridge: key, identity, outbox and links. Refuses when it is not enrolled. */
export function openBridge(options: BridgeOptions): Bridge {
  return new Bridge(options);
}

/** Opens the bridge and polls by its schedule until `stop`. */
export function runBridge(options: BridgeOptions): Bridge {
  const bridge = new Bridge(options);
  bridge.start();
  return bridge;
}

export class Bridge {
  readonly #config: BridgeConfig;
  readonly #log: BridgeLog;
  readonly #clock: BridgeClock;
  readonly #machine: BridgeMachine;
  readonly #key: SigningKey;
  readonly #seal: SealIdentity;
  readonly #links: ReadonlyMap<string, RegisterLink>;
  readonly #meters: ReadonlyMap<string, PolledMeter>;
  readonly #outbox: Outbox;
  readonly #poller: Poller;
  readonly #sender: Sender;
  readonly #release: () => void;
  readonly #unsealed: string[] = [];
  #storageFull = false;
  #cycle: Promise<unknown> = Promise.resolve();
  #schedule: Promise<void> | undefined;
  #ended: Promise<void> | undefined;
  #stopping = false;
  #wakeUp: () => void = () => undefined;

  constructor(options: BridgeOptions) {
    const { config, log, clock = systemClock(), random = Math.random } = options;
    const { machine = realMachine } = options;
    const { files, later } = machine;
    this.#machine = machine;
    this.#config = config;
    this.#log = log;
    this.#clock = clock;
    this.#release = machine.claim(config.data);
    try {
      this.#key = machine.openKey(keyFile(config.data));
      const identity = readIdentity(config.data, config.bridge, this.#key.kid, files);
      this.#outbox = Outbox.open({
        dir: config.data,
        known: identity,
        claimEpoch: (epoch) =>
          writeIdentity(config.data, { ...identity, epoch, begun: true }, files),
        files,
        ...config.outbox,
      });
    } catch (error) {
      this.#release();
      throw error;
    }
    const { state, lost } = this.#outbox;
    if (lost) log.error({ event: 'new-epoch', epoch: state.epoch, reason: lost }, 'state was lost');
    this.#links = openLinks(config, machine);
    this.#meters = openMeters(config, this.#links);
    this.#seal = {
      bridge: config.bridge,
      epoch: state.epoch,
      software: machine.softwareHash(),
      map: mapHash([...config.profiles.values()]),
      config: configHash(config),
    };
    const quality = watchClock({
      clock,
      declared: config.clock,
      onStep: (step) => log.warn({ event: 'clock-stepped', ...step }, 'the wall clock stepped'),
    });
    const { bridge } = config;
    const { epoch, meters: states } = state;
    this.#poller = new Poller({ bridge, epoch, clock, quality, states });
    this.#sender = new Sender({
      url: config.url,
      bridge,
      outbox: this.#outbox,
      ...{ random, later },
      onAlarm: (alarm) => log.error({ event: 'alarm', ...alarm }, 'sending needs attention'),
      firstRetryMs: config.retry.firstMs,
      maxRetryMs: config.retry.maxMs,
      ...(options.fetch ? { fetch: options.fetch } : {}),
    });
    log.info({ event: 'opened', ...this.#seal, kid: this.#key.kid }, 'bridge opened');
    this.#sender.wake();
  }

  /** Meters and how often each is polled. */
  get meters(): readonly MeterConfig[] {
    return this.#config.meters;
  }

  status(): BridgeStatus {
    return {
      epoch: this.#outbox.state.epoch,
      nextBatch: this.#outbox.state.chain.nextBatch,
      unsealed: this.#unsealed.length,
      heldBatches: this.#outbox.held.length,
      outboxBytes: this.#outbox.sizeBytes,
      storageFull: this.#storageFull,
      sender: this.#sender.state,
    };
  }

  /**
   * Polls the named meters (all without names) now. With `gather` the records wait until a batch is
   * full; otherwise they are sealed at once. Cycles never overlap.
   */
  cycle(names?: readonly string[], gather = false): Promise<CycleReport> {
    const next = this.#cycle.then(() => this.#poll(names, gather));
    this.#cycle = next.catch(() => undefined);
    return next;
  }

  /** Signs and stores what has been gathered. False when there is no room; nothing is lost then. */
  seal(): boolean {
    while (this.#unsealed.length > 0 && this.#sealOne());
    return this.#unsealed.length === 0;
  }

  /** Seals, and waits until the ledger has acknowledged everything. False when time is over. */
  async delivered(timeoutMs: number): Promise<boolean> {
    this.seal();
    const drained = await this.#sender.drained(timeoutMs);
    return drained && this.#unsealed.length === 0;
  }

  /** Waits until the outbox holds at most `batches`, so that fast history does not fill the disk. */
  async backlogBelow(batches: number): Promise<void> {
    while (this.#outbox.held.length > batches && this.#sender.state !== 'stopped') {
      this.#sender.wake();
      await new Promise<void>((resolve) => this.#machine.later(5, resolve));
    }
  }

  /** Polls each meter at the whole multiples of its interval, until `stop`. */
  start(): void {
    this.#schedule ??= this.#live().catch((error: unknown) => {
      this.#log.error({ event: 'crashed', error: String(error) }, 'the schedule ended');
      throw error;
    });
  }

  /** Ends the schedule, keeps what was read, answers when nothing of the bridge runs any more. */
  stop(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    this.#stopping = true;
    this.#wakeUp();
    await this.#schedule?.catch(() => undefined);
    await this.#cycle;
    if (!this.seal()) this.#log.error({ event: 'storage-full' }, 'stopped with a full outbox');
    await this.#sender.close();
    for (const link of this.#links.values()) link.close();
    this.#outbox.close();
    this.#release();
    this.#log.info({ event: 'stopped' }, 'bridge stopped');
  }

  async #poll(names: readonly string[] | undefined, gather: boolean): Promise<CycleReport> {
    if (this.#storageFull && !this.seal()) return { records: 0, statuses: {}, storageFull: true };
    const wanted = names ?? [...this.#meters.keys()];
    const meters = wanted.map((name) => {
      const meter = this.#meters.get(name);
      if (meter) return meter;
      throw new Refusal('unknown-meter', `This bridge does not read ${name}.`, { meter: name });
    });
    const records = await this.#poller.cycle(meters);
    this.#unsealed.push(...records);
    const { batchRecords } = this.#config;
    while (this.#unsealed.length >= (gather ? batchRecords : 1) && this.#sealOne());
    return { records: records.length, statuses: tally(records), storageFull: this.#storageFull };
  }

  #sealOne(): boolean {
    const records = this.#unsealed.slice(0, this.#config.batchRecords);
    const at = formatTime(this.#clock.nowMs());
    const batch = sealBatch(this.#key, this.#seal, this.#outbox.state.chain, records, at);
    try {
      this.#outbox.append(batch);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'storage-full') throw error;
      if (!this.#storageFull) this.#log.error({ event: 'storage-full' }, error.message);
      this.#storageFull = true;
      return false;
    }
    this.#storageFull = false;
    this.#unsealed.splice(0, records.length);
    this.#sender.wake();
    return true;
  }

  async #live(): Promise<void> {
    let doneMs = this.#clock.nowMs();
    while (!this.#stopping) {
      const nowMs = this.#clock.nowMs();
      // After a step back the schedule starts afresh from the new time.
      if (nowMs < doneMs) doneMs = nowMs;
      const due = this.#config.meters.filter(
        ({ everyMs }) => Math.floor(nowMs / everyMs) > Math.floor(doneMs / everyMs),
      );
      doneMs = nowMs;
      if (due.length > 0) await this.cycle(due.map(({ meter }) => meter));
      else await this.#sleep(nowMs);
    }
  }

  #sleep(nowMs: number): Promise<void> {
    const waits = this.#config.meters.map(({ everyMs }) => everyMs - (nowMs % everyMs));
    const ms = Math.min(LONGEST_SLEEP_MS, ...waits);
    return new Promise((resolve) => {
      const cancel = this.#machine.later(ms, resolve);
      this.#wakeUp = () => {
        cancel();
        resolve();
      };
    });
  }
}

function openLinks(config: BridgeConfig, machine: BridgeMachine): Map<string, RegisterLink> {
  return new Map(
    config.links.map((link) => {
      const meters = config.meters.filter((meter) => meter.link === link.link);
      const limits = meters.map((m) => config.profiles.get(m.profile)?.link.timeoutMs ?? 0);
      const timeoutMs = link.timeoutMs ?? Math.max(1, ...limits);
      const { host, port, inFlight } = link;
      return [link.link, machine.openLink({ host, port, inFlight, timeoutMs })];
    }),
  );
}

function openMeters(config: BridgeConfig, links: ReadonlyMap<string, RegisterLink>) {
  const drivers = new Map<string, MeterDriver>();
  for (const [name, profile] of config.profiles) drivers.set(name, driverOf(profile));
  const meters = new Map<string, PolledMeter>();
  for (const { meter, unit, link: linkName, profile, serial, ct, pt } of config.meters) {
    const link = links.get(linkName);
    const driver = drivers.get(profile);
    if (link && driver) meters.set(meter, { meter, unit, link, driver, serial, ct, pt });
  }
  return meters;
}

function tally(records: readonly string[]): CycleReport['statuses'] {
  const counts: Partial<Record<Reading['status'], number>> = {};
  for (const text of records) {
    const { status } = parseReading(text);
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}
