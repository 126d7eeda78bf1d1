import { p256 } from '@noble/curves/nist.js';
import { batchPayloadText, batchSigningInput } from '../../ledger/core/batch.ts';
import { base64url, hex, utf8 } from '../../ledger/core/bytes.ts';
import { type DeviceJwk, thumbprint } from '../../ledger/core/device-key.ts';
import type { RegisterRef } from '../../ledger/core/event-data.ts';
import { rootOf } from '../../ledger/core/merkle.ts';
import { sha256 } from '../../ledger/core/primitives.ts';
import { type Reading, readingText, ZERO_HASH } from '../../ledger/core/reading.ts';
import { auditPath } from '../reference/rfc6962.ts';

export interface ForgedRecord {
  readonly reading: Reading;
  readonly text: string;
  readonly hash: string;
  refOf(register: string): RegisterRef;
}

export const REGISTER = '1-0:1.8.0';

/** A bridge's key and chains in the hands of an attacker. Deterministic. */
export class ForgedDevice {
  readonly bridge: string;
  readonly jwk: DeviceJwk;
  readonly kid: string;
  readonly #secret: Uint8Array;
  readonly records: ForgedRecord[] = [];
  epoch = 1;

  constructor(bridge: string, seed = bridge) {
    this.bridge = bridge;
    this.#secret = sha256(utf8(`forged device ${seed}`));
    const point = p256.getPublicKey(this.#secret, false);
    this.jwk = {
      ...{ crv: 'P-256', kty: 'EC' },
      x: base64url(point.slice(1, 33)),
      y: base64url(point.slice(33)),
    };
    this.kid = thumbprint(this.jwk);
  }

  /** Next record of a meter's chain; without a value it is a failed poll. */
  read(meter: string, at: string, value?: string, lie: Partial<Reading> = {}): ForgedRecord {
    const last = this.records.findLast(({ reading }) => reading.meter === meter)?.reading;
    const goesOn = last?.epoch === this.epoch;
    const before = this.records.findLast(({ reading }) => reading.meter === meter);
    const registers = { [REGISTER]: { unit: 'kWh', value: value ?? '' } };
    return this.add({
      v: 1,
      ...{ bridge: this.bridge, epoch: this.epoch, meter, serial: `S-${meter}` },
      seq: goesOn ? last.seq + 1 : 0,
      ...{ at, clock: 'S', uptimeMs: 1000, status: value === undefined ? 'timeout' : 'good' },
      ...(value === undefined ? {} : { registers, raw: '00000000' }),
      ratio: { ct: '10', pt: '1' },
      prev: goesOn ? (before?.hash ?? ZERO_HASH) : ZERO_HASH,
      ...lie,
    });
  }

  add(reading: Reading): ForgedRecord {
    const text = readingText(reading);
    const hash = hex(sha256(utf8(text)));
    const { seq, at } = reading;
    const refOf = (register: string) => {
      const value = reading.registers?.[register]?.value ?? '0';
      return { seq, at, value, hash };
    };
    const record = { reading, text, hash, refOf };
    this.records.push(record);
    return record;
  }

  /** A meter's records from one to another, both included. */
  between(meter: string, from: string, to: string): ForgedRecord[] {
    const own = this.records.filter(({ reading }) => reading.meter === meter);
    const start = own.findIndex(({ hash }) => hash === from);
    return own.slice(start, own.findIndex(({ hash }) => hash === to) + 1);
  }

  /** A batch over all records of an epoch, with the path of one of them. */
  signed(record: ForgedRecord, epoch = record.reading.epoch, bridge = this.bridge) {
    const all = this.records.filter(({ reading }) => reading.epoch === record.reading.epoch);
    const bytes = all.map(({ text }) => utf8(text));
    const index = all.findIndex(({ hash }) => hash === record.hash);
    const payload = batchPayloadText({
      v: 1,
      ...{ bridge, epoch, batch: 0, prev: ZERO_HASH },
      ...{ count: all.length, root: hex(rootOf(bytes)) },
      ...{ software: 'a'.repeat(64), map: 'b'.repeat(64), config: 'c'.repeat(64) },
      at: '2026-09-30T16:00:05.000Z',
    });
    const input = batchSigningInput(this.kid, payload);
    const signature = base64url(p256.sign(utf8(input), this.#secret));
    return { jws: `${input}.${signature}`, index, path: auditPath(index, bytes).map(hex) };
  }
}
