import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from './refusal.ts';
import { formatTrustPolicy, parseTrustPolicy } from './trust-policy.ts';

const HASH = 'ab'.repeat(32);
const CONTRACT = `0x${'1f'.repeat(20)}`;
const FABRIC = `# billproof-anchor fabric anchors anchor ${HASH} 2 PropertyMSP AuditorMSP`;
const ETHEREUM = `# billproof-anchor ethereum 1 ${CONTRACT} ${HASH}`;

function anchorsOf(line: string) {
  return parseTrustPolicy(`quorum none\n${line}\n`).anchors;
}

function codeOf(line: string): string {
  try {
    anchorsOf(line);
    return 'none';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

describe('chains in a trust policy', () => {
  it('are read from comments, and written back as they were', () => {
    const known = ETHEREUM.replace('ethereum 1 ', 'ethereum 5 ');
    const text = `quorum none\n${FABRIC}\n${ETHEREUM}\n${known} ${HASH}\n`;
    const policy = parseTrustPolicy(text);
    expect(formatTrustPolicy(policy)).toBe(text);
    expect(policy.anchors).toMatchObject([
      { kind: 'fabric', network: { channel: 'anchors', endorsement: { threshold: 2 } } },
      { kind: 'ethereum', network: { chainId: 1, contract: CONTRACT, blocks: [] } },
      { kind: 'ethereum', network: { blocks: [{}] } },
    ]);
  });

  it('stand there once each: of two lines for one network only one could count', () => {
    const again = FABRIC.replace(' 2 ', ' 1 ');
    for (const lines of [
      [FABRIC, again],
      [ETHEREUM, `${ETHEREUM} ${HASH}`],
    ]) {
      expect(codeOf(lines.join('\n'))).toBe('policy-anchor');
    }
    // Another pinned block is another network, whatever its name.
    const other = FABRIC.replace(HASH, 'cd'.repeat(32));
    expect(anchorsOf(`${FABRIC}\n${other}`)).toHaveLength(2);
  });

  it('leave every other comment alone', () => {
    for (const line of ['# billproof', '#billproof-anchor fabric', '# Billproof-Anchor x', '#']) {
      expect(anchorsOf(line)).toEqual([]);
    }
  });

  it.each([
    '# billproof-anchor',
    '# billproof-anchor bitcoin x',
    FABRIC.replace('anchors', 'Anchors'),
    FABRIC.replace(HASH, HASH.slice(2)),
    FABRIC.replace(' 2 ', ' 0 '),
    FABRIC.replace(' 2 ', ' 3 '),
    FABRIC.replace(' 2 ', ' 02 '),
    FABRIC.replace('AuditorMSP', 'PropertyMSP'),
    FABRIC.replace(' PropertyMSP AuditorMSP', ''),
    ETHEREUM.replace(' 1 ', ' 0 '),
    ETHEREUM.replace(CONTRACT, CONTRACT.toUpperCase()),
    ETHEREUM.replace(HASH, `0x${HASH}`),
    `${ETHEREUM} latest`,
  ])('are refused when they are miswritten: %s', (line) => {
    expect(codeOf(line)).toBe('policy-anchor');
  });

  it('are read to the same again, or refused, whatever stands there', () => {
    const words = fc.array(
      fc.constantFrom(
        'fabric',
        'ethereum',
        'anchors',
        'anchor',
        HASH,
        CONTRACT,
        '1',
        '2',
        'A',
        'B',
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(words, (rest) => {
        const line = `# billproof-anchor ${rest.join(' ')}`;
        if (codeOf(line) !== 'none') return;
        expect(formatTrustPolicy(parseTrustPolicy(`quorum none\n${line}\n`))).toContain(line);
      }),
    );
  });
});
