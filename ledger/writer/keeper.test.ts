import { describe, expect, it } from 'vitest';
import { guardCalls } from '../../test/simulation/guard-calls.ts';
import { SimulatedDatabase } from '../../test/simulation/simulated-store.ts';
import { KeyWrap } from '../account-keys.ts';
import { type CheckpointStore, SqliteCheckpointStore } from '../checkpoint-store.ts';
import { ED25519_NOTE } from '../core/signed-note.ts';
import { noteSigner } from '../note-signer.ts';
import type { SharedStore } from '../store/port.ts';
import { StoreUnavailable } from '../store/store-errors.ts';
import { answerGroup } from './group-answers.ts';
import { Keeper } from './keeper.ts';
import type { Command } from './messages.ts';
import type { Request } from './thread-messages.ts';

const SITE = 'tower';
const ORIGIN = 'ledger.example/log/tower';
const NEW_SITE = { site: SITE, origin: ORIGIN, currency: 'CNY', zone: 'Asia/Shanghai' };

/** Keepers of several processes on one database; calls named in `failing` do not get through. */
class Processes {
  readonly database = new SimulatedDatabase();
  readonly checkpoints = new SqliteCheckpointStore(':memory:');
  readonly failing = new Set<string>();
  nowMs = Date.UTC(2026, 8, 1);
  /** What the keepers have planned, the newest last. */
  readonly planned: (() => void)[] = [];
  readonly #gone = new Set<Keeper>();
  #nextId = 1;

