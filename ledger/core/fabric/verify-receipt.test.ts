import { describe, expect, it } from 'vitest';
import { TestAuthority } from '../../../test/support/fabric-authority.ts';
import { bytesOf, message, sha256 } from '../../../test/support/fabric-bytes.ts';
import {
  ANCHORED,
  type BlockOptions,
  type ChannelOptions,
  KEY,
  ORIGIN,
  organisation,
  SampleChannel,
  signer,
  type TransactionOptions,
  versionOf,
  writeOf,
} from '../../../test/support/fabric-network.ts';
import { hex } from '../bytes.ts';
import { DEVELOPMENT_CONSORTIUM } from './channel-config.ts';
import type { FabricNetwork } from './network.ts';
import type { FabricReceipt } from './receipt.ts';
import { type FabricAnchor, type FabricFailure, verifyFabricReceipt } from './verify-receipt.ts';

const sample = new SampleChannel();
const [first, second, third, fourth] = sample.consenters;
if (!first || !second || !third || !fourth) throw new Error('the sample has four consenters');

function verify(
  receipt: FabricReceipt,
  network: FabricNetwork = sample.network(),
  anchored = ANCHORED,
): FabricAnchor | FabricFailure {
  return verifyFabricReceipt(receipt, anchored, network);
}

/** Code and part of a failure, `ok` otherwise. */
function outcomeOf(verdict: FabricAnchor | FabricFailure): string {
  return verdict.ok ? 'ok' : `${verdict.code} ${verdict.params['part']}`;
}

/** The sample's receipt with another transaction, block or first configuration, all signed again. */
function ofTransaction(options: TransactionOptions): string {
  return outcomeOf(verify(sample.receipt({ block: sample.block([sample.transaction(options)]) })));
}

function ofBlock(options: BlockOptions): string {
  return outcomeOf(
    verify(sample.receipt({ block: sample.block([sample.transaction()], options) })),
  );
}

function ofConfig(options: ChannelOptions, change: Partial<FabricReceipt> = {}): string {
  const genesis = sample.configBlock(options);
  return outcomeOf(
    verify(sample.receipt({ config: [genesis], ...change }), sample.network(genesis)),
  );
}

/** With a second configuration block, number 3, under which the receipt's block was ordered. */
function ofUpdate(options: ChannelOptions, block: BlockOptions = {}): string {
  const update = sample.configBlock(
    { sequence: 1, ...options },
    { number: 3, lastConfig: 3, ...block },
  );
  const anchoring = sample.block([sample.transaction()], { lastConfig: 3 });
  return outcomeOf(verify(sample.receipt({ config: [sample.genesis, update], block: anchoring })));
}

function ofStatement(version: Uint8Array | undefined, options: TransactionOptions = {}): string {
  return outcomeOf(verify(sample.receipt({ validity: sample.statement(version, options) })));
}

