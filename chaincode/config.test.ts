import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readChaincodeConfig } from './config.ts';

const plain = { CHAINCODE_SERVER_ADDRESS: '127.0.0.1:9999', CHAINCODE_ID: 'anchor_1:abc' };

test('an address on this machine needs no certificates', () => {
  expect(readChaincodeConfig(plain)).toEqual({
    address: '127.0.0.1:9999',
    packageId: 'anchor_1:abc',
  });
});

test('beyond this machine the three files of mutual TLS are read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-tls-'));
  const file = (name: string) => {
    writeFileSync(join(folder, name), name);
    return join(folder, name);
  };
  const config = readChaincodeConfig({
    ...plain,
    CHAINCODE_SERVER_ADDRESS: '0.0.0.0:9999',
    CHAINCODE_TLS_KEY: file('key'),
    CHAINCODE_TLS_CERT: file('certificate'),
    CHAINCODE_CLIENT_CA_CERT: file('authority'),
  });
  rmSync(folder, { recursive: true });
  expect(config.tls).toEqual({
    key: Buffer.from('key'),
    certificate: Buffer.from('certificate'),
    clientAuthority: Buffer.from('authority'),
  });
});

test.each([
  [{}, /CHAINCODE_SERVER_ADDRESS[\s\S]*CHAINCODE_ID|CHAINCODE_ID[\s\S]*CHAINCODE_SERVER_ADDRESS/],
  [{ ...plain, CHAINCODE_SERVER_ADDRESS: '127.0.0.1' }, /write <host>:<port>/],
  [{ ...plain, CHAINCODE_SERVER_ADDRESS: '0.0.0.0:9999' }, /needs TLS/],
  [{ ...plain, CHAINCODE_TLS_KEY: 'key' }, /belong together/],
])('a wrong environment is told at once', (env, words) => {
  expect(() => readChaincodeConfig(env)).toThrow(words);
});
