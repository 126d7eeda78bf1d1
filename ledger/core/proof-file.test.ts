import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { auditPath, treeHash } from '../../test/reference/rfc6962.ts';
import { base64, utf8 } from './bytes.ts';
import { signCheckpoint } from './checkpoint.ts';
import { leafHash } from './merkle.ts';
import { formatProofFile, parseProofFile, verifyProofFile } from './proof-file.ts';
import { Refusal } from './refusal.ts';
import { ED25519_NOTE, formatVerifierKey, verifierKey } from './signed-note.ts';
import { parseTrustPolicy } from './trust-policy.ts';

const secret = new Uint8Array(32).fill(7);
const key = verifierKey('log.example', ED25519_NOTE, ed25519.getPublicKey(secret));
const policy = parseTrustPolicy(`log ${formatVerifierKey(key)}\nquorum none\n`);
const entries = Array.from({ length: 11 }, (_, i) => utf8(`entry ${i}`));
const checkpoint = signCheckpoint({ size: 11, root: treeHash(entries) }, key, (message) =>
  ed25519.sign(message, secret),
);
const content = { index: 4, proof: auditPath(4, entries), checkpoint };
const text = formatProofFile(content);
const leaf = leafHash(utf8('entry 4'));

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return 'accepted';
}

function verdictOf(file: string, leafOfFile: Uint8Array): string {
  const verdict = verifyProofFile(file, leafOfFile, policy);
  return verdict.ok ? 'verified' : verdict.code;
}

describe('a proof file', () => {
  it('is the header, the index, the hashes, a blank line and the checkpoint', () => {
    const lines = ['c2sp.org/tlog-proof@v1', 'index 4', ...content.proof.map(base64), ''];
    expect(text).toBe(`${lines.join('\n')}\n${checkpoint}`);
  });

  it('is read back to what it was written from, with extra data or without', () => {
    const extra = utf8('page');
    const { signed, ...read } = parseProofFile(formatProofFile({ ...content, extra }));
    expect(read).toEqual({ ...content, extra });
    expect([signed.origin, signed.size]).toEqual(['log.example', 11]);
    const { signed: _signed, ...plain } = parseProofFile(text);
    expect(plain).toEqual(content);
  });

  it('has no hashes for the only leaf of a log', () => {
    const only = signCheckpoint({ size: 1, root: leaf }, key, (m) => ed25519.sign(m, secret));
    const file = formatProofFile({ index: 0, proof: [], checkpoint: only });
    expect(file.startsWith('c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example\n1\n')).toBe(true);
    expect(verdictOf(file, leaf)).toBe('verified');
  });

  it('verifies its leaf under the policy, and says which log signed', () => {
    expect(verifyProofFile(text, leaf, policy)).toEqual({
      ok: true,
      log: key,
      cosignatures: [],
      quorumTimeS: undefined,
    });
  });

  it('fails for another leaf, another place and another log', () => {
    expect(verdictOf(text, leafHash(utf8('entry 5')))).toBe('root-mismatch');
    expect(verdictOf(text.replace('index 4', 'index 5'), leaf)).toBe('root-mismatch');
    expect(verdictOf(text.replace('index 4', 'index 11'), leaf)).toBe('index-out-of-range');
    const foreign = parseTrustPolicy('quorum none\n');
    expect(verifyProofFile(text, leaf, foreign)).toMatchObject({ code: 'log-not-trusted' });
  });

  const hash = base64(leaf);
  it.each([
    ['proof-file-header', ''],
    ['proof-file-header', text.replace('@v1', '@v2')],
    ['proof-file-header', text.replaceAll('\n\n', '\n')],
    ['proof-file-extra', text.replace('index', 'extra Zg\nindex')],
    ['proof-file-index', text.replace('index 4\n', '')],
    ['proof-file-index', text.replace('index 4', 'index 04')],
    ['proof-file-index', text.replace('index 4', 'index -4')],
    ['proof-file-index', text.replace('index 4', 'index  4')],
    ['proof-file-index', text.replace('index', 'extra Zg==\nextra Zg==\nindex')],
    ['proof-file-hash', text.replace('index 4', 'index 4\nAAAA')],
    ['proof-file-hash', text.replace('index 4', `index 4\n ${hash}`)],
    ['proof-file-hash', text.replace('index 4', `index 4${`\n${hash}`.repeat(54)}`)],
    ['proof-file-index', text.replace('index 4', 'index 4\r')],
    ['checkpoint-size', text.replace('\n11\n', '\nx\n')],
    ['note-without-signatures', text.slice(0, -1)],
  ])('is refused as %s (%#)', (code, file) => {
    expect(codeOf(() => parseProofFile(file))).toBe(code);
  });

  it('is not written when no reader would accept it', () => {
    expect(codeOf(() => formatProofFile({ ...content, index: -1 }))).toBe('proof-file-index');
    expect(codeOf(() => formatProofFile({ ...content, checkpoint: 'x' }))).toBe(
      'note-without-signatures',
    );
  });
});
