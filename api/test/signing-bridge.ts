import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  type BatchPayload,
  batchHash,
  batchPayloadText,
  batchSigningInput,
} from '../../ledger/core/batch.ts';
import { base64url, hex, utf8 } from '../../ledger/core/bytes.ts';
import { canonicalize } from '../../ledger/core/canonical-json.ts';
import { type DeviceJwk, parseDeviceJwk, thumbprint } from '../../ledger/core/device-key.ts';
import { rootOf } from '../../ledger/core/merkle.ts';
import { type Reading, readingText, ZERO_HASH } from '../../ledger/core/reading.ts';

/** The sending side of the protocol in little, for tests: one meter, one key, chains kept. */
export class SigningBridge {
  readonly bridge: string;
  readonly jwk: DeviceJwk;
  readonly #key: KeyObject;
  #batch = 0;
  #prevBatch = ZERO_HASH;
  /** Of the meter's records, in their order. */
  readonly #hashes: string[] = [];

  constructor(bridge: string, sameKey?: SigningBridge) {
    this.bridge = bridge;
    if (sameKey !== undefined) {
      this.jwk = sameKey.jwk;
      this.#key = sameKey.#key;
      return;
    }
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
    this.jwk = parseDeviceJwk({ crv, kty, x, y });
    this.#key = privateKey;
  }

  /** The same key, going on from before the last `back` records as if they had never been. */
  branchOff(back: number): SigningBridge {
    const branch = new SigningBridge(this.bridge, this);
    branch.#batch = this.#batch;
    branch.#prevBatch = this.#prevBatch;
    branch.#hashes.push(...this.#hashes.slice(0, this.#hashes.length - back));
    return branch;
  }

  /** What `POST …/enrol` takes. */
  enrolment(token: string): { token: string; jwk: DeviceJwk; proof: string } {
    const at = '2026-08-25T00:00:00.000Z';
    const claim = { at, bridge: this.bridge, token: sha256Hex(token), v: 1 };
    const input = [canonicalize({ alg: 'ES256' }), canonicalize(claim)]
      .map((part) => base64url(utf8(part)))
      .join('.');
    return { token, jwk: this.jwk, proof: this.#signed(input) };
  }

  /** The meter's next record. */
  record(fields: Pick<Reading, 'meter' | 'serial' | 'at'> & { readonly value: string }): string {
    const { value, ...rest } = fields;
    const text = readingText({
      ...{
        v: 1,
        bridge: this.bridge,
        epoch: 0,
        seq: this.#hashes.length,
        clock: 'S',
        uptimeMs: 1000,
      },
      ...{
        status: 'good',
        raw: '00',
        ratio: { ct: '1', pt: '1' },
        prev: this.#hashes.at(-1) ?? ZERO_HASH,
      },
      registers: { '1-0:1.8.0': { value, unit: 'kWh' } },
      ...rest,
    });
    this.#hashes.push(sha256Hex(text));
    return text;
  }

  /** What `POST …/batches` takes. */
  batch(records: readonly string[], at: string): { jws: string; records: readonly string[] } {
    const payload: BatchPayload = {
      ...{ v: 1, bridge: this.bridge, epoch: 0, batch: this.#batch, prev: this.#prevBatch, at },
      ...{ count: records.length, root: hex(rootOf(records.map(utf8))) },
      ...{ software: ZERO_HASH, map: ZERO_HASH, config: ZERO_HASH },
    };
    const text = batchPayloadText(payload);
    this.#batch += 1;
    this.#prevBatch = batchHash(text);
    return { jws: this.#signed(batchSigningInput(thumbprint(this.jwk), text)), records };
  }

  #signed(input: string): string {
    const mac = sign('sha256', Buffer.from(input), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return `${input}.${base64url(new Uint8Array(mac))}`;
  }
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
