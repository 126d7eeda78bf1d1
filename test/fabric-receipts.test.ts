import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, fromHex } from '../ledger/core/bytes.ts';
import { type FabricReceipt, readFabricReceipt } from '../ledger/core/fabric/receipt.ts';
import { verifyFabricReceipt } from '../ledger/core/fabric/verify-receipt.ts';
import { portable } from '../ledger/core/primitives.ts';
import { nativePrimitives } from '../ledger/native-primitives.ts';
import { damageOf } from './support/damage.ts';
import { type FabricCase, readFabricCases } from './support/fabric-cases.ts';
import { describeFixture } from './support/fixtures.ts';
import {
  inWordsOfManifest,
  judgeFabricCase,
  recordedNetwork,
} from './support/judge-fabric-case.ts';

const native = nativePrimitives();

describeFixture('recorded blocks of a Fabric network', 'fabric-blocks/', (folder) => {
  const cases = readFabricCases(folder);
  const named = (name: string): FabricCase => {
    const found = cases.find((one) => one.name === name);
    if (found === undefined) throw new Error(`the manifest has a case ${name}`);
    return found;
  };

  it('are all there', () => {
    expect(cases).toHaveLength(52);
    expect(cases.filter(({ expected }) => expected.ok)).toHaveLength(12);
  });

  it.each(cases)('$name', (one) => {
    const { expected } = one;
    const allowed = expected.ok ? [`${expected.validity} ${expected.txId}`] : expected.codes;
    expect(allowed).toContain(inWordsOfManifest(judgeFabricCase(one, native)));
  });

  it('tell the same with cryptography in plain JavaScript', () => {
    for (const name of ['plain-300-with-statement', 'after-config-update', 'endorsement-high-s']) {
      expect(judgeFabricCase(named(name), portable)).toEqual(judgeFabricCase(named(name), native));
    }
  });

  it('tell who signed what and when', () => {
    const one = named('plain-300-with-statement');
    expect(judgeFabricCase(one, native)).toEqual({
      ok: true,
      origin: 'billproof.test/property-1',
      size: 300,
      root: fromHex(one.anchored.root),
      transactionId: '76209590f4e09b3bacb0201c1a8e4fe96a4283502bc1add962688e37bba7a899',
      blockNumber: 6,
      blockHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      index: 0,
      endorsers: ['AuditorMSP', 'PropertyMSP'],
      consenters: [2, 3, 4],
      quorum: 3,
      claimedTimeMs: Date.parse('2026-11-23T11:10:00.860Z'),
      validity: 'proven',
      network: 'real',
    });
  });

  describe('with random damage', () => {
    const good = readFabricReceipt(named('plain-300-with-statement').receipt, '');
    const { anchored, pinned } = named('plain-300-with-statement');
    const root = { ...anchored, root: fromHex(anchored.root) };
    const verify = (receipt: FabricReceipt) =>
      verifyFabricReceipt(receipt, root, recordedNetwork(pinned), native);
    const told = verify(good);
    const [genesis = new Uint8Array(0)] = good.config;
    const places = { block: good.block, config: genesis, validity: good.validity ?? genesis };
    const damaged = fc
      .constantFrom('block' as const, 'config' as const, 'validity' as const)
      .chain((place) => fc.tuple(fc.constant(place), damageOf(places[place])))
      .map(([place, bytes]) => ({ ...good, [place]: place === 'config' ? [bytes] : bytes }));

    it('never throw, and tell nothing else', () => {
      fc.assert(
        fc.property(damaged, (receipt) => {
          const verdict = verify(receipt);
          if (!verdict.ok) return;
          // A signature of one orderer too many may be damaged, and what nobody signs.
          expect(verdict).toEqual({ ...told, consenters: verdict.consenters });
        }),
        { numRuns: 600 },
      );
    });

    it('never throw as receipts of a bundle', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
          expect(verify({ ...good, block: bytes })).toMatchObject({ ok: false });
          expect(verify({ ...good, config: [genesis, bytes] })).toMatchObject({ ok: false });
          expect(verify({ ...good, validity: bytes })).toMatchObject({ ok: false });
        }),
      );
    });
  });

  it('lie in a bundle as base64 in its one spelling', () => {
    const { receipt } = named('plain-100');
    expect(readFabricReceipt(receipt, '').block).toEqual(fromBase64(receipt.block));
    const refused = [
      { ...receipt, block: '' },
      { ...receipt, block: `${receipt.block}\n` },
      { ...receipt, block: 'A'.repeat(1_398_108) },
      { ...receipt, channel: 'Anchors' },
      { ...receipt, chaincode: '' },
      { ...receipt, index: -1 },
      { ...receipt, config: Array.from({ length: 17 }, () => 'AAAA') },
      { ...receipt, validity: 7 },
      { ...receipt, flags: 'AAAA' },
    ];
    for (const value of refused) {
      expect(() => readFabricReceipt(value, '')).toThrowError(
        expect.objectContaining({ code: 'bad-shape' }),
      );
    }
  });
});
