import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { FabricConnection } from '../../ledger/anchor/fabric/connection.ts';
import { fromHex } from '../../ledger/core/bytes.ts';
import { CHAINCODE, CHANNEL } from '../../ledger/core/trusted-anchor.ts';

const FILE = z.string().min(1);
/** Paths are relative to the file itself. */
const CONNECTION = z.strictObject({
  gateway: z.string().regex(/^[^\s/]+:[0-9]{1,5}$/, 'host:port is expected'),
  channel: z.string().regex(CHANNEL),
  chaincode: z.string().regex(CHAINCODE),
  mspId: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  certificate: FILE,
  key: FILE,
  tls: z.strictObject({ rootCertificate: FILE, hostname: z.string().optional() }).optional(),
  endorsement: z.strictObject({
    threshold: z.int().min(1),
    organisations: z.array(z.string().regex(/^[A-Za-z0-9._-]{1,64}$/)).min(1),
  }),
  pinned: z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits are expected'),
  pinnedBlock: z.int().min(0).default(0),
});

/** The connection that a file describes. What is wrong with it goes to `complain`; nothing of a key does. */
export function readFabricConnection(
  path: string,
  complain: (problem: string) => void,
): FabricConnection | undefined {
  const read = (name: string): string => {
    try {
      return readFileSync(resolve(dirname(path), name), 'utf8');
    } catch {
      complain(`${name} cannot be read`);
      return '';
    }
  };
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    complain('the file cannot be read as JSON');
    return undefined;
  }
  const parsed = CONNECTION.safeParse(value);
  if (!parsed.success) {
    for (const { path: at, message } of parsed.error.issues)
      complain(`${at.join('.')}: ${message}`);
    return undefined;
  }
  const { gateway, channel, chaincode, mspId, endorsement, pinned, pinnedBlock, tls } = parsed.data;
  if (endorsement.threshold > endorsement.organisations.length) {
    complain('endorsement.threshold: more than there are organisations');
  }
  return {
    address: gateway,
    tls: tls && { ...tls, rootCertificate: read(tls.rootCertificate) },
    identity: { mspId, certificate: read(parsed.data.certificate), key: read(parsed.data.key) },
    network: { channel, chaincode, endorsement, pinned: fromHex(pinned) },
    pinnedBlock,
  };
}
