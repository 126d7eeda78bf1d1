import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SampleLedger, SITE } from '../test/support/sample-ledger.ts';
import { signedLog } from '../test/support/signed-log.ts';
import { parseCheckpoint } from './core/checkpoint.ts';
import { parseTilePath } from './core/tiles.ts';
import { fsckLog } from './fsck-log.ts';

describe('fsck of a public log', () => {
  let sample: SampleLedger;
  let vkey: string;

  beforeAll(async () => {
    sample = await SampleLedger.make();
    await sample.account('a-1', 'm-1');
    await sample.ledger.setClock(Date.parse('2026-07-31T16:00:00.000Z'));
    await sample.readings(['m-1'], '2026-07-31T16:00:00.000Z', 600);
    vkey = sample.ledger.site(SITE)?.vkey ?? '';
    // A bill asked for makes a checkpoint over everything; here a start does.
    await sample.reopen();
  });
  afterAll(async () => {
    await sample.ledger.close();
    rmSync(sample.dir, { recursive: true });
  });

  async function read(path: string): Promise<Uint8Array | undefined> {
    if (path === 'checkpoint') return Buffer.from((await sample.ledger.checkpoint(SITE)) ?? '');
    const tile = parseTilePath(path);
    const { index, width } = tile;
    return tile.kind === 'entries'
      ? await sample.ledger.entriesTile(SITE, index, width)
      : await sample.ledger.hashTile(SITE, tile.level, index, width);
  }

  /** The log, but for one file. */
  const but = (path: string, change: (bytes: Uint8Array) => Uint8Array | undefined) => {
    let changed = 0;
    return async (asked: string) => {
      const bytes = await read(asked);
      if (asked !== path || bytes === undefined) return bytes;
      changed += 1;
      expect(changed).toBe(1);
      return change(Uint8Array.from(bytes));
    };
  };
  const flip = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte));

  it('finds nothing in a sound log', async () => {
    const { ms, ...report } = await fsckLog(read, vkey);
    expect(report).toEqual({
      origin: 'ledger.example/log/tower',
      size: 604,
      tiles: 7,
      findings: [],
    });
    expect(ms).toBeGreaterThanOrEqual(0);
  });

  const changes: [
    path: string,
    codes: string[],
    change: (bytes: Uint8Array) => Uint8Array | undefined,
  ][] = [
    ['tile/entries/001', ['checkpoint-root', 'tile-differs'], flip],
    [
      'tile/entries/002.p/92',
      ['checkpoint-root', 'entry-differs', 'tile-differs'],
      (bytes) => bytes.slice(1),
    ],
    ['tile/entries/000', ['checkpoint-root', 'tile-differs', 'tile-missing'], () => undefined],
    ['tile/0/000', ['tile-differs'], flip],
    ['tile/1/000.p/2', ['tile-differs'], flip],
    ['tile/1/000.p/2', ['tile-missing'], () => undefined],
  ];
  it.each(changes)('finds a change of %s (%s)', async (path, codes, change) => {
    const { findings } = await fsckLog(but(path, change), vkey);
    expect([...new Set(findings.map(({ code }) => code))].sort()).toEqual(codes);
  });

  it('finds a checkpoint that another key has signed, or another tree', async () => {
    const newest = (await sample.ledger.checkpoint(SITE)) ?? '';
    const other = newest.replace('\n604\n', '\n603\n');
    const { findings } = await fsckLog(
      async (path) => (path === 'checkpoint' ? Buffer.from(other) : await read(path)),
      vkey,
    );
    expect(findings.map(({ code }) => code)).toEqual(['checkpoint-invalid', 'checkpoint-root']);
  });

  it('compares with checkpoints that its log has signed, and with no others', async () => {
    const own = parseCheckpoint((await sample.ledger.checkpoint(SITE)) ?? '');
    const sound = await fsckLog(read, vkey, { known: [own, own] });
    expect(sound.findings).toEqual([]);
    const forged = parseCheckpoint(signedLog(own.origin).checkpoint(5));
    const asked = fsckLog(read, vkey, { known: [own, forged] });
    await expect(asked).rejects.toMatchObject({ code: 'known-not-signed', params: { size: 5 } });
  });

  it('refuses what is no log', async () => {
    await expect(fsckLog(async () => undefined, vkey)).rejects.toMatchObject({
      code: 'log-unreadable',
    });
    await expect(fsckLog(async () => new Uint8Array(3), vkey)).rejects.toMatchObject({
      name: 'Refusal',
    });
  });
});
