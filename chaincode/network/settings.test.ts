import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { cryptoSettings } from './certificates.ts';
import { channelSettings } from './channel-settings.ts';
import { nodeSettings } from './node-settings.ts';
import { nodeNames, PORT_COUNT, planNetwork } from './plan.ts';

const local = planNetwork(
  '/n',
  { kind: 'loopback', firstPort: 7000, isDevelopment: false },
  '/fabric/builders/ccaas',
);
const contained = planNetwork('/n', { kind: 'containers', isDevelopment: true });
const settingsOf = (plan: typeof local, name: string) => {
  const file = nodeSettings(plan).find(({ path }) => path.startsWith(`/n/settings/${name}/`));
  return parse(file?.text ?? '');
};

test('a network has four orderers, and two peers with a contract each', () => {
  expect(nodeNames(local)).toEqual([
    ...['orderer-property', 'orderer-auditor', 'orderer-tenants', 'orderer-notary'],
    ...['chaincode-property', 'chaincode-auditor', 'peer-property', 'peer-auditor'],
  ]);
  expect(nodeNames(contained)).toEqual(nodeNames(local));
});

test('on one machine all of them listen on the loopback address, each on ports of its own', () => {
  const { orderers, peers } = local;
  const nodes = [...orderers, ...peers, ...peers.map(({ contract }) => contract)];
  expect(new Set(nodes.flatMap(({ host, listen }) => [host, listen]))).toEqual(
    new Set(['127.0.0.1']),
  );
  const ports = [...nodes.map(({ port }) => port), ...orderers.map(({ adminPort }) => adminPort)];
  expect(ports.toSorted()).toEqual(Array.from({ length: PORT_COUNT }, (_, n) => 7000 + n));
});

test('containers call one another by name', () => {
  const { orderers, peers } = contained;
  for (const node of [...orderers, ...peers, ...peers.map(({ contract }) => contract)]) {
    expect([node.host, node.listen]).toEqual([node.name, '0.0.0.0']);
  }
});

test('a block is signed by orderers of four organisations, and has to be by three of them', () => {
  const { Orderer, Capabilities } = parse(channelSettings(local)).Profiles.Anchors;
  expect([Orderer.OrdererType, Capabilities]).toEqual(['BFT', { V3_0: true }]);
  expect(
    Orderer.ConsenterMapping.map(({ ID, Host, Port, MSPID }: Record<string, unknown>) => [
      ...[ID, Host, Port, MSPID],
    ]),
  ).toEqual([
    [1, '127.0.0.1', 7000, 'PropertyOrdererMSP'],
    [2, '127.0.0.1', 7002, 'AuditorOrdererMSP'],
    [3, '127.0.0.1', 7004, 'TenantsOrdererMSP'],
    [4, '127.0.0.1', 7006, 'NotaryOrdererMSP'],
  ]);
});

test('no majority of peer organisations can change the contract without the others', () => {
  const { Application } = parse(channelSettings(local)).Profiles.Anchors;
  expect(Application.Policies.LifecycleEndorsement).toEqual({
    ...{ Type: 'ImplicitMeta', Rule: 'ALL Endorsement' },
  });
});

test('a channel is marked when one machine plays every organisation, and only then', () => {
  const profileOf = (plan: typeof local) => parse(channelSettings(plan)).Profiles.Anchors;
  expect(profileOf(contained).Consortium).toBe('billproof-development');
  expect(profileOf(local)).not.toHaveProperty('Consortium');
});

test('certificates tell roles, and name the hosts of their servers', () => {
  const { OrdererOrgs, PeerOrgs } = parse(cryptoSettings(contained));
  expect(PeerOrgs.map(({ Name, EnableNodeOUs }: Record<string, unknown>) => [Name, EnableNodeOUs]))
    // The chaincode's authority is for TLS alone: the channel does not know it.
    .toEqual([
      ['PropertyMSP', true],
      ['PropertyMSPChaincode', false],
      ['AuditorMSP', true],
      ['AuditorMSPChaincode', false],
    ]);
  expect(OrdererOrgs[0].Specs).toEqual([
    { Hostname: 'orderer', SANS: ['orderer-property', '127.0.0.1', 'localhost'] },
  ]);
});

test('every server has TLS, and an orderer takes orders from its administrator only', () => {
  const { General, Admin } = settingsOf(local, 'orderer-notary');
  const tls =
    '/n/crypto/ordererOrganizations/notary-orderer.test/orderers/orderer.notary-orderer.test/tls';
  expect(General).toMatchObject({
    ...{ ListenAddress: '127.0.0.1', ListenPort: 7006, LocalMSPID: 'NotaryOrdererMSP' },
    TLS: { Enabled: true, PrivateKey: `${tls}/server.key`, RootCAs: [`${tls}/ca.crt`] },
  });
  expect(Admin).toMatchObject({
    ListenAddress: '127.0.0.1:7007',
    TLS: { Enabled: true, ClientAuthRequired: true, ClientRootCAs: [`${tls}/ca.crt`] },
  });
  for (const name of ['peer-property', 'peer-auditor', 'admin-of-peer-auditor']) {
    expect(settingsOf(local, name).peer.tls.enabled).toBe(true);
  }
});

test('a peer serves the gateway, checks clocks, starts no chaincode, and is found by others', () => {
  const { peer, vm, chaincode } = settingsOf(contained, 'peer-auditor');
  expect(peer).toMatchObject({
    ...{ address: 'peer-auditor:7051', listenAddress: '0.0.0.0:7051', localMspId: 'AuditorMSP' },
    gossip: { externalEndpoint: 'peer-auditor:7051', bootstrap: 'peer-auditor:7051' },
    gateway: { enabled: true },
    authentication: { timewindow: '15m' },
  });
  expect(peer.handlers.authFilters).toContainEqual({ name: 'TimeWindowCheck' });
  expect(vm.endpoint).toBe('');
  expect(chaincode.externalBuilders).toEqual([
    { name: 'ccaas', path: '/opt/hyperledger/ccaas_builder' },
  ]);
});
