/** Something that happens to a meter or to a clock at a scripted instant. */
export type Scenario =
  /** The register reaches its modulus, or the end of its width, at `atMs` and starts again. */
  | { readonly kind: 'rollover'; readonly unit: number; readonly atMs: number }
  /** Another meter hangs there from `atMs`: its serial number, its register from zero. */
  | {
      readonly kind: 'exchange';
      readonly unit: number;
      readonly atMs: number;
      readonly serial: number;
    }
  /** Somebody zeroes the register at `atMs`. */
  | { readonly kind: 'reset'; readonly unit: number; readonly atMs: number }
  /** The meter does not answer in [fromMs, toMs); what flowed meanwhile is counted all the same. */
  | {
      readonly kind: 'outage';
      readonly unit: number;
      readonly fromMs: number;
      readonly toMs: number;
      readonly how: OutageKind;
    }
  /** The bridge's wall clock jumps by `byMs` at `atMs`; the meters do not notice. */
  | { readonly kind: 'clock-step'; readonly atMs: number; readonly byMs: number };

/** `silent`: no answer at all; `gateway`: exception 0x0B, at once; `cut`: the connection breaks. */
export type OutageKind = 'silent' | 'gateway' | 'cut';

/** The outage that a unit is in at `ms`, if any. */
export function outageAt(
  scenarios: readonly Scenario[],
  unit: number,
  ms: number,
): OutageKind | undefined {
  for (const s of scenarios) {
    if (s.kind === 'outage' && s.unit === unit && ms >= s.fromMs && ms < s.toMs) return s.how;
  }
  return undefined;
}

/** The latest exchange or reset of a unit at or before `ms`. */
export function restartBefore(scenarios: readonly Scenario[], unit: number, ms: number) {
  let latest: Extract<Scenario, { kind: 'exchange' | 'reset' }> | undefined;
  for (const s of scenarios) {
    if (s.kind !== 'exchange' && s.kind !== 'reset') continue;
    if (s.unit === unit && s.atMs <= ms && s.atMs >= (latest?.atMs ?? -Infinity)) latest = s;
  }
  return latest;
}

/** How far the bridge's wall clock is off true time at `ms`. */
export function clockErrorAt(scenarios: readonly Scenario[], ms: number): number {
  let error = 0;
  for (const s of scenarios) if (s.kind === 'clock-step' && s.atMs <= ms) error += s.byMs;
  return error;
}
