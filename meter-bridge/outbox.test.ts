import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseReading } from '../ledger/core/reading.ts';
import type { SealedBatch } from './batch-sealer.ts';
import { type Files, realFiles } from './files.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import { recordMaker } from './test/sample-records.ts';

// Thousands of files are written, and no test asks the disk for anything: memory will do where it is one.
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
let dir: string;
let claimed: number[];
const maker = recordMaker();

beforeEach(() => {
  dir = mkdtempSync(join(place, 'outbox-'));
  claimed = [];
});
afterEach(() => rmSync(dir, { recursive: true }));

const log = () => join(dir, 'outbox.log');
const mark = () => join(dir, 'outbox.mark');

function open(options: Partial<OutboxOptions> = {}): Outbox {
  return Outbox.open({
    dir,
    known: { epoch: 1, begun: existsSync(log()) },
    claimEpoch: (epoch) => claimed.push(epoch),
    ...options,
  });
}

function append(outbox: Outbox, ...meters: string[]): SealedBatch {
  const batch = maker.batch(outbox.state, meters);
  outbox.append(batch);
  return batch;
}

/** Places that a batch uses up, with the text that stands there. */
function placesOf(batches: readonly Pick<SealedBatch, 'records'>[]): Map<string, string> {
  const places = new Map<string, string>();
  for (const text of batches.flatMap((batch) => batch.records)) {
    const { epoch, meter, seq } = parseReading(text);
    places.set(`${epoch}/${meter}/${seq}`, text);
  }
  return places;
}

function reusedPlaces(used: ReadonlyMap<string, string>, batch: SealedBatch): string[] {
  return [...placesOf([batch])]
    .filter(([place, text]) => used.has(place) && used.get(place) !== text)
    .map(([place]) => place);
}

describe('a disk without room for a second file', () => {
  it('keeps the old file, takes the next batch, and is written anew once there is room', () => {
    let isFull = false;
    const files: Files = {
      ...realFiles,
      open(path, flags) {
        const file = realFiles.open(path, flags);
        return {
          ...file,
          writeAt(bytes, position) {
            if (isFull && flags === 'w+' && position === 0)
              throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
            file.writeAt(bytes, position);
          },
        };
      },
    };
    const outbox = open({ files, compactBytes: 1 });
    append(outbox, 'm-1');
    append(outbox, 'm-1');
    isFull = true;
    outbox.acknowledge(1, new Map([['m-1', 0]]));
    expect(outbox.held.map(({ batch }) => batch)).toEqual([1]);
    const third = append(outbox, 'm-1');
    const fullBytes = outbox.sizeBytes;
    outbox.close();
    const again = open({ files, compactBytes: 1 });
    // The acknowledgement could not be noted, so what it named is sent once more.
    expect(again.held.map(({ batch }) => batch)).toEqual([0, 1, 2]);
    isFull = false;
    again.acknowledge(1, new Map([['m-1', 1]]));
    expect(again.held.map((held) => again.read(held))).toEqual([
      { jws: third.jws, records: third.records },
    ]);
    expect(again.sizeBytes).toBeLessThan(fullBytes);
    again.close();
  });
});

