import { Refusal } from '../core/refusal.ts';
import { formatVerifierKey, parseVerifierKey } from '../core/signed-note.ts';
import { formatTrustPolicy, type TrustPolicy } from '../core/trust-policy.ts';
import type { TrustedAnchor } from '../core/trusted-anchor.ts';

/** The trust policies that the operator has set: one for all sites, or one for each. */
export interface Policies {
  readonly forAll?: TrustPolicy | undefined;
  readonly bySite?: ReadonlyMap<string, TrustPolicy> | undefined;
}

/** A log by its site and key. */
export interface SiteLog {
  readonly site: string;
  readonly vkey: string;
}

/**
 * The policy of a site: its own, else the one for all, with this log's key and no other. A policy that
 * names logs is for those only.
 */
export function sitePolicy({ forAll, bySite }: Policies, { site, vkey }: SiteLog): TrustPolicy {
  const key = parseVerifierKey(vkey);
  const chosen = [bySite?.get(site), forAll].find((policy) => policy && isFor(policy, vkey));
  const { witnesses = [], groups = [], quorum } = chosen ?? {};
  return { logs: [{ key }], witnesses, groups, quorum, anchors: [] };
}

/** Refuses `policy-other-log` when a site's own policy names other logs only. */
export function refuseOtherLogs({ bySite }: Policies, sites: readonly SiteLog[]): void {
  for (const { site, vkey } of sites) {
    const own = bySite?.get(site);
    if (own === undefined || isFor(own, vkey)) continue;
    throw new Refusal(
      'policy-other-log',
      `The policy of site ${site} names other logs. Write "log ${vkey}", or no log line.`,
      { site },
    );
  }
}

/**
 * The policy as readers get it, with the chains that the log is anchored on: addresses are for those who
 * ask the witnesses.
 */
export function readersPolicy(policy: TrustPolicy, anchors: readonly TrustedAnchor[] = []): string {
  const logs = policy.logs.map(({ key }) => ({ key }));
  const witnesses = policy.witnesses.map(({ name, key }) => ({ name, key }));
  return formatTrustPolicy({ ...policy, logs, witnesses, anchors });
}

/** Whether these witnesses, each by its name in the policy, are a quorum; no quorum is always met. */
export function areQuorum({ groups, quorum }: TrustPolicy, names: ReadonlySet<string>): boolean {
  if (quorum === undefined) return true;
  const met = new Set(names);
  for (const { name, threshold, members } of groups) {
    if (members.filter((member) => met.has(member)).length >= threshold) met.add(name);
  }
  return met.has(quorum);
}

/** The least number of witnesses that are a quorum; 0 when none is asked for. */
export function fewestForQuorum({ witnesses, groups, quorum }: TrustPolicy): number {
  if (quorum === undefined) return 0;
  const fewest = new Map(witnesses.map(({ name }) => [name, 1]));
  for (const { name, threshold, members } of groups) {
    const each = members.map((member) => fewest.get(member) ?? 0).sort((a, b) => a - b);
    fewest.set(
      name,
      each.slice(0, threshold).reduce((sum, count) => sum + count, 0),
    );
  }
  return fewest.get(quorum) ?? 0;
}

function isFor({ logs }: TrustPolicy, vkey: string): boolean {
  return logs.length === 0 || logs.some(({ key }) => formatVerifierKey(key) === vkey);
}
