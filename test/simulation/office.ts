import { formatMicros } from '../../ledger/core/decimal.ts';
import { formatTime } from '../../ledger/core/time.ts';
import type { Command } from '../../ledger/writer/messages.ts';
import { enrolmentProof } from '../../meter-bridge/identity.ts';
import { flatTariff } from '../samples/tariffs.ts';
import type { BridgeNode } from './bridge-node.ts';
import { type LedgerNode, Refused } from './ledger-node.ts';
import { MONTH_END_MS, ORIGIN, SITE, START_MS, type World } from './world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const TARIFF = 'flat';
export const WALLET = 'electricity';
export const PERIOD = '2026-09';
const RETRY_MS = 3_000;
const LATER_MS = 10 * MINUTE_MS;
const PATIENCE_MS = 15_000;

/** Whose meters are whose: two tenants, in turn. */
export function accountOf(meter: number): string {
  return `a-${(meter % 2) + 1}`;
}

/** One price a version, so that what must be paid is a sum that anybody can do. */
function tariff(version: number, price: string, fromMs: number): Command {
  return {
    ...{ do: 'publish-tariff', site: SITE },
    tariff: flatTariff({
      ...{ id: TARIFF, version, rounding: { mode: 'half-up', scale: 6 } },
      validFrom: formatTime(fromMs),
      prices: [{ period: 'all', tier: 'all', price }],
    }),
  };
}

/** The people who pay and bill: they send a request again until it is answered. */
export class Office {
  readonly #world: World;
  readonly #nodes: readonly LedgerNode[];
  /** Requests that are not acknowledged yet. */
  readonly open = new Set<string>();

  constructor(world: World, nodes: readonly LedgerNode[]) {
    this.#world = world;
    this.#nodes = nodes;
  }

  /** Opens the site, its accounts, meters and bridges, while nothing fails yet. */
  async setUp(node: LedgerNode, bridges: readonly BridgeNode[]): Promise<void> {
    const site = { site: SITE, origin: ORIGIN, currency: 'CNY', zone: 'Asia/Shanghai' };
    await node.ask({ kind: 'create-site', site });
    await node.execute(tariff(1, '1.000000', this.#world.ledgerNowMs() + 2 * MINUTE_MS));
    for (const account of ['a-1', 'a-2']) {
      await node.execute({ do: 'open-account', site: SITE, account });
    }
    for (const bridge of bridges) {
      const { name, key } = bridge;
      const { token } = await node.execute({ do: 'create-bridge', site: SITE, bridge: name });
      const proof = enrolmentProof(key, name, String(token), this.#world.ledgerNowMs());
      const enrolment = { bridge: name, token: String(token), jwk: key.jwk, proof };
      const { epoch } = await node.execute({ do: 'enrol-device', site: SITE, ...enrolment });
      for (const meter of bridge.meters) await node.execute(installation(meter, name));
      bridge.enrolled(Number(epoch));
    }
  }

  /** Plans what people will ask for in this run. */
  plan(): void {
    const { random, time, building } = this.#world;
    const { faultsFromMs, faultsEndMs } = building;
    const at = (fromMs: number, toMs: number) => random.int(fromMs, toMs) - time.nowMs;
    const send = (delayMs: number, key: string, command: Command) => {
      const request = `${command.do} ${key}`;
      const withKey: Command = { ...command, idempotency: { key, request } };
      this.open.add(key);
      time.later(delayMs, () => this.#try(key, withKey));
    };
    for (let i = 0; i < 10; i += 1) {
      const key = `top-up-${i}`;
      send(at(faultsFromMs, faultsEndMs), key, {
        ...{ do: 'credit-top-up', site: SITE, account: random.pick(['a-1', 'a-2']) },
        ...{ wallet: WALLET, method: 'cash', reference: key },
        amount: formatMicros(BigInt(random.int(1, 20_000)) * 10_000n),
      });
    }
    // It is refused once it applies, so it is in time: in a short run before anything can hold it up.
    const latestMs = MONTH_END_MS - 2 * HOUR_MS;
    const priceMs =
      latestMs > faultsFromMs
        ? at(faultsFromMs, latestMs)
        : at(time.nowMs, faultsFromMs - MINUTE_MS);
    send(priceMs, 'tariff-2', tariff(2, '2.000000', START_MS + MONTH_END_MS));
    for (const account of ['a-1', 'a-2']) {
      const due = at(MONTH_END_MS - HOUR_MS, faultsEndMs);
      const statement = { do: 'issue-statement', site: SITE, account, period: PERIOD } as const;
      send(due, `statement-${account}`, statement);
    }
    for (const account of ['a-3', 'a-4', 'a-5']) {
      const open = { do: 'open-account', site: SITE, account, name: 'Tenant' } as const;
      send(at(faultsFromMs, faultsEndMs), `open-${account}`, open);
    }
  }

  #try(key: string, command: Command): void {
    if (!this.open.has(key)) return;
    const { network, random, time, model } = this.#world;
    const node = random.pick(this.#nodes);
    model.sentKeys.add(key);
    let isAnswered = false;
    const answered = (afterMs: number, what: string) => {
      if (isAnswered) return;
      isAnswered = true;
      if (!this.open.has(key)) return;
      this.#world.trace(`office: ${key} ${what}`);
      if (what === 'done') this.open.delete(key);
      else time.later(afterMs, () => this.#try(key, command));
    };
    time.later(PATIENCE_MS, () => answered(0, 'unanswered'));
    network.send('office', node.name, () =>
      node.run(() => {
        const back = (afterMs: number, what: string) =>
          network.send(node.name, 'office', () => answered(afterMs, what));
        void node.execute(command).then(
          () => back(0, 'done'),
          (error: unknown) => {
            const code = error instanceof Refused ? error.code : 'failed';
            if (!MAY_PASS.has(code)) model.violate('refused', `${key}: ${code} ${String(error)}`);
            back(code === 'period-not-ended' ? LATER_MS : RETRY_MS, code);
          },
        );
      }),
    );
  }
}

/** What another try may change. */
const MAY_PASS: ReadonlySet<string> = new Set([
  ...['storage-full', 'store-unavailable', 'store-fenced', 'site-moved', 'log-behind'],
  ...['checkpoint-taken', 'period-not-ended'],
]);

function installation(meter: string, bridge: string): Command {
  const number = Number(meter.slice(2));
  return {
    ...{ do: 'install-meter', site: SITE, account: accountOf(number), meter, bridge },
    ...{ serial: String(1000 + number), register: '1-0:1.8.0', unit: 'kWh', wallet: WALLET },
    ...{ ct: '1', pt: '1', tariff: TARIFF },
  };
}
