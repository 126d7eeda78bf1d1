import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { BlockFile } from './block-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'billproof-blocks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const blocks = ['genesis', 'one', 'the second block'].map((text) => Buffer.from(text));
const readAll = async (file: BlockFile) => {
  const texts: string[] = [];
  for (let n = 0; n < file.count; n += 1) texts.push(`${await file.read(n)}`);
  return texts;
};
const write = async (path: string) => {
  const file = await BlockFile.open(path);
  for (const block of blocks) await file.append(block);
  await file.close();
};

test('blocks are read as they were written, and none beyond', async () => {
  const path = join(folder, 'whole');
  await write(path);
  const file = await BlockFile.open(path);
  expect(await readAll(file)).toEqual(['genesis', 'one', 'the second block']);
  expect(await file.read(3)).toBeUndefined();
  await file.close();
});

test('cut at any byte, the whole blocks before it are left, and more can follow', async () => {
  const whole = join(folder, 'to-cut');
  await write(whole);
  const bytes = readFileSync(whole);
  const path = join(folder, 'cut');
  const counts: number[] = [];
  for (let length = 0; length <= bytes.length; length += 1) {
    writeFileSync(path, bytes.subarray(0, length));
    const file = await BlockFile.open(path);
    counts.push(file.count);
    const kept = await readAll(file);
    await file.append(Buffer.from('next'));
    await file.close();
    const again = await BlockFile.open(path);
    expect(await readAll(again)).toEqual([...kept, 'next']);
    await again.close();
  }
  const ends = [0, 19, 34, 62];
  expect(counts).toEqual(counts.map((_, length) => ends.filter((end) => end <= length).length - 1));
  expect(bytes.length).toBe(62);
});

test('a bent last block is cut off', async () => {
  const path = join(folder, 'bent');
  await write(path);
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  writeFileSync(path, bytes);
  const file = await BlockFile.open(path);
  expect(await readAll(file)).toEqual(['genesis', 'one']);
  await file.close();
});

test('a bent block before others is told, and nothing is cut off', async () => {
  const path = join(folder, 'damaged');
  await write(path);
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(33) ^ 1, 33);
  writeFileSync(path, bytes);
  await expect(BlockFile.open(path)).rejects.toThrow('Block 1 of the file is damaged');
  expect(readFileSync(path)).toEqual(bytes);
});