describe('an outbox in good health', () => {
  it('gives back, after a restart, every batch that it took, byte for byte, in order', () => {
    const first = open();
    const batches = [append(first, 'm-1', 'm-2'), append(first, 'm-1'), append(first, 'm-2')];
    first.close();
    const second = open();
    expect(second.held.map((held) => second.read(held))).toEqual(
      batches.map(({ jws, records }) => ({ jws, records })),
    );
    expect(second.state).toEqual(first.state);
    expect(second.lost).toBeUndefined();
    second.close();
  });

  it('lets go of a batch only when every one of its records is named', () => {
    const outbox = open();
    append(outbox, 'm-1', 'm-2');
    append(outbox, 'm-1', 'm-2');
    outbox.acknowledge(1, new Map([['m-1', 5]]));
    expect(outbox.held.map(({ batch }) => batch)).toEqual([0, 1]);
    outbox.acknowledge(
      1,
      new Map([
        ['m-1', 5],
        ['m-2', 0],
      ]),
    );
    expect(outbox.held.map(({ batch }) => batch)).toEqual([1]);
    outbox.acknowledge(
      2,
      new Map([
        ['m-1', 9],
        ['m-2', 9],
      ]),
    );
    expect(outbox.held.map(({ batch }) => batch)).toEqual([1]);
    outbox.close();
    const again = open();
    expect(again.held.map(({ batch }) => batch)).toEqual([1]);
    again.close();
  });

  it('keeps its file small once batches are acknowledged, and numbers on', () => {
    const outbox = open({ compactBytes: 2_000 });
    for (let i = 0; i < 40; i++) {
      append(outbox, 'm-1');
      outbox.acknowledge(1, new Map([['m-1', i]]));
    }
    const kept = append(outbox, 'm-1');
    expect(outbox.sizeBytes).toBeLessThan(8_000);
    outbox.close();
    const again = open();
    expect(again.state.chain.nextBatch).toBe(41);
    expect(again.state.meters.get('m-1')?.nextSeq).toBe(41);
    expect(again.held.map((held) => again.read(held).records)).toEqual([kept.records]);
    again.close();
  });

  it('refuses a batch when it is full, overwrites nothing, and takes it once there is room', () => {
    const outbox = open({ maxBytes: 3_500 });
    const first = append(outbox, 'm-1');
    const tooMuch = maker.batch(outbox.state, ['m-1', 'm-2', 'm-3', 'm-4']);
    const before = readFileSync(log());
    expect(() => outbox.append(tooMuch)).toThrow(expect.objectContaining({ code: 'storage-full' }));
    expect(readFileSync(log())).toEqual(before);
    expect(outbox.held.map((held) => outbox.read(held).records)).toEqual([first.records]);
    outbox.acknowledge(1, new Map([['m-1', 0]]));
    outbox.append(tooMuch);
    expect(outbox.held.map((held) => outbox.read(held).records)).toEqual([tooMuch.records]);
    outbox.close();
  });

  it('claims the epoch before the first record, and only then', () => {
    open().close();
    expect(claimed).toEqual([1]);
    open().close();
    expect(claimed).toEqual([1]);
  });
});

describe('an outbox after a power cut', () => {
  it('has the last batch whole or not at all, wherever its writing was cut', () => {
    const outbox = open();
    const earlier = [append(outbox, 'm-1', 'm-2'), append(outbox, 'm-1')];
    const stateBefore = outbox.state;
    const markBefore = readFileSync(mark());
    const cutFrom = readFileSync(log()).length;
    const last = append(outbox, 'm-2', 'm-1');
    const stateAfter = outbox.state;
    outbox.close();
    const whole = readFileSync(log());
    for (let cut = cutFrom; cut <= whole.length; cut++) {
      writeFileSync(log(), whole.subarray(0, cut));
      writeFileSync(mark(), markBefore);
      const again = open();
      const isWhole = cut === whole.length;
      expect(again.lost).toBeUndefined();
      expect(again.state).toEqual(isWhole ? stateAfter : stateBefore);
      expect(again.held.map((held) => again.read(held).records)).toEqual(
        [...earlier, ...(isWhole ? [last] : [])].map(({ records }) => records),
      );
      const next = append(again, 'm-1', 'm-2');
      expect(reusedPlaces(placesOf(isWhole ? [...earlier, last] : earlier), next)).toEqual([]);
      again.close();
    }
  });

  it('reads the same whichever byte of the mark a torn write spoiled', () => {
    const outbox = open();
    append(outbox, 'm-1');
    append(outbox, 'm-1');
    outbox.close();
    const files = { log: readFileSync(log()), mark: readFileSync(mark()) };
    for (let at = 0; at < files.mark.length; at++) {
      writeFileSync(mark(), flipped(files.mark, at));
      const again = open();
      expect([at, again.lost, again.state]).toEqual([at, undefined, outbox.state]);
      again.close();
    }
  });
});

