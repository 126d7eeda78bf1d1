import { hex, utf8 } from './bytes.ts';
import { canonicalize } from './canonical-json.ts';
import type { TariffRef } from './event-data.ts';
import { type Sha256, sha256 } from './primitives.ts';
import { type CompiledTariff, compileTariff } from './rating.ts';
import { Refusal } from './refusal.ts';
import type { Tariff } from './tariff.ts';
import { parseTime } from './time.ts';
import { type Zone, zoneOf } from './zone.ts';

/** A tariff version as rating uses it. `toMs` is exclusive; Infinity while no later version is known. */
export interface TariffVersion {
  readonly ref: TariffRef;
  readonly tariff: Tariff;
  readonly compiled: CompiledTariff;
  readonly zone: Zone;
  readonly fromMs: number;
  readonly toMs: number;
  /** Keys of bill lines by `<period>/<tier>`: made once, since every reading asks for one. */
  readonly lineKeys: Map<string, string>;
}

/** SHA-256 of the tariff's canonical bytes, lowercase hex. */
export function tariffHash(tariff: Tariff, sha: Sha256 = sha256): string {
  return hex(sha(utf8(canonicalize(tariff))));
}

/**
 * All published versions by tariff id. A later version ends the one before it; a version is added once
 * and never changes (`tariff-version-exists`, `tariff-version-order`).
 */
export class TariffBook {
  readonly #versions = new Map<string, TariffVersion[]>();
  readonly #sha: Sha256;
  readonly #mayLeaveOut: boolean;

  /** `mayLeaveOut` admits a book of only some versions, as a bill names them. */
  constructor(sha: Sha256 = sha256, mayLeaveOut = false) {
    this.#sha = sha;
    this.#mayLeaveOut = mayLeaveOut;
  }

  /** Refuses without adding anything when the tariff is invalid or out of order. */
  add(tariff: Tariff): TariffVersion {
    const versions = this.#versions.get(tariff.id) ?? [];
    const last = versions.at(-1);
    const fromMs = parseTime(tariff.validFrom);
    if (last !== undefined) this.#refuseOutOfOrder(tariff, last, fromMs);
    const added: TariffVersion = {
      ref: { id: tariff.id, version: tariff.version, hash: tariffHash(tariff, this.#sha) },
      tariff,
      compiled: compileTariff(tariff),
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

  #refuseOutOfOrder(tariff: Tariff, last: TariffVersion, fromMs: number): void {
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
