import { createHash, verify, X509Certificate } from 'node:crypto';
import { common, ledger, msp, peer } from '@hyperledger/fabric-protos';

/**
 * A check of Fabric blocks that shares no code with the development network: it is held against blocks
 * of a real network first. It throws at the first thing that is wrong.
 */
export interface CheckedChannel {
  readonly channelId: string;
  readonly genesisHash: string;
  readonly consortium: string | undefined;
  readonly consenters: ReadonlyMap<number, X509Certificate>;
  /** Root certificates by organisation, those of orderers too. */
  readonly roots: ReadonlyMap<string, X509Certificate>;
}

export interface CheckedTransaction {
  readonly txId: string;
  readonly writes: Readonly<Record<string, string>>;
  /** Organisations whose peers have endorsed. */
  readonly endorsers: readonly string[];
  readonly flag: number;
}

export interface CheckedBlock {
  readonly number: number;
  readonly hash: string;
  readonly previousHash: string;
  readonly transactions: readonly CheckedTransaction[];
}

/** What a configuration block says; nobody signs it, so its hash has to be pinned. */
export function readChannel(bytes: Uint8Array): CheckedChannel {
  const { header, envelopes } = openBlock(bytes);
  const [envelope] = envelopes;
  if (envelope === undefined) throw new Error('a configuration block has one envelope');
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const config = common.ConfigEnvelope.deserializeBinary(payload.getData_asU8());
  const channel = config.getConfig()?.getChannelGroup();
  const application = channel?.getGroupsMap().get('Application');
  const ordering = channel?.getGroupsMap().get('Orderer');
  if (channel === undefined || application === undefined || ordering === undefined) {
    throw new Error('the configuration has no groups of orderers and applications');
  }
  const consenters = common.Orderers.deserializeBinary(configValue(ordering, 'Orderers'));
  const consortium = channel.getValuesMap().get('Consortium')?.getValue_asU8();
  return {
    channelId: channelHeaderOf(payload).getChannelId(),
    genesisHash: hashOf(headerBytes(header)).toString('hex'),
    consortium: consortium && common.Consortium.deserializeBinary(consortium).getName(),
    consenters: new Map(
      consenters
        .getConsenterMappingList()
        .map((one) => [one.getId(), new X509Certificate(one.getIdentity_asU8())]),
    ),
    roots: new Map([...rootsOf(application), ...rootsOf(ordering)]),
  };
}

/** Signatures of a quorum, data hash, and for each transaction id, creator and endorsements. */
export function checkBlock(bytes: Uint8Array, channel: CheckedChannel): CheckedBlock {
  const { block, header, envelopes } = openBlock(bytes);
  const raw = block.getData()?.getDataList_asU8() ?? [];
  if (!hashOf(...raw).equals(header.getDataHash_asU8())) throw new Error('data hash');
  checkConsenters(block, header, channel);
  const flags = block.getMetadata()?.getMetadataList_asU8()[2] ?? new Uint8Array();
  return {
    number: header.getNumber(),
    hash: hashOf(headerBytes(header)).toString('hex'),
    previousHash: Buffer.from(header.getPreviousHash_asU8()).toString('hex'),
    transactions: envelopes.map((envelope, index) =>
      checkTransaction(envelope, channel, flags[index] ?? 255),
    ),
  };
}

function openBlock(bytes: Uint8Array) {
  const block = common.Block.deserializeBinary(bytes);
  const header = block.getHeader();
  if (header === undefined) throw new Error('a block has a header');
  const envelopes = (block.getData()?.getDataList_asU8() ?? []).map((raw) => {
    const envelope = common.Envelope.deserializeBinary(raw);
    if (!Buffer.from(envelope.serializeBinary()).equals(raw)) throw new Error('envelope form');
    return envelope;
  });
  return { block, header, envelopes };
}

function checkConsenters(
  block: common.Block,
  header: common.BlockHeader,
  { consenters }: CheckedChannel,
): void {
  const signatures = block.getMetadata()?.getMetadataList_asU8()[0] ?? new Uint8Array();
  const metadata = common.Metadata.deserializeBinary(signatures);
  const signers = new Set<number>();
  for (const signature of metadata.getSignaturesList()) {
    const identifier = signature.getIdentifierHeader_asU8();
    const id = common.IdentifierHeader.deserializeBinary(identifier).getIdentifier();
    const consenter = consenters.get(id);
    const signed = [metadata.getValue_asU8(), identifier, headerBytes(header)];
    if (consenter && isSigned(consenter, signature.getSignature_asU8(), signed)) signers.add(id);
  }
  const n = consenters.size;
  const needed = Math.ceil((n + Math.floor((n - 1) / 3) + 1) / 2);
  if (signers.size < needed) throw new Error(`${signers.size} of ${needed} consenters have signed`);
}

