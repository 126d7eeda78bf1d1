import { type ChaincodeInterface, type ChaincodeServer, Shim } from 'fabric-shim';
import { anchorChaincode } from './chaincode.ts';

/** Where peers find the contract, and under which package ID they know it. */
export interface ChaincodeAddress {
  /** `<host>:<port>`; the port has to be free. */
  readonly address: string;
  /** `<label>:<hash of the package>`, as the lifecycle printed it. */
  readonly packageId: string;
  /** Without it the stream is plain, which is for loopback only. */
  readonly tls?: ChaincodeTls;
}

/** PEM. A peer without a certificate of `clientAuthority` is turned away. */
export interface ChaincodeTls {
  readonly key: Buffer;
  readonly certificate: Buffer;
  readonly clientAuthority: Buffer;
}

/** Serves the anchor contract as a service to any number of peers, until the process ends. */
export async function serveChaincode({ address, packageId, tls }: ChaincodeAddress): Promise<void> {
  const shim: PlainServers = Shim;
  const server = shim.server(anchorChaincode(), {
    ccid: packageId,
    address,
    ...(tls && {
      tlsProps: { key: tls.key, cert: tls.certificate, clientCACerts: tls.clientAuthority },
    }),
  });
  await server.start();
}

// The shim serves without TLS, but its published types do not say so.
interface PlainServers {
  server(
    chaincode: ChaincodeInterface,
    options: {
      readonly ccid: string;
      readonly address: string;
      readonly tlsProps?: {
        readonly key: Buffer;
        readonly cert: Buffer;
        readonly clientCACerts: Buffer;
      };
    },
  ): ChaincodeServer;
}
