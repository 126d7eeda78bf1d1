import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { FabricConnection } from '../../ledger/anchor/fabric/connection.ts';
import { fromHex } from '../../ledger/core/bytes.ts';
import { ID } from '../../ledger/core/shape.ts';
import { CHAINCODE, CHANNEL } from '../../ledger/core/trusted-anchor.ts';
import { type Complain, readSettingsFile } from './settings-file.ts';

const FILE = z.string().min(1);
/** Paths are relative to the file itself. */
const CONNECTION = z.strictObject({
  gateway: z.string().regex(/^[^\s/]+:[0-9]{1,5}$/, 'host:port is expected'),
  channel: z.string().regex(CHANNEL),
  chaincode: z.string().regex(CHAINCODE),
  mspId: z.string().regex(ID),
  certificate: FILE,
  key: FILE,
  tls: z.strictObject({ rootCertificate: FILE, hostname: z.string().optional() }).optional(),
  endorsement: z.strictObject({
    // As a trust file can say it: readers refuse another, and with it every bill.
    threshold: z.int().min(1).max(99),
    organisations: z.array(z.string().regex(ID)).min(1),
  }),
  pinned: z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits are expected'),
  pinnedBlock: z.int().min(0).default(0),
});

/** The connection that a file describes. What is wrong with it goes to `complain`; nothing of a key does. */
export function readFabricConnection(
  path: string,
  complain: Complain,
): FabricConnection | undefined {
  const file = readSettingsFile(path, CONNECTION, complain);
  if (file === undefined) return undefined;
  const { settings, read } = file;
  const { gateway, channel, chaincode, mspId, endorsement, pinned, pinnedBlock, tls } = settings;
  if (endorsement.threshold > endorsement.organisations.length) {
    complain('endorsement.threshold: more than there are organisations');
  }
  if (new Set(endorsement.organisations).size < endorsement.organisations.length) {
    complain('endorsement.organisations: each once');
  }
  const readCertificate = (name: string): string => {
    const pem = read(name);
    if (pem !== '' && certificateIn(pem) === undefined)
      complain(`${name} is no certificate in PEM`);
    return pem;
  };
  const certificate = readCertificate(settings.certificate);
  const key = read(settings.key);
  const secret = keyIn(key);
  if (key !== '' && secret === undefined) {
    complain(`${settings.key} is no private key of P-256 in PEM`);
  } else if (
    secret !== undefined &&
    certificateIn(certificate)?.checkPrivateKey(secret) === false
  ) {
    complain(`${settings.key} is not the key of ${settings.certificate}`);
  }
  return {
    address: gateway,
    tls: tls && { ...tls, rootCertificate: readCertificate(tls.rootCertificate) },
    identity: { mspId, certificate, key },
    network: { channel, chaincode, endorsement, pinned: fromHex(pinned) },
    pinnedBlock,
  };
}

function certificateIn(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Without the error, which may tell what stands there. */
function keyIn(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
}
