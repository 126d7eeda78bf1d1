import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Devnet } from '../../chaincode/devnet/devnet.ts';
import { GatewayLink } from '../../ledger/anchor/fabric/gateway-link.ts';
import { registerLog } from '../../ledger/anchor/fabric/register-log.ts';
import { fromUtf8 } from '../../ledger/core/bytes.ts';
import { signedLog } from '../support/signed-log.ts';
import type { NetworkUnderTest } from './chain-contract.ts';
import { connectionTo, devnetUnderTest } from './fabric-networks.ts';

// The one call that an administrator signs: what a peer hands back for it is looked at first.

let network: NetworkUnderTest & { readonly devnet: Devnet };
beforeAll(async () => {
  network = await devnetUnderTest();
});
afterAll(async () => {
  await network.stop();
});

test('an administrator signs nothing that a peer puts in place of the registration', async () => {
  const admin = connectionTo(network.devnet, network.devnet.organisations[0]?.admin);
  const [own, foreign] = [signedLog('register.test/own'), signedLog('register.test/foreign')];
  const link = new GatewayLink(admin);
  // What the peer has at hand, and hands out for the next proposal.
  await link.endorse('RegisterKey', foreign.origin, foreign.vkey);
  network.devnet.fault({ kind: 'other-transaction' });
  await expect(registerLog(admin, own)).rejects.toMatchObject({ code: 'anchor-transaction' });
  await registerLog(admin, own);
  expect(fromUtf8(await link.evaluate('Key', own.origin))).toBe(own.vkey);
  expect(fromUtf8(await link.evaluate('Key', foreign.origin))).toBe('');
  link.close();
});
