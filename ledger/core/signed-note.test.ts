import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64, concat, fromHex, utf8 } from './bytes.ts';
import { Refusal } from './refusal.ts';
import {
  ED25519_COSIGNATURE,
  ED25519_NOTE,
  formatNote,
  formatSignatureLine,
  formatVerifierKey,
  parseNote,
  parseSignatureLine,
  parseVerifierKey,
  signNote,
  type VerifierKey,
  verifierKey,
  verifyNote,
} from './signed-note.ts';

// The example of the C2SP signed-note page.
const EXAMPLE_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const EXAMPLE_NOTE = `This is an example message.

\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;

const secret = new Uint8Array(32).fill(7);
const publicKey = ed25519.getPublicKey(secret);
const key = verifierKey('log.example/a', ED25519_NOTE, publicKey);
const sign = (message: Uint8Array): Uint8Array => ed25519.sign(message, secret);
const otherSecret = new Uint8Array(32).fill(8);
const other = verifierKey('other.example', ED25519_NOTE, ed25519.getPublicKey(otherSecret));

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return 'accepted';
}

function verdictOf(note: string, keys: readonly VerifierKey[]): string {
  const verdict = verifyNote(parseNote(note), keys);
  return verdict.ok ? verdict.keys.map(({ name }) => name).join() : verdict.code;
}

function noteOf(text: string): string {
  return formatNote({ text, signatures: [signNote(text, key, sign)] });
}

describe('the example of C2SP signed-note', () => {
  it('verifies, and is written back as it came', () => {
    const known = parseVerifierKey(EXAMPLE_KEY);
    expect(verifyNote(parseNote(EXAMPLE_NOTE), [known])).toEqual({ ok: true, keys: [known] });
    expect(formatVerifierKey(known)).toBe(EXAMPLE_KEY);
    expect(formatNote(parseNote(EXAMPLE_NOTE))).toBe(EXAMPLE_NOTE);
  });

  it('fails with any other text', () => {
    const changed = EXAMPLE_NOTE.replace('example message', 'exemple message');
    expect(verdictOf(changed, [parseVerifierKey(EXAMPLE_KEY)])).toBe('signature-invalid');
  });
});

describe('a verifier key', () => {
  it('is read back to what it was written from', () => {
    expect(parseVerifierKey(formatVerifierKey(key))).toEqual(key);
  });

  it('of an unknown type is read and verifies nothing', () => {
    const unknown = verifierKey('log.example/a', 0x06, new Uint8Array(1312));
    expect(parseVerifierKey(formatVerifierKey(unknown))).toEqual(unknown);
    expect(verdictOf(noteOf('x\n'), [unknown])).toBe('signature-missing');
  });

  const [name, id, material] = ['example.com/foo', '530d903a', EXAMPLE_KEY.slice(25)];
  it.each([
    ['bad-verifier-key', ''],
    ['bad-verifier-key', name],
    ['bad-verifier-key', `${name}+${id}`],
    ['bad-verifier-key', `+${id}+${material}`],
    ['bad-verifier-key', `exam ple+${id}+${material}`],
    ['bad-verifier-key', `exam\u00a0ple+${id}+${material}`],
    ['bad-verifier-key', `${name}+530D903A+${material}`],
    ['bad-verifier-key', `${name}+530d903+${material}`],
    ['bad-verifier-key', `${name}+${id}+${material}=`],
    ['bad-verifier-key', `${name}+${id}+${material}\n`],
    ['bad-verifier-key', `${name}+${id}+AQ==`],
    ['bad-verifier-key', `${name}+${id}+${base64(new Uint8Array(32).fill(1))}`],
    ['verifier-key-id', `${name}+530d903b+${material}`],
    ['verifier-key-id', `example.com/fob+${id}+${material}`],
  ])('is refused as %s: %j', (code, vkey) => {
    expect(codeOf(() => parseVerifierKey(vkey))).toBe(code);
  });

  it.each(['', 'a b', 'a+b', 'a\tb', 'a\u2003b', 'a\u0001'])('has no name like %j', (bad) => {
    expect(codeOf(() => verifierKey(bad, ED25519_NOTE, publicKey))).toBe('bad-key-name');
  });
});

describe('a note', () => {
  it('keeps any text that ends in a newline, blank lines included', () => {
    const line = fc.string({ unit: fc.constantFrom('a', ' ', '—', '\n', '火', '\u0085') });
    fc.assert(
      fc.property(line, (some) => {
        const text = `${some}\n`;
        const note = parseNote(noteOf(text));
        expect(note.text).toBe(text);
        expect(verifyNote(note, [key])).toEqual({ ok: true, keys: [key] });
      }),
    );
  });

  const line = formatSignatureLine(signNote('x\n', key, sign));
  it.each([
    ['note-without-signatures', ''],
    ['note-without-signatures', 'x\n'],
    ['note-without-signatures', 'x\n\n'],
    ['note-without-signatures', `x\n${line}`],
    ['note-without-signatures', `x\n\n${line.trimEnd()}`],
    ['note-without-signatures', `x\n\n${line}\n`],
    ['note-signature-line', `x\n\n${line}y\n`],
    ['note-signature-line', `x\n\n${line.replace('\u2014', '-')}`],
    ['note-signature-line', `x\n\n${line.replace('\u2014 ', '\u2014  ')}`],
    ['note-signature-line', `x\n\n ${line}`],
    ['note-signature-line', `x\n\n${line.replace('\n', ' \n')}`],
    ['note-signature-line', `x\n\n${line.replace('log', 'l+g')}`],
    ['note-signature-line', `x\n\n${line.replace('log', 'l\u2003g')}`],
    ['note-signature-line', 'x\n\n\u2014 log.example/a AAAAAA==\n'],
    ['note-signature-line', 'x\n\n\u2014 log.example/a AAAAAAB=\n'],
    ['note-control-character', `x\r\n\n${line}`],
    ['note-control-character', `x\t\n\n${line}`],
    ['note-control-character', `x\0\n\n${line}`],
    ['lone-surrogate', `x\ud800\n\n${line}`],
    ['note-too-many-signatures', `x\n\n${line.repeat(65)}`],
    ['note-too-long', `${'x'.repeat(512 * 1024)}\n\n${line}`],
    ['accepted', `x\n\n${line.repeat(64)}`],
    ['accepted', `x\n\n\n${line}`],
  ])('is judged %s when it is badly made (%#)', (code, note) => {
    expect(codeOf(() => parseNote(note))).toBe(code);
  });

  it('is not written with a text that no reader would accept', () => {
    const signatures = [signNote('x\n', key, sign)];
    expect(codeOf(() => formatNote({ text: 'x\r\n', signatures }))).toBe('note-control-character');
    expect(() => formatNote({ text: 'x', signatures })).toThrow('ends in a newline');
    expect(() => formatNote({ text: 'x\n', signatures: [] })).toThrow('a note has a signature');
  });
});

describe('the signatures of a note', () => {
  const text = 'x\n';
  const good = signNote(text, key, sign);
  const bad = { ...good, signature: good.signature.map((byte) => byte ^ 1) };
  const write = (...signatures: (typeof good)[]): string => formatNote({ text, signatures });

  it('of unknown keys are ignored, even with a known name or a known ID', () => {
    const sameName = { ...bad, keyId: '00000000' };
    const sameId = { ...bad, name: 'log.example/b' };
    expect(verdictOf(write(sameName, good, sameId), [key])).toBe('log.example/a');
    expect(verdictOf(write(sameName, sameId), [key])).toBe('signature-missing');
    expect(verdictOf(write(good), [])).toBe('signature-missing');
  });

  it('of known keys must all verify', () => {
    expect(verdictOf(write(good, bad), [key])).toBe('signature-invalid');
    expect(verdictOf(write(bad, good), [key])).toBe('signature-invalid');
    const short = { ...good, signature: good.signature.subarray(0, 63) };
    expect(verdictOf(write(short), [key])).toBe('signature-invalid');
  });

  it('name each known key once, whatever the order and number of lines', () => {
    const second = signNote(text, other, (message) => ed25519.sign(message, otherSecret));
    expect(verdictOf(write(second, good, second), [key, other])).toBe(
      'other.example,log.example/a',
    );
  });

  it('of a key for cosignatures are not signatures of the note, whatever its ID', () => {
    const witness = { ...key, type: ED25519_COSIGNATURE };
    expect(verdictOf(write(good), [witness])).toBe('signature-missing');
  });

  it('are not made with a key for cosignatures', () => {
    const witness = verifierKey('w', ED25519_COSIGNATURE, publicKey);
    expect(() => signNote(text, witness, sign)).toThrow('Ed25519 note key');
  });

  it('are read back line by line', () => {
    const [first = ''] = formatSignatureLine(good).split('\n');
    expect(parseSignatureLine(first)).toEqual(good);
    expect(first).toBe(
      `\u2014 log.example/a ${base64(concat(fromHex(key.keyId), sign(utf8(text))))}`,
    );
  });
});
