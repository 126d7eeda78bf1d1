import { createHmac } from 'node:crypto';
import type { TLSSocketOptions } from 'node:tls';

/** Says to the other end which secret, and which language, is meant. */
export const IDENTITY = 'billproof-1';

/**
 * TLS with a secret that both ends have (RFC 5489, with new keys for each connection) in place of
 * certificates: who does not have the key-encryption key of the ledger gets no word in or out.
 */
export const PEER_TLS = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const satisfies TLSSocketOptions & Record<string, string>;

/** Secret of the links between processes that have the same key-encryption key. */
export function peerSecret(kek: Uint8Array): Buffer {
  return createHmac('sha256', kek).update('billproof/v1/peers').digest();
}
