import { KeyWrap } from '../../ledger/account-keys.ts';
import { fromBase64url } from '../../ledger/core/bytes.ts';
import { thumbprint } from '../../ledger/core/device-key.ts';
import { formatVerifierKey } from '../../ledger/core/signed-note.ts';
import { parseTime } from '../../ledger/core/time.ts';
import { readOrMakeKek, readOrMakeLogKey } from '../../ledger/log-keys.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import type { NoteSigner } from '../../ledger/note-signer.ts';
import type { Store } from '../../ledger/store/port.ts';
import { verifyIncomingBatch } from '../../ledger/verify-batch.ts';
import type { BatchAnswer } from '../../ledger/writer/accept-batch.ts';
import type { Command } from '../../ledger/writer/messages.ts';
import { Writer } from '../../ledger/writer/writer.ts';
import { SampleDevice, type SignedBatch } from './sample-device.ts';
import { ORIGIN, SITE, sampleTariff } from './sample-ledger.ts';

/** A writer as its thread has one, on any store, with the device that sends to it. */
export class WritingOffice {
  readonly store: Store;
  readonly writer: Writer;
  readonly device: SampleDevice;
  /** The time that the writer takes for now. */
  nowMs = parseTime('2026-07-31T15:59:00.000Z');
  readonly #keysDir: string;

  /** `device` goes on with the chains of an office before. */
  constructor(store: Store, keysDir: string, device = new SampleDevice('br-1')) {
    const wrap = new KeyWrap(readOrMakeKek(keysDir));
    this.store = store;
    this.device = device;
    this.#keysDir = keysDir;
    this.writer = new Writer({
      store,
      now: () => this.nowMs,
      wrap: (site, account, year, key) => wrap.wrap(site, account, year, key),
      unwrap: (site, account, year, wrapped) => wrap.unwrap(site, account, year, wrapped),
      primitives: nativePrimitives(),
    });
  }

  /** Creates the site with a tariff, the device's key, and an account for each meter. */
  open(meters: readonly string[]): void {
    const row = { site: SITE, origin: ORIGIN, currency: 'CNY', zone: 'Asia/Shanghai' };
    this.store.createSite({ ...row, vkey: formatVerifierKey(this.signer().key) }, this.nowMs);
    this.writer.openSite(SITE);
    this.ask({ do: 'publish-tariff', site: SITE, tariff: sampleTariff() });
    const token = String(this.ask({ do: 'create-bridge', site: SITE, bridge: 'br-1' })['token']);
    const { jwk } = this.device;
    const proof = this.device.enrolmentProof(token);
    this.ask({ do: 'enrol-device', site: SITE, bridge: 'br-1', token, jwk, proof });
    for (const [i, meter] of meters.entries()) {
      const account = `a-${i + 1}`;
      this.ask({ do: 'open-account', site: SITE, account, name: 'Tenant & Co' });
      this.ask({
        ...{ do: 'install-meter', site: SITE, account, meter, serial: `S-${meter}` },
        ...{ bridge: 'br-1', register: '1-0:1.8.0', unit: 'kWh', wallet: 'electricity' },
        ...{ ct: '1', pt: '1', tariff: 'office', modulus: '1000000.00' },
      });
    }
  }

  /** Signs for the site's log as it is called now. */
  signer(): NoteSigner {
    const origin = this.store.sites().find(({ site }) => site === SITE)?.origin ?? ORIGIN;
    return readOrMakeLogKey(this.#keysDir, SITE, origin);
  }

  ask(command: Command) {
    const outcome = this.writer.take(command);
    if (!outcome.ok) throw outcome.refusal;
    this.writer.commit();
    return outcome.result;
  }

  /** Takes a batch as the service does; on the store's disk when it returns. */
  send({ jws, records }: SignedBatch): BatchAnswer {
    const { x, y } = this.device.jwk;
    const publicKey = Buffer.concat([fromBase64url(x), fromBase64url(y)]);
    const key = { kid: thumbprint(this.device.jwk), publicKey };
    const primitives = nativePrimitives();
    const batch = verifyIncomingBatch(SITE, 'br-1', jws, records, () => key, primitives);
    const outcome = this.writer.takeBatch(batch);
    if (!outcome.ok) throw outcome.refusal;
    this.writer.commit();
    return { accepted: {}, known: 0, wanted: {}, ...outcome.result };
  }

  /** The tree as it is committed. */
  tree() {
    const state = this.writer.sites.get(SITE);
    if (state === undefined) throw new Error('the site is there');
    return { size: state.size, root: state.tree.root() };
  }
}
