import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tariffV2 } from '../test/samples/tariffs-v2.ts';
import { SampleLedger, SITE, sampleTariff } from '../test/support/sample-ledger.ts';
import { KeyWrap } from './account-keys.ts';
import { buildBundle } from './bundle-builder.ts';
import { parseBundle } from './core/bundle.ts';
import { canonicalize } from './core/canonical-json.ts';
import { parseCheckpoint } from './core/checkpoint.ts';
import { parseTime } from './core/time.ts';
import { verifyBundle } from './core/verdict.ts';
import { fsck } from './fsck.ts';
import { readOrMakeKek } from './log-keys.ts';
import { OpenedKeys } from './opened-keys.ts';
import { ledgerPath } from './store/location.ts';
import { SqliteStore } from './store/sqlite/sqlite-store.ts';
import { readersPolicy, sitePolicy } from './witness/site-policy.ts';
import { loadSite } from './writer/load-site.ts';
import { answerQuery, type BillPlaces } from './writer/queries.ts';

describe('a bundle', () => {
  let sample: SampleLedger;
  const at = (time: string) => sample.ledger.setClock(parseTime(time));
  const publish = (version: number, validFrom: string) =>
    sample.ledger.execute({
      do: 'publish-tariff',
      site: SITE,
      tariff: sampleTariff(version, validFrom),
    });
  const read = (time: string, value: string) =>
    sample.send([sample.device.record({ meter: 'm-1', at: time, value })]);

  beforeEach(async () => {
    sample = await SampleLedger.make();
  });
  afterEach(() => sample.remove());

  /** Versions of the tariff in the bundle of a bill that must be verified. */
  async function versionsIn(statement: string): Promise<number[]> {
    const text = await sample.ledger.bundle(SITE, statement);
    expect([codesOf(text), verifyBundle(text, {}).overall]).toEqual([[], 'verified']);
    return parseBundle(text).site.flatMap(({ event }) => {
      const { type, data } = JSON.parse(event);
      return type === 'tariff.published' ? [data.tariff.version] : [];
    });
  }

  /** The bundle of a bill with one version of the tariff left out. */
  async function without(statement: string, version: number): Promise<string> {
    const bundle = parseBundle(await sample.ledger.bundle(SITE, statement));
    const site = bundle.site.filter(({ event }) => {
      const { type, data } = JSON.parse(event);
      return type !== 'tariff.published' || data.tariff.version !== version;
    });
    return canonicalize({ ...bundle, site });
  }

  it('holds each version that may be in force before its bill ends, used or not', async () => {
    await sample.account('a-1', 'm-1');
    await publish(2, '2026-08-20T00:00:00.000Z');
    await publish(3, '2026-08-31T16:00:00.000Z');
    await at('2026-07-31T16:00:00.000Z');
    await read('2026-08-01T00:00:00.000Z', '1.00');
    await read('2026-08-02T00:00:00.000Z', '2.00');
    await at('2026-08-31T17:00:00.000Z');
    expect(await versionsIn(await sample.statement('a-1', '2026-08'))).toEqual([1, 2]);
  });

  it('holds the version of an earlier part of an interval, which the bill before has charged', async () => {
    await sample.account('a-1', 'm-1');
    await publish(2, '2026-08-31T16:00:00.000Z');
    await at('2026-07-31T16:00:00.000Z');
    await read('2026-08-31T12:00:00.000Z', '1.00');
    await read('2026-09-01T02:00:00.000Z', '8.00');
    await at('2026-09-01T03:00:00.000Z');
    expect(await versionsIn(await sample.statement('a-1', '2026-08'))).toEqual([1, 2]);
    await read('2026-09-02T02:00:00.000Z', '9.00');
    await at('2026-09-30T17:00:00.000Z');
    const september = await sample.statement('a-1', '2026-09');
    expect(await versionsIn(september)).toEqual([1, 2]);
    expect(codesOf(await without(september, 1))).toEqual(['no-tariff']);
  });

  it('leaves out versions that had ended before its first reading', async () => {
    await sample.account('a-1', 'm-1');
    await publish(2, '2026-08-10T00:00:00.000Z');
    await publish(3, '2026-08-20T00:00:00.000Z');
    await at('2026-07-31T16:00:00.000Z');
    await read('2026-09-03T00:00:00.000Z', '1.00');
    await read('2026-09-04T00:00:00.000Z', '2.00');
    await at('2026-09-30T17:00:00.000Z');
    expect(await versionsIn(await sample.statement('a-1', '2026-09'))).toEqual([3]);
  });

  it('is made under a checkpoint from before a pool of its month was shared', async () => {
    const validFrom = '2026-07-31T16:00:00.000Z';
    const shares = [{ share: 'hall', kind: 'common-area', key: 'equal', pool: 'amount' }] as const;
    const tariff = tariffV2({ validFrom, id: 'house', shares: [...shares] });
    await sample.ledger.execute({ do: 'publish-tariff', site: SITE, tariff });
    await sample.ledger.execute({ do: 'open-account', site: SITE, account: 'a-1' });
    await sample.meter('a-1', 'm-1', 'house');
    await sample.ledger.execute({ do: 'open-account', site: SITE, account: 'a-2' });
    const on = { from: '2026-08', terms: { quantities: {} }, tariffs: ['house'] };
    await sample.ledger.execute({ do: 'set-terms', site: SITE, account: 'a-2', ...on });
    await at('2026-08-02T00:00:00.000Z');
    await read('2026-08-01T00:00:00.000Z', '1.00');
    await read('2026-08-02T00:00:00.000Z', '2.00');
    await at('2026-08-31T17:00:00.000Z');
    const statement = await sample.statement('a-1', '2026-08');
    expect(await versionsIn(statement)).toEqual([1]);
    const note = (await sample.ledger.checkpoint(SITE)) ?? '';
    const pool = { tariff: 'house', share: 'hall', month: '2026-08', pool: '10.000000' };
    await sample.ledger.execute({ do: 'share-pool', site: SITE, ...pool });
    const text = await bundleUnder(note, statement);
    expect(parseBundle(text).checkpoint).toBe(note);
    expect([codesOf(text), verifyBundle(text, {}).overall]).toEqual([[], 'verified']);
    const { dataDir } = sample.options;
    expect((await fsck({ dataDir })).findings).toEqual([]);
  });

  /** The bundle of a bill of a-1 as it is under an older checkpoint that witnesses have cosigned. */
  async function bundleUnder(note: string, id: string): Promise<string> {
    const [site] = sample.ledger.sites();
    const row = await sample.ledger.statement(SITE, id);
    await sample.ledger.close();
    const { dataDir } = sample.options;
    const wrap = new KeyWrap(readOrMakeKek(`${dataDir}/keys`));
    const store = new SqliteStore(ledgerPath(dataDir));
    if (site === undefined || row === undefined) throw new Error('a site with a bill');
    const state = loadSite(store, site, (...key) => wrap.unwrap(...key));
    const query = { site: SITE, ask: 'bill-places', account: 'a-1', period: row.period } as const;
    const keys = new OpenedKeys(store, wrap);
    const text = buildBundle(store, (owner, year) => keys.of(SITE, owner, year), {
      ...{ site, statement: { ...row, account: 'a-1' }, anchored: [] },
      policy: readersPolicy(sitePolicy({}, site)),
      places: answerQuery(state, query, 0) as BillPlaces,
      witnessed: { note, size: parseCheckpoint(note).size },
      ...{ datedBy: () => undefined, producedBy: 'tests', nowMs: 0 },
    });
    store.close();
    return text;
  }

  it('of a month without a meter, or without use, is verified', async () => {
    await sample.ledger.execute({ do: 'open-account', site: SITE, account: 'a-2', name: 'Vacant' });
    await sample.account('a-1', 'm-1');
    await at('2026-08-31T17:00:00.000Z');
    expect(await versionsIn(await sample.statement('a-2', '2026-08'))).toEqual([]);
    expect(await versionsIn(await sample.statement('a-1', '2026-08'))).toEqual([]);
  });
});

/** The main reason of each layer that failed. */
function codesOf(text: string): (string | undefined)[] {
  const failed = verifyBundle(text, {}).layers.filter(({ status }) => status === 'failed');
  return failed.map(({ findings }) => findings[0]?.code);
}
