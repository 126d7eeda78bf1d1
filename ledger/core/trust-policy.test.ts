import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { cosign } from './cosignature.ts';
import { Refusal } from './refusal.ts';
import {
  ED25519_COSIGNATURE,
  ED25519_NOTE,
  formatNote,
  formatVerifierKey,
  signNote,
  verifierKey,
} from './signed-note.ts';
import { checkPolicy, formatTrustPolicy, parseTrustPolicy } from './trust-policy.ts';

function secretOf(number: number): Uint8Array {
  return new Uint8Array(32).fill(number);
}

const logKey = verifierKey('log.example', ED25519_NOTE, ed25519.getPublicKey(secretOf(100)));
const witnesses = Array.from({ length: 6 }, (_, i) =>
  verifierKey(`w${i}.example`, ED25519_COSIGNATURE, ed25519.getPublicKey(secretOf(i))),
);
const [w0 = '', w1 = '', w2 = '', w3 = '', w4 = '', w5 = ''] = witnesses.map(formatVerifierKey);
const log = formatVerifierKey(logKey);

/** The example of the C2SP tlog-policy page: two of three X and one of three Y. */
const EXAMPLE = `# who is believed
log ${log}

witness X1 ${w0}
witness X2 ${w1} https://x2.example/
\t witness\tX3 ${w2}  \t
group X-witnesses 2 X1 X2 X3
  # the other organisation
witness Y1 ${w3}
witness Y2 ${w4}
witness Y3 ${w5}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

const signed = signCheckpoint({ size: 5, root: new Uint8Array(32).fill(3) }, logKey, (message) =>
  ed25519.sign(message, secretOf(100)),
);

/** The checkpoint with cosignatures of the witnesses named by number, each at its own time. */
function cosignedBy(times: Readonly<Record<number, number>>): string {
  const { note } = parseCheckpoint(signed);
  const lines = Object.entries(times).map(([number, timeS]) => {
    const key = verifierKey(
      `w${number}.example`,
      ED25519_COSIGNATURE,
      ed25519.getPublicKey(secretOf(Number(number))),
    );
    return cosign(note.text, timeS, key, (message) =>
      ed25519.sign(message, secretOf(Number(number))),
    );
  });
  return formatNote({ text: note.text, signatures: [...note.signatures, ...lines] });
}

function refusalOf(text: string): unknown {
  try {
    parseTrustPolicy(text);
  } catch (error) {
    if (error instanceof Refusal) return [error.code, error.params['line']];
    throw error;
  }
  return 'accepted';
}

function judge(policy: string, note: string): unknown {
  const verdict = checkPolicy(parseTrustPolicy(policy), parseCheckpoint(note));
  return verdict.ok ? verdict.quorumTimeS : verdict.code;
}

describe('a trust policy', () => {
  it('is read with its comments, blanks and groups', () => {
    const policy = parseTrustPolicy(EXAMPLE);
    expect(policy.logs).toEqual([{ key: logKey }]);
    expect(policy.witnesses.map(({ name }) => name)).toEqual(['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3']);
    expect(policy.witnesses[1]).toEqual({
      name: 'X2',
      key: witnesses[1],
      url: 'https://x2.example/',
    });
    expect(policy.groups).toEqual([
      { name: 'X-witnesses', threshold: 2, members: ['X1', 'X2', 'X3'] },
      { name: 'Y-witnesses', threshold: 1, members: ['Y1', 'Y2', 'Y3'] },
      { name: 'X-and-Y', threshold: 2, members: ['X-witnesses', 'Y-witnesses'] },
    ]);
    expect(policy.quorum).toBe('X-and-Y');
  });

  it('is written so that it is read back to the same', () => {
    for (const text of [EXAMPLE, `log ${log} https://log.example/\nquorum none\n`]) {
      const policy = parseTrustPolicy(text);
      expect(parseTrustPolicy(formatTrustPolicy(policy))).toEqual(policy);
    }
  });

  it.each([
    ['accepted', 'quorum none'],
    ['accepted', `witness 火 ${w0}\nquorum 火\n`],
    [['policy-without-quorum', undefined], `log ${log}\n`],
    [['policy-character', undefined], `log ${log}\r\nquorum none\r\n`],
    [['policy-character', undefined], 'quorum none\u007f\n'],
    [['policy-too-long', undefined], `#${'x'.repeat(256 * 1024)}\nquorum none\n`],
    [['policy-line', 1], 'quorums none\n'],
    [['policy-line', 1], 'quorum\n'],
    [['policy-line', 1], 'quorum none none\n'],
    [['policy-line', 1], 'log\n'],
    [['policy-line', 1], `log ${log} url more\n`],
    [['policy-line', 2], `\nwitness ${w0}\n`],
    [['policy-line', 1], `witness a ${w0} url more\n`],
    [['policy-line', 1], 'group a\n'],
    [['policy-key', 1], 'log nonsense\n'],
    [['policy-key', 1], `log ${w0}\n`],
    [['policy-key', 1], `witness a ${log}\n`],
    [['policy-duplicate-key', 2], `log ${log}\nlog ${log}\n`],
    [['policy-duplicate-key', 2], `witness a ${w0}\nwitness b ${w0}\n`],
    [['policy-name', 1], `witness none ${w0}\n`],
    [['policy-name', 2], `witness a ${w0}\nwitness a ${w1}\n`],
    [['policy-name', 2], `witness a ${w0}\ngroup a any a\n`],
    [['policy-member', 2], `witness a ${w0}\ngroup g any a b\n`],
    [['policy-member', 1], 'group g any g\n'],
    [['policy-member', 1], 'group g any none\n'],
    [['policy-member', 2], `witness a ${w0}\ngroup g any a a\n`],
    [['policy-member', 3], `witness a ${w0}\ngroup g any a\ngroup h any a\n`],
    [['policy-threshold', 1], 'group g any\n'],
    [['policy-threshold', 1], 'group g 0\n'],
    [['policy-threshold', 2], `witness a ${w0}\ngroup g 0 a\n`],
    [['policy-threshold', 2], `witness a ${w0}\ngroup g 2 a\n`],
    [['policy-threshold', 2], `witness a ${w0}\ngroup g 01 a\n`],
    [['policy-threshold', 2], `witness a ${w0}\ngroup g most a\n`],
    [['policy-quorum', 1], 'quorum a\n'],
    [['policy-quorum', 1], `quorum a\nwitness a ${w0}\n`],
    [['policy-quorum', 2], 'quorum none\nquorum none\n'],
  ])('is judged %j (%#)', (wanted, text) => {
    expect(refusalOf(text)).toEqual(wanted);
  });
});

