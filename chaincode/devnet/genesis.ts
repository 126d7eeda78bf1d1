import { common, msp, orderer } from '@hyperledger/fabric-protos';
import { DEVELOPMENT_CONSORTIUM } from '../../ledger/core/fabric/channel-config.ts';
import { dataHash } from './block.ts';
import { BATCH_INTERVAL_MS, CHANNEL, HOST, MOST_IN_BLOCK } from './channel.ts';
import {
  anyOf,
  capabilities,
  group,
  implied,
  impliedPolicies,
  quorumOf,
  role,
} from './config-tree.ts';
import type { OrdererOrganisation, Organisations } from './organisations.ts';
import { sha256 } from './signing.ts';
import { timestampOf } from './timestamp.ts';

/**
 * The configuration block of the channel, with the shape that Fabric's own tool gives a channel of
 * four BFT consenters in four organisations and two organisations of peers. It is a function of the
 * organisations: made again it has the same bytes, so its hash can be pinned.
 */
export function genesisBlock(organisations: Organisations): common.Block {
  const config = new common.Config();
  config.setChannelGroup(channelGroup(organisations));
  const envelope = new common.ConfigEnvelope();
  envelope.setConfig(config);
  const payload = new common.Payload();
  payload.setHeader(configHeader(organisations));
  payload.setData(envelope.serializeBinary());
  const transaction = new common.Envelope();
  transaction.setPayload(payload.serializeBinary());

  const data = new common.BlockData();
  data.setDataList([transaction.serializeBinary()]);
  const header = new common.BlockHeader();
  header.setNumber(0);
  header.setDataHash(dataHash(data.getDataList_asU8()));
  const lastConfig = new common.OrdererBlockMetadata();
  lastConfig.setLastConfig(new common.LastConfig());
  const signatures = new common.Metadata();
  signatures.setValue(lastConfig.serializeBinary());
  const metadata = new common.BlockMetadata();
  const none = new Uint8Array();
  metadata.setMetadataList([signatures.serializeBinary(), none, Uint8Array.of(0), none, none]);
  const block = new common.Block();
  block.setHeader(header);
  block.setData(data);
  block.setMetadata(metadata);
  return block;
}

const NONCE_BYTES = 24;
/** No process listens there; the field is required. */
const NO_PORT = 0;
const { MSPRoleType } = msp.MSPRole;
const { Rule } = common.ImplicitMetaPolicy;

function configHeader({ since, orderers }: Organisations): common.Header {
  // Anything that is fixed for this network and unknown before it was made.
  const nonce = sha256(...orderers.map(({ orderer }) => orderer.identity)).subarray(0, NONCE_BYTES);
  const signature = new common.SignatureHeader();
  signature.setNonce(nonce);
  const channel = new common.ChannelHeader();
  channel.setType(common.HeaderType.CONFIG);
  channel.setVersion(1);
  channel.setChannelId(CHANNEL);
  channel.setTxId(sha256(nonce).toString('hex'));
  channel.setTimestamp(timestampOf(since));
  const header = new common.Header();
  header.setChannelHeader(channel.serializeBinary());
  header.setSignatureHeader(signature.serializeBinary());
  return header;
}

function channelGroup({ orderers, peers }: Organisations): common.ConfigGroup {
  const hashing = new common.HashingAlgorithm();
  hashing.setName('SHA256');
  const structure = new common.BlockDataHashingStructure();
  structure.setWidth(0xffffffff);
  const consortium = new common.Consortium();
  consortium.setName(DEVELOPMENT_CONSORTIUM);
  const applications = peers.map(({ mspId, root }) => peerGroup(mspId, root));
  return group({
    values: {
      BlockDataHashingStructure: structure,
      Capabilities: capabilities('V3_0'),
      Consortium: consortium,
      HashingAlgorithm: hashing,
    },
    policies: impliedPolicies(),
    groups: {
      Application: group({
        values: { Capabilities: capabilities('V2_5') },
        policies: {
          ...impliedPolicies(),
          Endorsement: implied('Endorsement', Rule.MAJORITY),
          LifecycleEndorsement: implied('Endorsement', Rule.MAJORITY),
        },
        groups: Object.fromEntries(peers.map(({ mspId }, i) => [mspId, applications[i]])),
      }),
      Orderer: ordererGroup(orderers),
    },
  });
}

