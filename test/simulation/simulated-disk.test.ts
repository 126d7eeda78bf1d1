import { describe, expect, it } from 'vitest';
import type { Files } from '../../meter-bridge/files.ts';
import { Life } from './life.ts';
import { Random } from './random.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { SimulatedTime } from './simulated-time.ts';

const FOLDER = '/data';
const FILE = '/data/outbox.log';

function machine(seed: number): { disk: SimulatedDisk; files: Files; life: Life } {
  const disk = new SimulatedDisk(new Random(seed));
  const life = new Life(new SimulatedTime(), () => undefined);
  return { disk, life, files: disk.files(life) };
}

describe('a disk whose power fails', () => {
  it('has what was synced, and of the rest any part', () => {
    const found = new Set<string>();
    for (let seed = 0; seed < 60; seed += 1) {
      const { disk, files } = machine(seed);
      const file = files.open(FILE, 'w+');
      file.writeAt(Buffer.from('safe'), 0);
      file.sync();
      file.writeAt(Buffer.from('lost'), 4);
      disk.cutPower();
      const text = files.read(FILE).toString();
      expect('safelost'.startsWith(text) && text.startsWith('safe')).toBe(true);
      found.add(text);
    }
    expect(found.has('safe')).toBe(true);
    expect(found.has('safelost')).toBe(true);
    expect(found.size).toBeGreaterThan(2);
  });

  it('has the old name or the new one until the folder is synced', () => {
    const found = new Set<string>();
    for (let seed = 0; seed < 40; seed += 1) {
      const { disk, files } = machine(seed);
      for (const text of ['old', 'new']) {
        const file = files.open(`${FILE}.${text}`, 'w+');
        file.writeAt(Buffer.from(text), 0);
        file.sync();
        files.rename(`${FILE}.${text}`, FILE);
        if (text === 'old' || seed % 2 === 0) files.syncFolder(FOLDER);
      }
      disk.cutPower();
      const text = files.read(FILE).toString();
      if (seed % 2 === 0) expect(text).toBe('new');
      else found.add(text);
    }
    expect([...found].sort()).toEqual(['new', 'old']);
  });

  it('loses what it only pretended to sync', () => {
    const texts = Array.from({ length: 40 }, (_, seed) => {
      const { disk, files } = machine(seed);
      const file = files.open(FILE, 'w+');
      file.sync();
      disk.faults.lies = true;
      file.writeAt(Buffer.from('kept?'), 0);
      file.sync();
      disk.cutPower();
      return files.read(FILE).toString();
    });
    expect(texts).toContain('');
    expect(texts).toContain('kept?');
  });

  it('does nothing for a process that has ended', () => {
    const { files, life } = machine(1);
    const file = files.open(FILE, 'w+');
    life.end();
    expect(() => file.writeAt(Buffer.from('a'), 0)).toThrow('it has ended');
    expect(() => files.open(FILE, 'r+')).toThrow('it has ended');
  });
});