describe('a checkpoint under a policy', () => {
  it.each([
    [{ 0: 10, 1: 20, 3: 5 }, 20],
    [{ 0: 10, 1: 20, 2: 12, 3: 5 }, 12],
    [{ 0: 10, 1: 20, 2: 12, 3: 30, 4: 25 }, 25],
    [{ 0: 10, 3: 5, 4: 6, 5: 7 }, 'quorum-missing'],
    [{ 0: 10, 1: 20, 2: 30 }, 'quorum-missing'],
    [{ 0: 10, 1: 20, 9: 1 }, 'quorum-missing'],
    [{}, 'quorum-missing'],
  ])('cosigned at %j has its quorum at %j', (times, wanted) => {
    expect(judge(EXAMPLE, cosignedBy(times))).toBe(wanted);
  });

  it('names its log and its cosignatures', () => {
    const policy = parseTrustPolicy(`log ${log}\nwitness a ${w0}\nquorum a\n`);
    expect(checkPolicy(policy, parseCheckpoint(cosignedBy({ 0: 7, 1: 8 })))).toEqual({
      ok: true,
      log: logKey,
      cosignatures: [{ key: witnesses[0], timeS: 7 }],
      quorumTimeS: 7,
    });
  });

  it('needs no witness when the policy says none, yet a false one still fails', () => {
    const policy = `log ${log}\nwitness a ${w0}\nquorum none\n`;
    expect(judge(policy, signed)).toBe(undefined);
    const moved = cosignedBy({ 0: 7 }).replace(/(w0\.example [^\n]{20})./, '$1/');
    expect(judge(policy, moved)).toBe('signature-invalid');
  });

  it('counts a witness from its earliest cosignature', () => {
    const policy = `log ${log}\nwitness a ${w0}\nquorum a\n`;
    const early = parseCheckpoint(cosignedBy({ 0: 7 })).note;
    const late = parseCheckpoint(cosignedBy({ 0: 9 })).note;
    const signatures = [...late.signatures, ...early.signatures.slice(1)];
    expect(judge(policy, formatNote({ text: early.text, signatures }))).toBe(7);
  });

  it('fails under the name of a log that the policy does not name, though a known log signed', () => {
    const text = signed.slice(0, signed.indexOf('\n\n') + 1).replace('log.example', 'log.other');
    const line = signNote(text, logKey, (message) => ed25519.sign(message, secretOf(100)));
    const foreign = formatNote({ text, signatures: [line] });
    expect(judge(`log ${log}\nquorum none\n`, foreign)).toBe('log-not-trusted');
  });

  it('fails when the policy does not name its log, or names it with another key', () => {
    expect(judge('quorum none\n', signed)).toBe('log-not-trusted');
    const sameName = verifierKey('log.example', ED25519_NOTE, ed25519.getPublicKey(secretOf(1)));
    expect(judge(`log ${formatVerifierKey(sameName)}\nquorum none\n`, signed)).toBe(
      'signature-missing',
    );
    expect(judge(`log ${log}\nquorum none\n`, signed.replace('\n5\n', '\n6\n'))).toBe(
      'signature-invalid',
    );
  });
});