function replaceOnce(bytes: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array {
  const at = Buffer.from(bytes).indexOf(from);
  if (at < 0 || from.length !== to.length) throw new Error('the bytes are to be replaced in place');
  const changed = Uint8Array.from(bytes);
  changed.set(to, at);
  return changed;
}

describe('a receipt', () => {
  it('tells what was anchored, where, and who signed', () => {
    const block = sample.block([sample.transaction()]);
    expect(verify(sample.receipt({ block }))).toEqual({
      ok: true,
      ...ANCHORED,
      transactionId: expect.stringMatching(/^[0-9a-f]{64}$/),
      blockNumber: 6,
      blockHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      index: 0,
      endorsers: ['AuditorMSP', 'PropertyMSP'],
      consenters: [1, 2, 3],
      quorum: 3,
      claimedTimeMs: Date.parse('2026-11-23T11:10:00.860Z'),
      validity: 'not proven',
      network: 'real',
    });
  });

  it('proves validity by a statement of the same organisations', () => {
    const validity = sample.statement(versionOf(6, 0));
    expect(verify(sample.receipt({ validity }))).toMatchObject({ ok: true, validity: 'proven' });
  });

  it('of a later transaction in a block, needs its own index', () => {
    const other = sample.transaction({ writes: [] });
    const block = sample.block([other, sample.transaction()]);
    const validity = sample.statement(versionOf(6, 1));
    expect(outcomeOf(verify(sample.receipt({ block, index: 1, validity })))).toBe('ok');
    expect(outcomeOf(verify(sample.receipt({ block })))).toBe('fabric-write-set block');
    expect(outcomeOf(verify(sample.receipt({ block, index: 2 })))).toBe('fabric-index block');
  });

  it('follows an update of the configuration', () => {
    expect(ofUpdate({})).toBe('ok');
  });

  it('is of a development network where a configuration of it says so, once and for all', () => {
    const genesis = sample.configBlock({ consortium: DEVELOPMENT_CONSORTIUM });
    const update = sample.configBlock({ sequence: 1 }, { number: 3, lastConfig: 3 });
    const network = sample.network(genesis);
    const marked = sample.receipt({ config: [genesis] });
    expect(verify(marked, network)).toMatchObject({ ok: true, network: 'development' });
    const block = sample.block([sample.transaction()], { lastConfig: 3 });
    const unmarked = sample.receipt({ config: [genesis, update], block });
    expect(verify(unmarked, network)).toMatchObject({ ok: true, network: 'development' });
    const other = sample.configBlock({ consortium: 'SampleConsortium' });
    expect(verify(sample.receipt({ config: [other] }), sample.network(other))).toMatchObject({
      network: 'real',
    });
  });

  it('does not depend on what peers add to a block', () => {
    // The last field of the sample's blocks is the flags of validity.
    const block = Uint8Array.from(sample.receipt().block);
    block[block.length - 1] = 11;
    expect(outcomeOf(verify(sample.receipt({ block })))).toBe('ok');
  });
});

describe('a receipt fails for the right reason', () => {
  const otherRoot = { ...ANCHORED, root: sha256(bytesOf('another root')) };
  const stranger = organisation('AuditorMSP');
  const strangePeer = signer(stranger, 'peer');
  const lateAuthority: TestAuthority = new TestAuthority('ca.AuditorMSP', {
    notBefore: '261123120000Z',
  });
  const late = { name: 'AuditorMSP', authority: lateAuthority };
  const peers = [sample.propertyPeer, sample.auditorPeer];
  const middle = new TestAuthority('middle.AuditorMSP', {}, sample.auditor.authority);
  const middlePeer = { organisation: 'AuditorMSP', ...middle.issue('peer', { units: ['peer'] }) };
  const { key, pem, serial } = new TestAuthority(
    'a',
    { units: ['peer'] },
    sample.auditor.authority,
  );
  const peerAuthority = { organisation: 'AuditorMSP', key, pem, serial };
  const middleAuditor = { ...sample.auditor, intermediates: [middle.pem] };
  const byMiddle = sample.block([
    sample.transaction({ endorsers: [sample.propertyPeer, middlePeer] }),
  ]);
  const twice = [
    [1, message([1, 'a'])],
    [1, message([1, 'a'])],
  ] as const;

  const cases: readonly (readonly [string, string, () => string])[] = [
    [
      'is said to be of another channel',
      'fabric-channel receipt',
      () => outcomeOf(verify(sample.receipt({ channel: 'others' }))),
    ],
    [
      'is said to be of another chaincode',
      'fabric-chaincode receipt',
      () => outcomeOf(verify(sample.receipt({ chaincode: 'other' }))),
    ],
    // Configuration
    [
      'has no configuration',
      'fabric-format block',
      () => outcomeOf(verify(sample.receipt({ config: [] }))),
    ],
    [
      'starts from a configuration that is not pinned',
      'fabric-pinned-hash config/0',
      () =>
        outcomeOf(verify(sample.receipt(), { ...sample.network(), pinned: sha256(bytesOf('')) })),
    ],
    [
      'changes a byte of the pinned configuration',
      'fabric-data-hash config/0',
      () =>
        outcomeOf(
          verify(
            sample.receipt({
              config: [replaceOnce(sample.genesis, bytesOf('V2_5'), bytesOf('V2_0'))],
            }),
            sample.network(),
          ),
        ),
    ],
    [
      'starts from a block without a configuration',
      'fabric-config config/0',
      () => {
        const block = sample.block([sample.transaction()], { number: 0, signers: [] });
        return outcomeOf(verify(sample.receipt({ config: [block] }), sample.network(block)));
      },
    ],
    [
      'has a configuration of another channel',
      'fabric-channel config/0',
      () => ofConfig({ channel: 'others' }),
    ],
    [
      'is of a channel ordered by Raft',
      'fabric-config config/0',
      () => ofConfig({ consensus: 'etcdraft' }),
    ],
    [
      'is of a channel with capabilities of another version',
      'fabric-config config/0',
      () => ofConfig({ capabilities: ['V4_0', 'V2_0', 'V2_5'] }),
    ],
    [
      'is of an application with capabilities of another version',
      'fabric-config config/0',
      () => ofConfig({ capabilities: ['V3_0', 'V2_0', 'V4_0'] }),
    ],
    [
      'names an organisation twice',
      'fabric-format config/0',
      () => ofConfig({ endorsers: [sample.property, sample.property, sample.auditor] }),
    ],
    [
      'has two organisations of one id',
      'fabric-config config/0',
      () =>
        ofConfig({
          endorsers: [sample.property, { ...sample.auditor, group: 'Auditors' }, sample.auditor],
        }),
    ],
    [
      'has orderers with capabilities of another version',
      'fabric-config config/0',
      () => ofConfig({ capabilities: ['V3_0', 'V4_0', 'V2_5'] }),
    ],
    [
      'names no capabilities',
      'fabric-config config/0',
      () => ofConfig({ capabilities: ['', 'V2_0', 'V2_5'] }),
    ],
    [
      'has a configuration beside another transaction',
      'fabric-config config/0',
      () => {
        const block = sample.block([sample.configEnvelope({}), sample.transaction()], {
          number: 0,
          signers: [],
        });
        return outcomeOf(verify(sample.receipt({ config: [block] }), sample.network(block)));
      },
    ],
    [
      'has more than 64 consenters',
      'fabric-config config/0',
      () =>
        ofConfig({
          consenters: Array.from({ length: 65 }, (_, i) => ({ id: i + 1, signer: first.signer })),
        }),
    ],
    [
      'names a consenter twice',
      'fabric-config config/0',
      () => ofConfig({ consenters: [...sample.consenters, first] }),
    ],
    ['has no consenter', 'fabric-config config/0', () => ofConfig({ consenters: [] })],
    [
      'has an update signed by two of four',
      'fabric-quorum config/1',
      () => ofUpdate({}, { signers: [first, second] }),
    ],
    [
      'has an update that names another block as its configuration',
      'fabric-last-config config/1',
      () => ofUpdate({}, { lastConfig: 2 }),
    ],
    ['leaves out an update', 'fabric-config config/1', () => ofUpdate({ sequence: 2 })],
    [
      'has an update of another channel',
      'fabric-channel config/1',
      () => ofUpdate({ channel: 'others' }),
    ],
    [
      'has a block made under a later configuration',
      'fabric-last-config block',
      () => ofBlock({ lastConfig: 3 }),
    ],
    // Block
    [
      'has other transactions than its header says',
      'fabric-data-hash block',
      () =>
        outcomeOf(
          verify(
            sample.receipt({
              block: replaceOnce(
                sample.receipt().block,
                bytesOf('the arguments'),
                bytesOf('The arguments'),
              ),
            }),
          ),
        ),
    ],
    [
      'has a block signed for another header',
      'fabric-quorum block',
      () => ofBlock({ signHeader: bytesOf('another header') }),
    ],
    [
      'has a block of another number',
      'fabric-quorum block',
      () =>
        outcomeOf(
          verify(
            sample.receipt({
              block: replaceOnce(
                sample.receipt().block,
                Uint8Array.of(8, 6, 18, 32),
                Uint8Array.of(8, 7, 18, 32),
              ),
            }),
          ),
        ),
    ],
    [
      'has a block after another one',
      'fabric-quorum block',
      () =>
        outcomeOf(
          verify(
            sample.receipt({
              block: replaceOnce(
                sample.receipt().block,
                sha256(bytesOf('previous')),
                sha256(bytesOf('other')),
              ),
            }),
          ),
        ),
    ],
    [
      'has a block with a previous hash of another length',
      'fabric-format block',
      () => ofBlock({ previous: bytesOf('no hash') }),
    ],
    [
      'has a block with more than 64 signatures',
      'fabric-format block',
      () => ofBlock({ signers: Array.from({ length: 65 }, () => first) }),
    ],
    [
      'has a block whose signers name identities of their own',
      'fabric-quorum block',
      () => ofBlock({ signatureHeader: message([1, 'somebody']) }),
    ],
    [
      'has a block signed by two of four',
      'fabric-quorum block',
      () => ofBlock({ signers: [first, second] }),
    ],
    [
      'has a block that one signed twice',
      'fabric-quorum block',
      () => ofBlock({ signers: [first, second, second] }),
    ],
    [
      'has a block signed by who is no consenter',
      'fabric-quorum block',
      () => ofBlock({ signers: [first, second, { id: 5, signer: third.signer }] }),
    ],
    [
      'has a block signed with the key of another consenter',
      'fabric-quorum block',
      () => ofBlock({ signers: [first, second, { id: 3, signer: fourth.signer }] }),
    ],
    [
      'has a block with signatures in the upper half',
      'fabric-quorum block',
      () => ofBlock({ half: 'high' }),
    ],
    [
      'has two consenters with one key',
      'fabric-quorum block',
      () => {
        const same = { id: 3, signer: second.signer };
        const block = sample.block([sample.transaction()], { signers: [first, second, same] });
        return ofConfig({ consenters: [first, second, same, fourth] }, { block });
      },
    ],
    [
      'has a consenter that is a client of its organisation',
      'fabric-quorum block',
      () => {
        const [, , tenants] = sample.orderers;
        const client = { id: 3, signer: signer(tenants ?? stranger, 'client') };
        const block = sample.block([sample.transaction()], { signers: [first, second, client] });
        return ofConfig({ consenters: [first, second, client, fourth] }, { block });
      },
    ],
    [
      'has a consenter whose certificate another authority issued',
      'fabric-quorum block',
      () => {
        const strange = { id: 3, signer: signer(organisation('TenantsOrdererMSP'), 'orderer') };
        const block = sample.block([sample.transaction()], { signers: [first, second, strange] });
        return ofConfig({ consenters: [first, second, strange, fourth] }, { block });
      },
    ],
    [
      'has a consenter whose certificate is revoked',
      'fabric-quorum block',
      () =>
        ofConfig({
          orderers: sample.orderers.map((one, i) =>
            i === 1 ? { ...one, revocations: [one.authority.revoke(second.signer)] } : one,
          ),
        }),
    ],
    // Envelopes
    [
      'has two envelopes joined into one',
      'fabric-envelope block',
      () => outcomeOf(verify(sample.receipt({ block: sample.block([message(...twice)]) }))),
    ],
    [
      'has an envelope that begins with its signature',
      'fabric-envelope block',
      () =>
        outcomeOf(
          verify(
            sample.receipt({ block: sample.block([message([2, 'signature'], [1, 'payload'])]) }),
          ),
        ),
    ],
    [
      'has an envelope without a payload',
      'fabric-envelope block',
      () =>
        outcomeOf(
          verify(
            sample.receipt({
              block: sample.block([sample.transaction(), message([2, 'signature'])]),
            }),
          ),
        ),
    ],
    [
      'stands in a block with a transaction of another channel',
      'fabric-channel block',
      () =>
        outcomeOf(
          verify(
            sample.receipt({
              block: sample.block([
                sample.transaction(),
                sample.transaction({ channel: 'others' }),
              ]),
            }),
          ),
        ),
    ],
    // Transaction
    ['is of another channel', 'fabric-channel block', () => ofTransaction({ channel: 'others' })],
    ['is no endorsed transaction', 'fabric-transaction block', () => ofTransaction({ type: 2 })],
    [
      'has an id that is not of its nonce and creator',
      'fabric-transaction block',
      () => ofTransaction({ transactionId: hex(sha256(bytesOf(''))) }),
    ],
    [
      'has an action under another header',
      'fabric-transaction block',
      () => ofTransaction({ actionHeader: message([1, 'another'], [2, 'header']) }),
    ],
    ['has two actions', 'fabric-transaction block', () => ofTransaction({ actions: 2 })],
    ['asks another chaincode', 'fabric-chaincode block', () => ofTransaction({ asked: 'other' })],
    [
      'is the outcome of another chaincode',
      'fabric-chaincode block',
      () => ofTransaction({ executed: 'other' }),
    ],
    [
      'was refused by the chaincode',
      'fabric-chaincode block',
      () => ofTransaction({ status: 500 }),
    ],
    [
      'is endorsed for another proposal',
      'fabric-proposal-hash block',
      () => ofTransaction({ proposalHash: sha256(bytesOf('')) }),
    ],
    [
      'is not signed by its creator',
      'fabric-creator block',
      () => ofTransaction({ creatorSigns: bytesOf('something else') }),
    ],
    [
      'is created by a stranger',
      'fabric-creator block',
      () => ofTransaction({ creator: signer(stranger, 'client') }),
    ],
    [
      'is created by an organisation that the channel does not have',
      'fabric-creator block',
      () => ofTransaction({ creator: signer(organisation('OtherMSP'), 'client') }),
    ],
    // Endorsements
    [
      'is endorsed by one',
      'fabric-endorsements block',
      () => ofTransaction({ endorsers: [sample.propertyPeer] }),
    ],
    ['is endorsed by nobody', 'fabric-endorsements block', () => ofTransaction({ endorsers: [] })],
    [
      'has more than 32 endorsements',
      'fabric-format block',
      () => ofTransaction({ endorsers: Array.from({ length: 33 }, () => sample.propertyPeer) }),
    ],
    [
      'is endorsed under a policy that asks for no number',
      'fabric-endorsements block',
      () =>
        outcomeOf(
          verify(sample.receipt(), {
            ...sample.network(),
            endorsement: { threshold: Number.NaN, organisations: ['PropertyMSP', 'AuditorMSP'] },
          }),
        ),
    ],
    [
      'is endorsed twice by one',
      'fabric-endorsements block',
      () => ofTransaction({ endorsers: [sample.propertyPeer, signer(sample.property, 'peer')] }),
    ],
    [
      'is endorsed with another outcome',
      'fabric-endorsements block',
      () => ofTransaction({ endorsersSign: bytesOf('another outcome') }),
    ],
    [
      'is endorsed by a client',
      'fabric-endorsements block',
      () => ofTransaction({ endorsers: [sample.propertyPeer, sample.auditorClient] }),
    ],
    [
      'is endorsed by one with two roles',
      'fabric-endorsements block',
      () =>
        ofTransaction({
          endorsers: [sample.propertyPeer, signer(sample.auditor, 'peer', 'client')],
        }),
    ],
    [
      'is endorsed by a peer of another authority',
      'fabric-endorsements block',
      () => ofTransaction({ endorsers: [sample.propertyPeer, strangePeer] }),
    ],
    [
      'is endorsed by an authority itself',
      'fabric-endorsements block',
      () => ofTransaction({ endorsers: [sample.propertyPeer, peerAuthority] }),
    ],
    [
      'is endorsed by a peer whose certificate is revoked',
      'fabric-endorsements block',
      () =>
        ofConfig({
          endorsers: [
            sample.property,
            {
              ...sample.auditor,
              revocations: [sample.auditor.authority.revoke(sample.auditorPeer)],
            },
          ],
        }),
    ],
    [
      'is endorsed by a peer whose certificate is older than its authority',
      'fabric-endorsements block',
      () =>
        ofConfig(
          { endorsers: [sample.property, late] },
          {
            block: sample.block([
              sample.transaction({ endorsers: [sample.propertyPeer, signer(late, 'peer')] }),
            ]),
          },
        ),
    ],
    [
      'is endorsed where roles are not told',
      'fabric-endorsements block',
      () => ofConfig({ endorsers: [sample.property, { ...sample.auditor, nodeUnits: false }] }),
    ],
    [
      'is endorsed by a peer of another authority than peers have',
      'fabric-endorsements block',
      () =>
        ofConfig({ endorsers: [sample.property, { ...sample.auditor, peersFrom: middle.pem }] }),
    ],
    [
      'is endorsed by a peer of an intermediate authority that is not configured',
      'fabric-endorsements block',
      () => outcomeOf(verify(sample.receipt({ block: byMiddle }))),
    ],
    [
      'is endorsed under a policy that asks for another organisation',
      'fabric-endorsements block',
      () =>
        outcomeOf(
          verify(sample.receipt(), {
            ...sample.network(),
            endorsement: { threshold: 2, organisations: ['PropertyMSP', 'TenantsMSP'] },
          }),
        ),
    ],
    [
      'is endorsed under a policy that asks for nobody',
      'fabric-endorsements block',
      () =>
        outcomeOf(
          verify(sample.receipt(), {
            ...sample.network(),
            endorsement: { threshold: 0, organisations: [] },
          }),
        ),
    ],
    // Write set
    [
      'wrote another root',
      'fabric-write-set block',
      () => ofTransaction({ writes: [writeOf(otherRoot)] }),
    ],
    [
      'wrote another size',
      'fabric-write-set block',
      () => ofTransaction({ writes: [writeOf({ ...ANCHORED, size: 301 })] }),
    ],
    [
      'wrote for another log',
      'fabric-write-set block',
      () => ofTransaction({ writes: [writeOf({ ...ANCHORED, origin: `${ORIGIN}0` })] }),
    ],
    ['wrote nothing', 'fabric-write-set block', () => ofTransaction({ writes: [] })],
    [
      'wrote twice',
      'fabric-write-set block',
      () => ofTransaction({ writes: [writeOf(ANCHORED), writeOf(ANCHORED)] }),
    ],
    [
      'wrote into two spaces of one name',
      'fabric-format block',
      () => ofTransaction({ namespaces: 2 }),
    ],
    [
      'deleted the root',
      'fabric-write-set block',
      () => ofTransaction({ writes: [writeOf(ANCHORED, { isDelete: 1 })] }),
    ],
    [
      'wrote into the space of another chaincode',
      'fabric-write-set block',
      () => ofTransaction({ namespace: 'other' }),
    ],
    [
      'is asked about another root',
      'fabric-write-set block',
      () => outcomeOf(verify(sample.receipt(), undefined, otherRoot)),
    ],
    [
      'is asked about a size that is no number of leaves',
      'fabric-write-set block',
      () => outcomeOf(verify(sample.receipt(), undefined, { ...ANCHORED, size: Number.NaN })),
    ],
    // Statement
    [
      'has a statement by one',
      'fabric-endorsements validity',
      () => ofStatement(versionOf(6, 0), { endorsers: [sample.propertyPeer] }),
    ],
    [
      'has a statement endorsed with another outcome',
      'fabric-endorsements validity',
      () => ofStatement(versionOf(6, 0), { endorsersSign: bytesOf('another outcome') }),
    ],
    [
      'has a statement of another channel',
      'fabric-channel validity',
      () => ofStatement(versionOf(6, 0), { channel: 'others' }),
    ],
    [
      'has a statement of another chaincode',
      'fabric-chaincode validity',
      () => ofStatement(versionOf(6, 0), { executed: 'other' }),
    ],
    [
      'has a statement about the space of another chaincode',
      'fabric-statement-key validity',
      () => ofStatement(versionOf(6, 0), { namespace: 'other' }),
    ],
    [
      'has a statement for another proposal',
      'fabric-proposal-hash validity',
      () => ofStatement(versionOf(6, 0), { proposalHash: sha256(bytesOf('')) }),
    ],
    [
      'has a statement that read nothing',
      'fabric-statement-key validity',
      () => ofStatement(versionOf(6, 0), { reads: [] }),
    ],
    [
      'has a statement that read twice',
      'fabric-statement-key validity',
      () => {
        const read = message([1, KEY], [2, versionOf(6, 0)]);
        return ofStatement(undefined, { reads: [read, read] });
      },
    ],
    [
      'has a statement that the key does not exist',
      'fabric-statement-absent validity',
      () => ofStatement(undefined),
    ],
    [
      'has a statement about another block',
      'fabric-statement-version validity',
      () => ofStatement(versionOf(5, 0)),
    ],
    [
      'has a statement about another transaction of the block',
      'fabric-statement-version validity',
      () => ofStatement(versionOf(6, 1)),
    ],
    [
      'has a statement that cannot be read',
      'fabric-format validity',
      () => outcomeOf(verify(sample.receipt({ validity: bytesOf('no statement') }))),
    ],
  ];

  it('however many times a part repeats itself', () => {
    const many = (field: number, count: number) =>
      message([field, Uint8Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? 10 : 0))]);
    const bytes = many(2, 300_000);
    expect(outcomeOf(verify(sample.receipt({ block: bytes })))).toBe('fabric-format block');
    expect(outcomeOf(verify(sample.receipt({ config: [bytes] })))).toBe('fabric-format config/0');
    expect(outcomeOf(verify(sample.receipt({ validity: bytes })))).toBe('fabric-channel validity');
    const block = many(3, 300_000);
    expect(outcomeOf(verify(sample.receipt({ block })))).toBe('fabric-data-hash block');
  });

  it.each(cases)('that %s: %s', (_, expected, judge) => {
    expect(judge()).toBe(expected);
  });

  it('and not where an intermediate authority stands between', () => {
    expect(ofConfig({ endorsers: [sample.property, middleAuditor] }, { block: byMiddle })).toBe(
      'ok',
    );
    const named = { ...middleAuditor, peersFrom: middle.pem };
    expect(ofConfig({ endorsers: [sample.property, named] }, { block: byMiddle })).toBe('ok');
    const revoked = { ...middleAuditor, revocations: [sample.auditor.authority.revoke(middle)] };
    expect(ofConfig({ endorsers: [sample.property, revoked] }, { block: byMiddle })).toBe(
      'fabric-endorsements block',
    );
  });

  it('and not where more sign than have to, or one of them wrongly', () => {
    expect(ofBlock({ signers: [...sample.consenters] })).toBe('ok');
    expect(ofBlock({ signers: [{ id: 4, signer: first.signer }, first, second, third] })).toBe(
      'ok',
    );
    const endorsers = [...peers, signer(stranger, 'peer'), sample.auditorClient];
    expect(ofTransaction({ endorsers })).toBe('ok');
  });
});
