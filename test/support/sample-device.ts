import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { batchHash, batchPayloadText, batchSigningInput } from '../../ledger/core/batch.ts';
import { hex } from '../../ledger/core/bytes.ts';
import { canonicalize } from '../../ledger/core/canonical-json.ts';
import { type DeviceJwk, parseDeviceJwk, thumbprint } from '../../ledger/core/device-key.ts';
import { rootOf } from '../../ledger/core/merkle.ts';
import { type Reading, readingText, ZERO_HASH } from '../../ledger/core/reading.ts';

export interface SignedBatch {
  readonly jws: string;
  readonly records: readonly string[];
}

type Sample = Pick<Reading, 'meter' | 'at'> & Partial<Reading> & { readonly value?: string };

/** A device key with the chains that a bridge keeps, for tests that need no bridge process. */
export class SampleDevice {
  readonly bridge: string;
  readonly jwk: DeviceJwk;
  readonly #key: KeyObject;
  readonly #chains = new Map<string, { seq: number; prev: string }>();
  epoch = 0;
  #batch = 0;
  #prevBatch = ZERO_HASH;

  /** `pem` continues with the key of another process's device. */
  constructor(bridge: string, pem?: string) {
    this.bridge = bridge;
    this.#key =
      pem === undefined
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
        : createPrivateKey(pem);
    const { crv, kty, x, y } = createPublicKey(this.#key).export({ format: 'jwk' });
    this.jwk = parseDeviceJwk({ crv, kty, x, y });
  }

  get pem(): string {
    return this.#key.export({ format: 'pem', type: 'pkcs8' }).toString();
  }

  /** Proof that this device holds its key, for an enrolment token. */
  enrolmentProof(token: string): string {
    const hashed = createHash('sha256').update(token).digest('hex');
    const at = '2026-07-31T15:00:00.000Z';
    return this.jws(canonicalize({ v: 1, bridge: this.bridge, token: hashed, at }));
  }

  /** Next record of a meter's chain; `value` is short for a good 1-0:1.8.0 register in kWh. */
  record(sample: Sample): string {
    const { value, ...fields } = sample;
    const chain = this.#chains.get(sample.meter) ?? { seq: -1, prev: ZERO_HASH };
    const text = readingText({
      v: 1,
      bridge: this.bridge,
      epoch: this.epoch,
      serial: `S-${sample.meter}`,
      seq: chain.seq + 1,
      clock: 'S',
      uptimeMs: 1000,
      status: 'good',
      ratio: { ct: '1', pt: '1' },
      prev: chain.prev,
      ...(value === undefined
        ? {}
        : { registers: { '1-0:1.8.0': { unit: 'kWh', value } }, raw: '00000000' }),
      ...fields,
    });
    const prev = createHash('sha256').update(text).digest('hex');
    this.#chains.set(sample.meter, { seq: chain.seq + 1, prev });
    return text;
  }

  /** Signs records as the next batch. */
  batch(records: readonly string[], at = '2026-01-01T00:00:00.000Z'): SignedBatch {
    const payload = batchPayloadText({
      v: 1,
      bridge: this.bridge,
      epoch: this.epoch,
      batch: this.#batch,
      prev: this.#prevBatch,
      count: records.length,
      root: hex(rootOf(records.map((text) => Buffer.from(text)))),
      software: 'a'.repeat(64),
      map: 'b'.repeat(64),
      config: 'c'.repeat(64),
      at,
    });
    this.#batch += 1;
    this.#prevBatch = batchHash(payload);
    return { jws: this.jws(payload), records };
  }

  /** Compact JWS by the device key over a payload text. */
  jws(payload: string): string {
    const input = batchSigningInput(thumbprint(this.jwk), payload);
    const key = { key: this.#key, dsaEncoding: 'ieee-p1363' } as const;
    return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
  }
}