function checkTransaction(
  envelope: common.Envelope,
  channel: CheckedChannel,
  flag: number,
): CheckedTransaction {
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const header = payload.getHeader() ?? new common.Header();
  const channelHeader = channelHeaderOf(payload);
  const headerSignature = header.getSignatureHeader_asU8();
  const signature = common.SignatureHeader.deserializeBinary(headerSignature);
  const creator = signature.getCreator_asU8();
  const txId = hashOf(signature.getNonce_asU8(), creator).toString('hex');
  if (channelHeader.getTxId() !== txId) throw new Error('transaction id');
  if (channelHeader.getChannelId() !== channel.channelId) throw new Error('channel');
  const creatorIdentity = identify(creator, channel);
  const signed = [envelope.getPayload_asU8()];
  if (!isSigned(creatorIdentity.certificate, envelope.getSignature_asU8(), signed)) {
    throw new Error('creator signature');
  }
  const [action] = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
  const call = peer.ChaincodeActionPayload.deserializeBinary(
    action?.getPayload_asU8() ?? new Uint8Array(),
  );
  const endorsed = call.getAction()?.getProposalResponsePayload_asU8() ?? new Uint8Array();
  const response = peer.ProposalResponsePayload.deserializeBinary(endorsed);
  const parts = [header.getChannelHeader_asU8(), headerSignature];
  const proposal = hashOf(...parts, call.getChaincodeProposalPayload_asU8());
  if (!proposal.equals(response.getProposalHash_asU8())) throw new Error('proposal hash');
  const endorsers = (call.getAction()?.getEndorsementsList() ?? []).map((endorsement) => {
    const endorser = endorsement.getEndorser_asU8();
    const { mspId, certificate } = identify(endorser, channel);
    if (!/^OU=peer$/m.test(certificate.subject)) throw new Error('the endorser is no peer');
    if (!isSigned(certificate, endorsement.getSignature_asU8(), [endorsed, endorser])) {
      throw new Error('endorsement');
    }
    return mspId;
  });
  const result = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
  return { txId, writes: writesOf(result), endorsers, flag };
}

function writesOf(action: peer.ChaincodeAction): Record<string, string> {
  const sets = ledger.rwset.TxReadWriteSet.deserializeBinary(action.getResults_asU8());
  const own = sets.getNsRwsetList().filter((set) => set.getNamespace() === 'anchor');
  return Object.fromEntries(
    own
      .flatMap((set) => {
        const values = ledger.rwset.kvrwset.KVRWSet.deserializeBinary(set.getRwset_asU8());
        return values.getWritesList();
      })
      .map((write) => [write.getKey(), Buffer.from(write.getValue_asU8()).toString()]),
  );
}

function identify(bytes: Uint8Array, { roots }: CheckedChannel) {
  const identity = msp.SerializedIdentity.deserializeBinary(bytes);
  const certificate = new X509Certificate(identity.getIdBytes_asU8());
  const root = roots.get(identity.getMspid());
  if (root === undefined || !certificate.verify(root.publicKey)) throw new Error('identity');
  return { mspId: identity.getMspid(), certificate };
}

/** DER as OpenSSL reads it, and the smaller `s`, which Fabric demands. */
function isSigned(
  certificate: X509Certificate,
  signature: Uint8Array,
  parts: readonly Uint8Array[],
): boolean {
  const sLength = signature[5 + (signature[3] ?? 0)] ?? 0;
  const s = BigInt(`0x${Buffer.from(signature.slice(-sLength)).toString('hex')}`);
  const half = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;
  return s <= half && verify('sha256', Buffer.concat(parts), certificate.publicKey, signature);
}

function rootsOf(group: common.ConfigGroup): [string, X509Certificate][] {
  const roots: [string, X509Certificate][] = [];
  group.getGroupsMap().forEach((organisation: common.ConfigGroup, name: string) => {
    const provider = msp.MSPConfig.deserializeBinary(configValue(organisation, 'MSP'));
    const config = msp.FabricMSPConfig.deserializeBinary(provider.getConfig_asU8());
    const [root] = config.getRootCertsList_asU8();
    if (root !== undefined) roots.push([name, new X509Certificate(root)]);
  });
  return roots;
}

function configValue(group: common.ConfigGroup, name: string): Uint8Array {
  return group.getValuesMap().get(name)?.getValue_asU8() ?? new Uint8Array();
}

function channelHeaderOf(payload: common.Payload): common.ChannelHeader {
  const bytes = payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array();
  return common.ChannelHeader.deserializeBinary(bytes);
}

/** DER SEQUENCE of number, previous hash and data hash; numbers below 2^15 are enough for a test. */
function headerBytes(header: common.BlockHeader): Buffer {
  const number = header.getNumber();
  const digits = number < 0x80 ? [number] : [number >> 8, number & 0xff];
  const content = Buffer.concat([
    Buffer.from([0x02, digits.length, ...digits]),
    Buffer.from([0x04, header.getPreviousHash_asU8().length]),
    header.getPreviousHash_asU8(),
    Buffer.from([0x04, header.getDataHash_asU8().length]),
    header.getDataHash_asU8(),
  ]);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}

function hashOf(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
