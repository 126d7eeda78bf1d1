import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { archive } from './tar.ts';

const files = [
  { name: 'metadata.json', content: Buffer.from('{"type":"ccaas"}') },
  { name: 'code.tar.gz', content: Buffer.alloc(1024, 7) },
];

test('an archive holds its files as ustar entries, each in whole blocks', () => {
  const tar = gunzipSync(archive(files));
  expect(tar).toHaveLength(512 + 512 + 512 + 1024 + 1024);
  expect([entryAt(tar, 0), entryAt(tar, 1024)]).toEqual([
    { name: 'metadata.json', size: 16, mode: '0000644', magic: 'ustar\x0000', sumHolds: true },
    { name: 'code.tar.gz', size: 1024, mode: '0000644', magic: 'ustar\x0000', sumHolds: true },
  ]);
  expect(tar.subarray(512, 528).toString()).toBe('{"type":"ccaas"}');
  expect(tar.subarray(-1024).every((byte) => byte === 0)).toBe(true);
});

test('an archive depends on nothing but names and contents', () => {
  const bytes = archive(files);
  expect(archive(files)).toEqual(bytes);
  // No time, no system, stored in full.
  expect(bytes.subarray(0, 10).toString('hex')).toBe('1f8b08000000000004ff');
});

test.each(['../escape', 'a/b', '', 'x'.repeat(100)])('"%s" is no name in an archive', (name) => {
  expect(() => archive([{ name, content: Buffer.alloc(0) }])).toThrow('no name for this archive');
});

function entryAt(tar: Buffer, at: number) {
  const block = tar.subarray(at, at + 512);
  const text = (from: number, to: number) =>
    block.toString('latin1', from, to).split('\0')[0] ?? '';
  const sum = block.reduce((total, byte, n) => total + (n >= 148 && n < 156 ? 32 : byte), 0);
  return {
    name: text(0, 100),
    size: Number.parseInt(text(124, 136), 8),
    mode: text(100, 108),
    magic: block.toString('latin1', 257, 265),
    sumHolds: Number.parseInt(text(148, 156), 8) === sum,
  };
}