describe('an outbox that has lost what was once durable', () => {
  /** Four batches that may all have been sent, the first acknowledged, the file compacted once. */
  function used() {
    const outbox = open({ compactBytes: 1 });
    const batches = [append(outbox, 'm-1', 'm-2'), append(outbox, 'm-1')];
    outbox.acknowledge(
      1,
      new Map([
        ['m-1', 0],
        ['m-2', 0],
      ]),
    );
    batches.push(append(outbox, 'm-2'), append(outbox, 'm-1'));
    outbox.close();
    const state = outbox.state;
    return { places: placesOf(batches), batches, state, log: readFileSync(log()) };
  }

  function expectSafe(before: ReturnType<typeof used>, where: string, markBytes: Buffer) {
    writeFileSync(mark(), markBytes);
    const again = open();
    const kept = again.held.map((held) => again.read(held));
    for (const { records } of kept) {
      expect(before.batches.map((batch) => batch.records)).toContainEqual(records);
    }
    if (again.lost === undefined) expect([where, again.state]).toEqual([where, before.state]);
    else expect([where, again.state.epoch]).toEqual([where, 2]);
    const next = append(again, 'm-1', 'm-2', 'm-3');
    expect([where, reusedPlaces(before.places, next)]).toEqual([where, []]);
    again.close();
    const twice = open({ known: { epoch: again.state.epoch, begun: true } });
    expect([where, twice.lost, twice.state]).toEqual([where, undefined, again.state]);
    expect(twice.held.map((held) => twice.read(held).records)).toEqual([
      ...kept.map(({ records }) => records),
      next.records,
    ]);
    twice.close();
    for (const name of readdirSync(dir)) rmSync(join(dir, name));
    return again.lost;
  }

  it('never uses a place twice, whichever byte the file was cut at', () => {
    const before = used();
    const markBytes = readFileSync(mark());
    for (let cut = 0; cut < before.log.length; cut++) {
      writeFileSync(log(), before.log.subarray(0, cut));
      expect(expectSafe(before, `cut at ${cut}`, markBytes)).toBeDefined();
    }
  }, 600_000);

  it('never uses a place twice, whichever byte was flipped', () => {
    const before = used();
    const markBytes = readFileSync(mark());
    for (let at = 0; at < before.log.length; at++) {
      writeFileSync(log(), flipped(before.log, at));
      expect(expectSafe(before, `flip at ${at}`, markBytes)).toBeDefined();
    }
  }, 600_000);

  it('opens a new epoch when its files are gone although the epoch was begun', () => {
    const outbox = open();
    append(outbox, 'm-1');
    outbox.close();
    rmSync(log());
    rmSync(mark());
    const again = open({ known: { epoch: 1, begun: true } });
    expect([again.state.epoch, again.lost]).toEqual([2, 'there is no state']);
    expect(claimed).toEqual([1, 2]);
    again.close();
  });

  it('opens a new epoch, and still holds what it held, when its mark was taken away', () => {
    const before = used();
    rmSync(mark());
    const again = open();
    expect([again.state.epoch, again.lost === undefined]).toEqual([2, false]);
    expect(again.held.map((held) => again.read(held).records)).toEqual(
      before.batches.slice(1).map(({ records }) => records),
    );
    again.close();
  });

  it('opens a new epoch when an older copy of the whole folder is put back', () => {
    const outbox = open();
    append(outbox, 'm-1');
    const copy = readFileSync(log());
    append(outbox, 'm-1');
    outbox.close();
    writeFileSync(log(), copy);
    const again = open();
    expect([again.state.epoch, again.lost]).toEqual([2, '2 batches were durable, 1 are known']);
    again.close();
  });

  it('keeps the damaged file as evidence and still sends the batches that are whole', () => {
    const outbox = open();
    const batches = [append(outbox, 'm-1'), append(outbox, 'm-1'), append(outbox, 'm-1')];
    const middle = outbox.held[1]?.offset ?? 0;
    outbox.close();
    const damaged = flipped(readFileSync(log()), middle + 40);
    writeFileSync(log(), damaged);
    const again = open();
    expect(again.state.epoch).toBe(2);
    expect(again.held.map((held) => again.read(held).records)).toEqual([
      batches[0]?.records,
      batches[2]?.records,
    ]);
    expect(readFileSync(`${log()}.damaged-before-2`)).toEqual(damaged);
    again.close();
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
  return copy;
}
