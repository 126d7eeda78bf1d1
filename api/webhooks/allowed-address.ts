import { BlockList, isIP } from 'node:net';

/** An address that a name stands for. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** IPv4 that is nobody's on the open internet (IANA special-purpose registry, RFC 6890). */
const SPECIAL_4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
  ...['172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
];
/**
 * Only this part of IPv6 is given out (RFC 4291 2.4), so mapped and embedded IPv4 (`::ffff:`, `64:ff9b::`),
 * loopback, link-local and unique local are outside of it without being named.
 */
const GIVEN_6 = ['2000::/3'];
/** And of that: Teredo and other protocols, documentation, 6to4, which has an IPv4 inside. */
const SPECIAL_6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const special4 = listOf(SPECIAL_4);
const given6 = listOf(GIVEN_6);
const special6 = listOf(SPECIAL_6);

/** Which addresses a message may be sent to: public ones, and the networks that the settings name. */
export class AllowedAddresses {
  readonly #named: BlockList;

  constructor(networks: readonly string[] = []) {
    this.#named = listOf(networks);
  }

  /** Named by the settings: there also without TLS. */
  isNamed(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#named.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }

  isAllowed(address: string): boolean {
    return this.isNamed(address) || isPublic(address);
  }
}

export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !special4.check(address, 'ipv4');
  // A zone (`fe80::1%eth0`) is of no public address.
  if (family !== 6 || address.includes('%')) return false;
  return given6.check(address, 'ipv6') && !special6.check(address, 'ipv6');
}

/** Whether a text is `address/bits`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0 || !/^[0-9]{1,3}$/.test(bits)) return false;
  return Number(bits) <= (family === 4 ? 32 : 128);
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
