import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { packageChaincode } from './chaincode-package.ts';

const connection = {
  address: 'chaincode-property:9999',
  authority: 'ROOT',
  clientCertificate: 'CERTIFICATE',
  clientKey: 'KEY',
};

test('a package says only how its server is reached, under the hash of its bytes', () => {
  const { id, bytes } = packageChaincode('anchor_1', connection);
  const outer = gunzipSync(bytes);
  expect(contentAt(outer, 0)).toBe('{"type":"ccaas","label":"anchor_1"}');
  const code = gunzipSync(outer.subarray(1536));
  expect(JSON.parse(contentAt(code, 0))).toEqual({
    address: 'chaincode-property:9999',
    dial_timeout: '10s',
    tls_required: true,
    client_auth_required: true,
    client_key: 'KEY',
    client_cert: 'CERTIFICATE',
    root_cert: 'ROOT',
  });
  expect(id).toBe(`anchor_1:${createHash('sha256').update(bytes).digest('hex')}`);
});

test('the identifier of a package never changes by itself', () => {
  expect(packageChaincode('anchor_1', connection).id).toBe(
    'anchor_1:66c71f919fd35817e7e2a98a9a366f4512b40ba2cc00aec01107f71e7cbc3a15',
  );
});

/** The content of the entry whose header is at this place of a tar. */
function contentAt(tar: Buffer, at: number): string {
  const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8);
  return tar.toString('utf8', at + 512, at + 512 + size);
}
