import { describe, expect, it } from 'vitest';
import {
  LOG_KEY as LOG,
  OTHER_LOG_KEY as OTHER_LOG,
  WITNESS_KEYS,
} from '../../test/witness/policy-keys.ts';
import { parseTrustPolicy } from '../core/trust-policy.ts';
import {
  areQuorum,
  fewestForQuorum,
  readersPolicy,
  refuseOtherLogs,
  sitePolicy,
} from './site-policy.ts';

const [W1, W2, W3] = WITNESS_KEYS;
const witnessed = (log: string) =>
  parseTrustPolicy(`${log}witness w1 ${W1} http://10.0.0.1:8700\nquorum w1\n`);
const site = { site: 'tower', vkey: LOG };

describe('the policy of a site', () => {
  it('pins its log and asks for no witness unless told otherwise', () => {
    expect(readersPolicy(sitePolicy({}, site))).toBe(`log ${LOG}\nquorum none\n`);
  });

  it('is the one for all with its own log, and without the addresses of witnesses', () => {
    const policy = sitePolicy({ forAll: witnessed('') }, site);
    expect(policy.witnesses[0]?.url).toBe('http://10.0.0.1:8700');
    expect(readersPolicy(policy)).toBe(`log ${LOG}\nwitness w1 ${W1}\nquorum w1\n`);
  });

  it('is the one for all only where that names its log, if it names any', () => {
    const both = witnessed(`log ${OTHER_LOG}\nlog ${LOG} https://bills.example\n`);
    expect(readersPolicy(sitePolicy({ forAll: both }, site))).toContain('quorum w1');
    expect(readersPolicy(sitePolicy({ forAll: both }, site))).not.toContain(OTHER_LOG);
    const others = witnessed(`log ${OTHER_LOG}\n`);
    expect(readersPolicy(sitePolicy({ forAll: others }, site))).toBe(`log ${LOG}\nquorum none\n`);
  });

  it('is its own before the one for all, and must then be of its log', () => {
    const forAll = witnessed('');
    const own = parseTrustPolicy('quorum none\n');
    const bySite = new Map([['tower', own]]);
    expect(readersPolicy(sitePolicy({ forAll, bySite }, site))).toBe(`log ${LOG}\nquorum none\n`);
    const wrong = new Map([['tower', witnessed(`log ${OTHER_LOG}\n`)]]);
    expect(readersPolicy(sitePolicy({ bySite: wrong }, site))).toBe(`log ${LOG}\nquorum none\n`);
    expect(refuseOtherLogs({ forAll, bySite }, [site])).toBeUndefined();
    expect(() => refuseOtherLogs({ bySite: wrong }, [site])).toThrow(
      expect.objectContaining({ code: 'policy-other-log', params: { site: 'tower' } }),
    );
  });
});

it('a quorum is counted through groups of groups', () => {
  const policy = parseTrustPolicy(
    [
      ...[`witness w1 ${W1}`, `witness w2 ${W2}`, `witness w3 ${W3}`],
      ...['group two any w1 w2', 'group both all two w3', 'quorum both', ''],
    ].join('\n'),
  );
  const met = (...names: string[]) => areQuorum(policy, new Set(names));
  expect([met(), met('w1', 'w2'), met('w3'), met('w2', 'w3'), met('w1', 'w2', 'w3')]).toEqual([
    ...[false, false, false, true, true],
  ]);
  expect(areQuorum({ ...policy, quorum: undefined }, new Set())).toBe(true);
});

describe('the least number of cosignatures', () => {
  const lines = WITNESS_KEYS.map((key, i) => `witness w${i + 1} ${key}\n`).join('');
  const fewest = (rest: string) => fewestForQuorum(parseTrustPolicy(lines + rest));

  it('is none, one, the threshold of a group, or the cheapest way through groups of groups', () => {
    expect(fewest('quorum none\n')).toBe(0);
    expect(fewest('quorum w2\n')).toBe(1);
    expect(fewest('group two 2 w1 w2 w3\nquorum two\n')).toBe(2);
    const both = 'group two all w1 w2\ngroup any any two w3\n';
    expect(fewest(`${both}quorum any\n`)).toBe(1);
    expect(fewest(`group two all w1 w2\ngroup all all two w3\nquorum all\n`)).toBe(3);
  });
});