function peerGroup(mspId: string, root: string): common.ConfigGroup {
  const { ADMIN, CLIENT, PEER } = MSPRoleType;
  return group({
    values: { MSP: membershipProvider(mspId, root) },
    policies: {
      Admins: anyOf([role(mspId, ADMIN)]),
      Endorsement: anyOf([role(mspId, PEER)]),
      Readers: anyOf([role(mspId, ADMIN), role(mspId, PEER), role(mspId, CLIENT)]),
      Writers: anyOf([role(mspId, ADMIN), role(mspId, CLIENT)]),
    },
  });
}

function ordererGroup(orderers: readonly OrdererOrganisation[]): common.ConfigGroup {
  const batch = new orderer.BatchSize();
  batch.setMaxMessageCount(MOST_IN_BLOCK);
  batch.setAbsoluteMaxBytes(10 * 1024 * 1024);
  batch.setPreferredMaxBytes(2 * 1024 * 1024);
  const timeout = new orderer.BatchTimeout();
  timeout.setTimeout('2s');
  const smart = new orderer.smartbft.Options();
  smart.setRequestBatchMaxInterval(`${BATCH_INTERVAL_MS}ms`);
  const consensus = new orderer.ConsensusType();
  consensus.setType('BFT');
  consensus.setMetadata(smart.serializeBinary());
  const consenters = new common.Orderers();
  consenters.setConsenterMappingList(orderers.map(consenter));
  return group({
    values: {
      BatchSize: batch,
      BatchTimeout: timeout,
      Capabilities: capabilities('V2_0'),
      ChannelRestrictions: new orderer.ChannelRestrictions(),
      ConsensusType: consensus,
      Orderers: consenters,
    },
    policies: {
      ...impliedPolicies(),
      BlockValidation: quorumOf(orderers.map(({ orderer: member }) => member.identity)),
    },
    groups: Object.fromEntries(
      orderers.map(({ mspId, root }) => [mspId, ordererOrganisation(mspId, root)]),
    ),
  });
}

function ordererOrganisation(mspId: string, root: string): common.ConfigGroup {
  const { ADMIN, MEMBER } = MSPRoleType;
  return group({
    values: { MSP: membershipProvider(mspId, root) },
    policies: {
      Admins: anyOf([role(mspId, ADMIN)]),
      Readers: anyOf([role(mspId, MEMBER)]),
      Writers: anyOf([role(mspId, MEMBER)]),
    },
  });
}

function consenter({ consenterId, mspId, orderer: member }: OrdererOrganisation): common.Consenter {
  const mapping = new common.Consenter();
  mapping.setId(consenterId);
  mapping.setHost(HOST);
  mapping.setPort(NO_PORT);
  mapping.setMspId(mspId);
  mapping.setIdentity(Buffer.from(member.certificate));
  return mapping;
}

function membershipProvider(mspId: string, root: string): msp.MSPConfig {
  const cryptography = new msp.FabricCryptoConfig();
  cryptography.setSignatureHashFamily('SHA2');
  cryptography.setIdentityIdentifierHashFunction('SHA256');
  const roles = new msp.FabricNodeOUs();
  roles.setEnable(true);
  roles.setClientOuIdentifier(unit('client', root));
  roles.setPeerOuIdentifier(unit('peer', root));
  roles.setAdminOuIdentifier(unit('admin', root));
  roles.setOrdererOuIdentifier(unit('orderer', root));
  const provider = new msp.FabricMSPConfig();
  provider.setName(mspId);
  provider.setRootCertsList([Buffer.from(root)]);
  provider.setCryptoConfig(cryptography);
  provider.setFabricNodeOus(roles);
  const config = new msp.MSPConfig();
  config.setConfig(provider.serializeBinary());
  return config;
}

function unit(name: string, root: string): msp.FabricOUIdentifier {
  const identifier = new msp.FabricOUIdentifier();
  identifier.setCertificate(Buffer.from(root));
  identifier.setOrganizationalUnitIdentifier(name);
  return identifier;
}
