import type { FabricNetwork } from '../../core/fabric/network.ts';

/** One organisation's way to a channel, through the gateway of one of its peers. */
export interface FabricConnection {
  /** `host:port` of the gateway. */
  readonly address: string;
  /** Without it the connection is plain, which only the development network serves. */
  readonly tls?: FabricTls | undefined;
  readonly identity: FabricIdentity;
  /** What receipts are checked against. */
  readonly network: FabricNetwork;
  /** Number of the pinned configuration block: 0 where it is the genesis block. */
  readonly pinnedBlock: number;
}

export interface FabricTls {
  /** PEM of the authorities that the peer's certificate may come from. */
  readonly rootCertificate: string;
  /** The name in the peer's certificate, where it is not that of the address. */
  readonly hostname?: string | undefined;
}

/** A client of the channel, as its organisation enrolled it. */
export interface FabricIdentity {
  readonly mspId: string;
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. A secret. */
  readonly key: string;
}
