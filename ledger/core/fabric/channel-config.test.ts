import { expect, it } from 'vitest';
import { organisation, SampleChannel, signer } from '../../../test/support/fabric-network.ts';
import { portable, sha256 } from '../primitives.ts';
import { readBlock } from './block.ts';
import { readChannelConfig } from './channel-config.ts';

const sample = new SampleChannel();

it('asks for so many consenters that two quorums have an honest one in common', () => {
  const orderer = organisation('PropertyOrdererMSP');
  const quorums = [1, 2, 3, 4, 5, 6, 7, 10, 64].map((count) => {
    const consenters = Array.from({ length: count }, (_, i) => ({
      id: i + 1,
      signer: signer(orderer, 'orderer'),
    }));
    const block = readBlock(sample.configBlock({ consenters, orderers: [orderer] }), sha256);
    return readChannelConfig(block, portable).quorum;
  });
  expect(quorums).toEqual([1, 2, 2, 3, 4, 4, 5, 7, 43]);
});

it('names channel, organisations and consenters', () => {
  const config = readChannelConfig(readBlock(sample.genesis, sha256), portable);
  expect({
    ...config,
    consenters: [...config.consenters].map(([id, { membership }]) => [id, membership?.name]),
    organisations: [...config.organisations.keys()],
  }).toEqual({
    block: 0,
    sequence: 0,
    channel: 'anchors',
    consenters: [
      [1, 'PropertyOrdererMSP'],
      [2, 'AuditorOrdererMSP'],
      [3, 'TenantsOrdererMSP'],
      [4, 'NotaryOrdererMSP'],
    ],
    quorum: 3,
    organisations: ['PropertyMSP', 'AuditorMSP'],
    isDevelopment: false,
  });
});
