import { generateKeyPairSync } from 'node:crypto';
import { type Reading, readingText } from '../../ledger/core/reading.ts';
import { formatTime } from '../../ledger/core/time.ts';
import { type BatchChain, type SealedBatch, sealBatch } from '../batch-sealer.ts';
import { afterRecord, type MeterState, NEW_METER } from '../meter-state.ts';
import { signingKeyOf } from '../signing-key.ts';

const HASH = 'ab'.repeat(32);
const START = Date.UTC(2026, 8, 1);

/** Makes valid records and batches without a meter, from whatever state an outbox tells. */
export function recordMaker() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = signingKeyOf(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  let count = 0;
  const record = (states: Map<string, MeterState>, epoch: number, meter: string): string => {
    const state = states.get(meter) ?? NEW_METER;
    count += 1;
    const reading: Reading = {
      v: 1,
      bridge: 'br-1',
      epoch,
      meter,
      serial: '1000',
      seq: state.nextSeq,
      // Never the same twice, so that a place used twice shows as two hashes.
      at: formatTime(START + count * 1_000),
      clock: 'S',
      uptimeMs: count,
      status: 'good',
      registers: { '1-0:1.8.0': { unit: 'kWh', value: `${count}.00` } },
      raw: '00',
      ratio: { ct: '1', pt: '1' },
      prev: state.prev,
    };
    const text = readingText(reading);
    states.set(meter, afterRecord(state, reading, text));
    return text;
  };
  const batch = (
    state: {
      readonly epoch: number;
      readonly chain: BatchChain;
      readonly meters: ReadonlyMap<string, MeterState>;
    },
    meters: readonly string[],
  ): SealedBatch => {
    const states = new Map(state.meters);
    const records = meters.map((meter) => record(states, state.epoch, meter));
    const { epoch, chain } = state;
    const identity = { bridge: 'br-1', epoch, software: HASH, map: HASH, config: HASH };
    return sealBatch(key, identity, chain, records, formatTime(START));
  };
  return { key, batch };
}
