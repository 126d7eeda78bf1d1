import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ChaincodeAddress } from './server.ts';

/**
 * Reads the environment that Fabric's own samples use for chaincode as a service. All keys that are
 * wrong are told at once.
 */
export function readChaincodeConfig(env: NodeJS.ProcessEnv): ChaincodeAddress {
  const read = environment.safeParse(env);
  if (!read.success) throw new Error(`The environment is wrong.\n${z.prettifyError(read.error)}`);
  const {
    CHAINCODE_SERVER_ADDRESS: address,
    CHAINCODE_ID: packageId,
    CHAINCODE_TLS_KEY: key,
    CHAINCODE_TLS_CERT: certificate,
    CHAINCODE_CLIENT_CA_CERT: clientAuthority,
  } = read.data;
  if (key === undefined || certificate === undefined || clientAuthority === undefined) {
    return { address, packageId };
  }
  return {
    address,
    packageId,
    tls: {
      key: readFileSync(key),
      certificate: readFileSync(certificate),
      clientAuthority: readFileSync(clientAuthority),
    },
  };
}

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\]):/;

const environment = z
  .object({
    CHAINCODE_SERVER_ADDRESS: z.string().regex(/^.+:\d{1,5}$/, 'write <host>:<port>'),
    CHAINCODE_ID: z.string().min(1, 'write the package ID that the lifecycle printed'),
    CHAINCODE_TLS_KEY: z.string().optional(),
    CHAINCODE_TLS_CERT: z.string().optional(),
    CHAINCODE_CLIENT_CA_CERT: z.string().optional(),
  })
  .refine(
    (env) => countTlsFiles(env) !== 1 && countTlsFiles(env) !== 2,
    'CHAINCODE_TLS_KEY, CHAINCODE_TLS_CERT and CHAINCODE_CLIENT_CA_CERT belong together',
  )
  .refine(
    (env) => countTlsFiles(env) === 3 || LOOPBACK.test(env.CHAINCODE_SERVER_ADDRESS),
    'beyond this machine the stream needs TLS: give the three files, or serve on 127.0.0.1',
  );

function countTlsFiles(env: {
  readonly CHAINCODE_TLS_KEY?: string | undefined;
  readonly CHAINCODE_TLS_CERT?: string | undefined;
  readonly CHAINCODE_CLIENT_CA_CERT?: string | undefined;
}): number {
  const files = [env.CHAINCODE_TLS_KEY, env.CHAINCODE_TLS_CERT, env.CHAINCODE_CLIENT_CA_CERT];
  return files.filter((file) => file !== undefined).length;
}
