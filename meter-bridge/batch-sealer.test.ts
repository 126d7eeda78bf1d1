import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseBatch, verifyBatch } from '../ledger/core/batch.ts';
import { parseDeviceJwk, publicKeyBytes } from '../ledger/core/device-key.ts';
import { portable } from '../ledger/core/primitives.ts';
import { parseReading, readingText } from '../ledger/core/reading.ts';
import { afterBatch, NEW_CHAIN, sealBatch } from './batch-sealer.ts';
import { afterRecord, NEW_METER } from './meter-state.ts';
import { recordMaker } from './test/sample-records.ts';

const VECTORS = z
  .object({
    readings: z.object({
      records: z.array(z.object({ record: z.string(), hash: z.string() })),
      deviceJwk: z.unknown(),
      thumbprint: z.string(),
      payload: z.string(),
      jws: z.string(),
    }),
  })
  .parse(
    JSON.parse(
      readFileSync(
        new URL('../../shared/fixtures/vectors/billproof/formats.json', import.meta.url),
        'utf8',
      ),
    ),
  ).readings;

describe('records and batches', () => {
  it('are written, hashed and chained as the published vectors', () => {
    let state = NEW_METER;
    for (const { record, hash } of VECTORS.records) {
      const reading = parseReading(record);
      expect([reading.seq, reading.prev]).toEqual([state.nextSeq, state.prev]);
      expect(readingText(reading)).toBe(record);
      state = afterRecord(state, reading, record);
      expect(state.prev).toBe(hash);
    }
    expect(state.shown).toEqual({ '1-0:1.8.0': '104.04' });
  });

  it('are signed over the bytes of the published vectors', () => {
    const { payload } = parseBatch(VECTORS.jws);
    const jwk = parseDeviceJwk(VECTORS.deviceJwk);
    const signed: string[] = [];
    const key = {
      jwk,
      kid: VECTORS.thumbprint,
      sign: (input: string) => {
        signed.push(input);
        return VECTORS.jws.split('.').at(-1) ?? '';
      },
    };
    const { bridge, epoch, software, map, config } = payload;
    const records = VECTORS.records.map(({ record }) => record);
    const identity = { bridge, epoch, software, map, config };
    const batch = sealBatch(key, identity, NEW_CHAIN, records, payload.at);
    expect(batch.payloadText).toBe(VECTORS.payload);
    expect(batch.jws).toBe(VECTORS.jws);
    expect(signed).toEqual([VECTORS.jws.split('.').slice(0, 2).join('.')]);
  });

  it('verify with the enrolled key and number on from the batch before', () => {
    const { key, batch } = recordMaker();
    const first = batch({ epoch: 3, chain: NEW_CHAIN, meters: new Map() }, ['m-1']);
    const chain = afterBatch(first);
    const second = parseBatch(batch({ epoch: 3, chain, meters: new Map() }, ['m-1', 'm-2']).jws);
    expect(verifyBatch(second, publicKeyBytes(key.jwk), portable)).toBe(true);
    const { payload } = second;
    expect([payload.batch, payload.prev, payload.count]).toEqual([1, chain.prev, 2]);
  });
});
