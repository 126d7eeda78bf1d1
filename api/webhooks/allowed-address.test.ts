import { expect, test } from 'vitest';
import { AllowedAddresses, isNetwork, isPublic } from './allowed-address.ts';

test.each([
  ...['1.1.1.1', '93.184.216.34', '172.15.255.255', '172.32.0.1', '100.63.0.1', '223.255.255.255'],
  ...['2606:4700:4700::1111', '2a00:1450:4001:830::200e', '2400:3200::1'],
])('%s is public', (address) => {
  expect(isPublic(address)).toBe(true);
});

test.each([
  ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.9.9.9', '169.254.169.254'],
  ...['172.16.0.1', '172.31.255.255', '192.0.0.8', '192.0.2.1', '192.168.1.1', '198.18.0.1'],
  ...['198.51.100.7', '203.0.113.7', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  // IPv6: nothing, loopback, mapped, compatible, NAT64, link-local, unique local, multicast,
  // Teredo, documentation, 6to4 of 127.0.0.1.
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:1.1.1.1', '::127.0.0.1'],
  ...['64:ff9b::7f00:1', '64:ff9b:1::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12:3456::1'],
  ...['ff02::1', '2001:0:7f00:1::', '2001:db8::1', '2002:7f00:1::', '3fff::1', '100::1'],
  ...['', 'localhost', '127.1', '0x7f000001', '2606:4700:4700::1111%eth0'],
])('%s is not', (address) => {
  expect(isPublic(address)).toBe(false);
});

test('what the settings name is allowed besides, and nothing near it', () => {
  const allowed = new AllowedAddresses(['127.0.0.1/32', '10.1.0.0/16', 'fd00:1::/64']);
  const judged = ['127.0.0.1', '127.0.0.2', '10.1.2.3', '10.2.0.1', 'fd00:1::7', 'fd00:2::7'];
  expect(judged.map((address) => allowed.isAllowed(address))).toEqual([
    ...[true, false, true, false, true, false],
  ]);
  expect(allowed.isAllowed('1.1.1.1')).toBe(true);
  expect(allowed.isNamed('1.1.1.1')).toBe(false);
  expect(new AllowedAddresses().isAllowed('127.0.0.1')).toBe(false);
});

test('a network is an address and its bits', () => {
  const good = ['10.0.0.0/8', '::/0', '127.0.0.1/32', 'fd00::/128'];
  const bad = ['10.0.0.0', '10.0.0.0/33', 'fd00::/129', 'localhost/8', '1.2.3.4/8/8', '/8', ''];
  expect([...good, ...bad].filter(isNetwork)).toEqual(good);
});