  start(): Keeper {
    let keeper: Keeper | undefined;
    const raw = this.database.open({}, () => keeper !== undefined && this.#gone.has(keeper));
    const around = (method: string, call: () => unknown) => {
      if (this.failing.has(method)) throw new StoreUnavailable(`No ${method}.`);
      const result = call();
      if (this.failing.has(`answer of ${method}`))
        throw new StoreUnavailable('The answer is lost.');
      return result;
    };
    const store = guardCalls<SharedStore>(raw, around);
    const later = (_: number, work: () => void) => {
      this.planned.push(work);
      return { cancel: () => void this.planned.splice(this.planned.indexOf(work), 1) };
    };
    keeper = new Keeper({
      ...{ store, shared: store, checkpointMs: 500, simulatedClock: false },
      last: guardCalls<CheckpointStore>(this.checkpoints, around),
      signerOf: () => noteSigner(ORIGIN, ED25519_NOTE, Buffer.alloc(32, 7)),
      wrap: new KeyWrap(Buffer.alloc(32, 9)),
      clock: { nowMs: () => this.nowMs, elapsedMs: () => 0, later },
      close: () => raw.close(),
    });
    return keeper;
  }

  /** Its database takes it for dead. */
  cutOff(keeper: Keeper): void {
    this.#gone.add(keeper);
  }

  ask(keeper: Keeper, body: Record<string, unknown>): unknown {
    const request = Object.assign({ id: this.#nextId++ }, body) as unknown as Request;
    const [answer] = answerGroup(keeper, [request]);
    return answer?.ok === true ? 'done' : answer?.error.code;
  }

  open(keeper: Keeper, account: string): unknown {
    const command: Command = { do: 'open-account', site: SITE, account };
    return this.ask(keeper, { kind: 'command', command });
  }
}

describe('a keeper whose store fails', () => {
  it('goes on with a site that could not be read again at once', () => {
    const processes = new Processes();
    const keeper = processes.start();
    processes.ask(keeper, { kind: 'create-site', site: NEW_SITE });
    processes.failing.add('commit');
    expect(processes.open(keeper, 'a-1')).toBe('store-unavailable');
    processes.failing.add('loadProjection');
    expect(processes.open(keeper, 'a-1')).toBe('store-unavailable');
    processes.failing.clear();
    expect(processes.open(keeper, 'a-1')).toBe('done');
  });

  it('shows who only looks what is stored, whatever the group beside could not write', () => {
    const processes = new Processes();
    const keeper = processes.start();
    processes.ask(keeper, { kind: 'create-site', site: NEW_SITE });
    processes.failing.add('commit');
    const command: Command = { do: 'open-account', site: SITE, account: 'a-1' };
    const query = { site: SITE, ask: 'account', account: 'a-1' } as const;
    const group: Request[] = [
      { id: 1, kind: 'command', command },
      { id: 2, kind: 'query', query },
    ];
    expect(answerGroup(keeper, group)).toEqual([
      { id: 1, ok: false, error: expect.objectContaining({ code: 'store-unavailable' }) },
      { id: 2, ok: true, value: undefined },
    ]);
  });

  it('serves a site that it took and could not read at once', () => {
    const processes = new Processes();
    const first = processes.start();
    processes.ask(first, { kind: 'create-site', site: NEW_SITE });
    const second = processes.start();
    processes.cutOff(first);
    processes.failing.add('loadProjection');
    const take = { kind: 'take-sites', sites: [SITE] };
    expect(processes.ask(second, take)).toBe('done');
    expect(processes.open(second, 'a-1')).toBe('store-unavailable');
    processes.failing.clear();
    expect(processes.open(second, 'a-1')).toBe('done');
  });

  it('signs again for a site whose last signature it could not read at once', () => {
    const processes = new Processes();
    const first = processes.start();
    processes.ask(first, { kind: 'create-site', site: NEW_SITE });
    const second = processes.start();
    processes.cutOff(first);
    processes.failing.add('fetch');
    expect(processes.ask(second, { kind: 'take-sites', sites: [SITE] })).toBe('done');
    expect(processes.open(second, 'a-1')).toBe('store-unavailable');
    processes.failing.clear();
    expect(processes.open(second, 'a-1')).toBe('done');
    expect(processes.ask(second, { kind: 'checkpoint' })).toBe('done');
    expect(processes.checkpoints.fetch(ORIGIN)?.size).toBe(2);
  });

  it('knows its own signature again, however late it can ask what was signed', () => {
    const processes = new Processes();
    const keeper = processes.start();
    processes.ask(keeper, { kind: 'create-site', site: NEW_SITE });
    processes.failing.add('answer of replace').add('fetch');
    expect(processes.open(keeper, 'a-1')).toBe('done');
    expect(processes.ask(keeper, { kind: 'checkpoint' })).toBe('store-unavailable');
    expect(processes.open(keeper, 'a-2')).toBe('done');
    expect(processes.ask(keeper, { kind: 'checkpoint' })).toBe('store-unavailable');
    processes.failing.clear();
    expect(processes.ask(keeper, { kind: 'checkpoint' })).toBe('done');
    expect(processes.open(keeper, 'a-3')).toBe('done');
    expect(processes.database.reader().checkpoint(SITE)?.size).toBe(3);
    expect(processes.checkpoints.fetch(ORIGIN)?.size).toBe(3);
  });
});

describe('a keeper that was taken over', () => {
  it('serves the site when it gets it back, though another process has signed for it since', () => {
    const processes = new Processes();
    const first = processes.start();
    processes.ask(first, { kind: 'create-site', site: NEW_SITE });
    const second = processes.start();
    processes.cutOff(first);
    processes.ask(second, { kind: 'take-sites', sites: [SITE] });
    processes.open(second, 'a-1');
    const again = processes.start();
    processes.cutOff(second);
    processes.ask(again, { kind: 'take-sites', sites: [SITE] });
    processes.open(again, 'a-2');
    processes.ask(again, { kind: 'checkpoint' });
    // It signs what it has, learns that another process has signed since, and cannot read that.
    processes.ask(second, { kind: 'checkpoint' });
    expect(processes.open(second, 'a-3')).toBe('store-fenced');
    processes.cutOff(again);
    expect(processes.ask(second, { kind: 'take-sites', sites: [SITE] })).toBe('done');
    expect(processes.open(second, 'a-3')).toBe('done');
  });
});

describe('a keeper in its pauses', () => {
  it('forgets what a request was answered a month ago, and not a day of the promised week before', () => {
    for (const [days, answer] of [
      [7, 'done'],
      [31, 'account-exists'],
    ] as const) {
      const processes = new Processes();
      const keeper = processes.start();
      processes.ask(keeper, { kind: 'create-site', site: NEW_SITE });
      const idempotency = { key: 'k-1', request: 'ab' };
      const command: Command = { do: 'open-account', site: SITE, account: 'a-1', idempotency };
      expect(processes.ask(keeper, { kind: 'command', command })).toBe('done');
      processes.nowMs += days * 86_400_000;
      for (const work of processes.planned.splice(0)) work();
      expect([days, processes.ask(keeper, { kind: 'command', command })]).toEqual([days, answer]);
    }
  });
});
