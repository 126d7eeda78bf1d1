import { createHash } from 'node:crypto';
import { archive } from './tar.ts';

/** How a peer finds the contract's server, and with which PEM texts they know each other. */
export interface ContractConnection {
  /** `<host>:<port>`. */
  readonly address: string;
  readonly authority: string;
  readonly clientCertificate: string;
  /** The package holds a key: it is for the organisation's own peers only. */
  readonly clientKey: string;
}

export interface ChaincodePackage {
  /** `<label>:<hex SHA-256 of the bytes>`, as the lifecycle prints it. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** The package of a contract that is served (`ccaas`): no code, only where its server is. */
export function packageChaincode(label: string, connection: ContractConnection): ChaincodePackage {
  const json = (value: object) => Buffer.from(JSON.stringify(value));
  const code = archive([
    {
      name: 'connection.json',
      content: json({
        address: connection.address,
        dial_timeout: '10s',
        tls_required: true,
        client_auth_required: true,
        client_key: connection.clientKey,
        client_cert: connection.clientCertificate,
        root_cert: connection.authority,
      }),
    },
  ]);
  const bytes = archive([
    { name: 'metadata.json', content: json({ type: 'ccaas', label }) },
    { name: 'code.tar.gz', content: code },
  ]);
  return { id: `${label}:${createHash('sha256').update(bytes).digest('hex')}`, bytes };
}
