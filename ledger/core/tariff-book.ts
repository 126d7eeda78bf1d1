import { hex, utf8 } from './bytes.ts';
import { canonicalize } from './canonical-json.ts';
import { compileEnergy, needsTerms } from './charges/energy.ts';
import { admitEventDay, type EventDay, hasEventPlan } from './charges/event-days.ts';
import type { AnyTariff } from './charges/tariff-v2.ts';
import { refuseInvalid } from './charges/tariff-v2-checks.ts';
import { type AccountTerms, NO_TERMS } from './charges/terms.ts';
import type { TariffRef } from './event-data.ts';
import { type Sha256, sha256 } from './primitives.ts';
import { type CompiledTariff, compileTariff } from './rating.ts';
import { Refusal } from './refusal.ts';
import { parseDate, parseTime } from './time.ts';
import { type Zone, zoneOf } from './zone.ts';

/** A tariff version as rating uses it. `toMs` is exclusive; Infinity while no later version is known. */
export interface TariffVersion {
  readonly ref: TariffRef;
  readonly tariff: AnyTariff;
  /**
   * What is metered, ready for rating: under these terms of an account (format 2 only), with the event days
   * that are known so far. Refuses what `compileEnergy` refuses.
   */
  energy(terms?: AccountTerms): CompiledTariff;
  readonly zone: Zone;
  readonly fromMs: number;
  readonly toMs: number;
  /** Keys of bill lines by `<period>/<tier>`: made once, since every reading asks for one. */
  readonly lineKeys: Map<string, string>;
}

/** SHA-256 of the tariff's canonical bytes, lowercase hex. */
export function tariffHash(tariff: AnyTariff, sha: Sha256 = sha256): string {
  return hex(sha(utf8(canonicalize(tariff))));
}

/**
 * All published versions by tariff id. A later version ends the one before it; a version is added once
 * and never changes (`tariff-version-exists`, `tariff-version-order`).
 */
export class TariffBook {
  readonly #versions = new Map<string, TariffVersion[]>();
  /** Event days by tariff, shared with its versions. */
  readonly #events = new Map<string, string[]>();
  readonly #sha: Sha256;
  readonly #mayLeaveOut: boolean;

  /** `mayLeaveOut` admits a book of only some versions, as a bill names them. */
  constructor(sha: Sha256 = sha256, mayLeaveOut = false) {
    this.#sha = sha;
    this.#mayLeaveOut = mayLeaveOut;
  }

  /** Refuses without adding anything when the tariff is invalid or out of order. */
  add(tariff: AnyTariff): TariffVersion {
    const versions = this.#versions.get(tariff.id) ?? [];
    const last = versions.at(-1);
    const fromMs = parseTime(tariff.validFrom);
    if (last !== undefined) this.#refuseOutOfOrder(tariff, last, fromMs);
    const added: TariffVersion = {
      ref: { id: tariff.id, version: tariff.version, hash: tariffHash(tariff, this.#sha) },
      tariff,
      energy: energyOf(tariff, this.#eventsOf(tariff.id)),
      zone: zoneOf(tariff.zone),
      fromMs,
      toMs: tariff.validTo === undefined ? Number.POSITIVE_INFINITY : parseTime(tariff.validTo),
      lineKeys: new Map(),
    };
    if (last !== undefined && last.toMs > fromMs) {
      versions[versions.length - 1] = { ...last, toMs: fromMs };
    }
    versions.push(added);
    this.#versions.set(tariff.id, versions);
    return added;
  }

  /**
   * Makes a date an event day of a tariff, from a fact logged at `loggedMs`. Refuses what `admitEventDay`
   * refuses, of the version in force on that day.
   */
  addEventDay(fact: EventDay, loggedMs: number): void {
    const { year, month, day } = parseDate(fact.date);
    const known = this.#eventsOf(fact.tariff);
    const [first] = this.versions(fact.tariff);
    const startMs = first?.zone.startOfDay(year, month, day) ?? 0;
    const version = this.versionAt(fact.tariff, startMs);
    if (version === undefined) {
      const message = `No version of tariff ${fact.tariff} is in force on ${fact.date}.`;
      throw new Refusal('no-tariff', message, { tariff: fact.tariff });
    }
    admitEventDay(version.tariff, fact, loggedMs, known);
    known.push(fact.date);
  }

  /** Event days of a tariff, as they were declared. */
  eventDays(id: string): readonly string[] {
    return this.#events.get(id) ?? [];
  }

  /** The version in force just after `ms`, if any. */
  versionAt(id: string, ms: number): TariffVersion | undefined {
    const versions = this.#versions.get(id) ?? [];
    for (let i = versions.length - 1; i >= 0; i -= 1) {
      const version = versions[i];
      if (version && version.fromMs <= ms) return ms < version.toMs ? version : undefined;
    }
    return undefined;
  }

  has(id: string): boolean {
    return this.#versions.has(id);
  }

  versions(id: string): readonly TariffVersion[] {
    return this.#versions.get(id) ?? [];
  }

  #eventsOf(id: string): string[] {
    const known = this.#events.get(id) ?? [];
    this.#events.set(id, known);
    return known;
  }

  #refuseOutOfOrder(tariff: AnyTariff, last: TariffVersion, fromMs: number): void {
    const next = last.tariff.version + 1;
    if (this.#mayLeaveOut ? tariff.version < next : tariff.version !== next) {
      throw new Refusal(
        'tariff-version-exists',
        `Tariff ${tariff.id} is at version ${last.tariff.version}; publish version ` +
          `${last.tariff.version + 1} next. A published version is never edited.`,
        { tariff: tariff.id, version: last.tariff.version },
      );
    }
    if (fromMs <= last.fromMs) {
      throw new Refusal(
        'tariff-version-order',
        'A later version must start to apply after the one before it.',
        { tariff: tariff.id, validFrom: tariff.validFrom },
      );
    }
  }
}

/** Format 1 is made ready once; format 2 once for each terms that it asks, and anew after an event day. */
function energyOf(tariff: AnyTariff, events: readonly string[]): TariffVersion['energy'] {
  if (tariff.v === 1) {
    const compiled = compileTariff(tariff);
    return () => compiled;
  }
  refuseInvalid(tariff);
  const isAlike = !needsTerms(tariff);
  let known = new WeakMap<AccountTerms, CompiledTariff>();
  let days = 0;
  return (terms = NO_TERMS) => {
    if (days !== events.length) known = new WeakMap();
    days = events.length;
    const key = isAlike ? NO_TERMS : terms;
    const found = known.get(key);
    if (found !== undefined) return found;
    const planned = events.filter((date) => hasEventPlan(tariff, date));
    const compiled = compileEnergy(tariff, key, planned);
    known.set(key, compiled);
    return compiled;
  };
}
