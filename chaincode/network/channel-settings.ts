import { ordererFiles, peerFiles } from './certificates.ts';
import { DEVELOPMENT_MARK, type NetworkPlan } from './plan.ts';

/** The profile that `configtxgen` is asked for. */
export const PROFILE = 'Anchors';

/** `configtx.yaml`, from which the first block is made; the text is JSON, which is YAML too. */
export function channelSettings(plan: NetworkPlan): string {
  const profile = {
    ...(plan.isDevelopment && { Consortium: DEVELOPMENT_MARK }),
    Policies: CHANNEL_POLICIES,
    Capabilities: { V3_0: true },
    Orderer: orderingService(plan),
    Application: {
      Policies: {
        ...CHANNEL_POLICIES,
        // Every organisation, where Fabric's samples ask a majority: of two or three
        // organisations, none may be outvoted about what anchors are.
        LifecycleEndorsement: implicit('ALL Endorsement'),
        Endorsement: implicit('ALL Endorsement'),
      },
      Capabilities: { V2_5: true },
      Organizations: peerOrganisations(plan),
    },
  };
  return JSON.stringify({ Profiles: { [PROFILE]: profile } }, null, 2);
}

/** `configtx.yaml` of a newcomer, which `configtxgen -printOrg` turns into what a channel wants to know. */
export function memberSettings(plan: NetworkPlan): string {
  return JSON.stringify({ Organizations: peerOrganisations(plan) }, null, 2);
}

function peerOrganisations({ folder, peers }: NetworkPlan) {
  return peers.map((peer) => {
    const { mspId } = peer;
    return {
      Name: mspId,
      ID: mspId,
      MSPDir: peerFiles(folder, peer).organisation,
      AnchorPeers: [{ Host: peer.host, Port: peer.port }],
      Policies: {
        Readers: signed(`OR('${mspId}.admin','${mspId}.peer','${mspId}.client')`),
        Writers: signed(`OR('${mspId}.admin','${mspId}.client')`),
        Admins: signed(`OR('${mspId}.admin')`),
        Endorsement: signed(`OR('${mspId}.peer')`),
      },
    };
  });
}

/**
 * Blocks leave after 50 ms: a BFT channel does not know BatchTimeout. A leader that is silent is replaced
 * after 4 to 5 s, and an orderer that was away is back sooner, where Fabric's own settings wait for 20 s.
 */
function orderingService({ folder, orderers }: NetworkPlan) {
  return {
    OrdererType: 'BFT',
    BatchTimeout: '2s',
    BatchSize: { MaxMessageCount: 10, AbsoluteMaxBytes: '10 MB', PreferredMaxBytes: '2 MB' },
    SmartBFT: {
      RequestBatchMaxInterval: '50ms',
      RequestForwardTimeout: '1s',
      RequestComplainTimeout: '3s',
      RequestAutoRemoveTimeout: '3m0s',
      ViewChangeResendInterval: '1s',
      ViewChangeTimeout: '4s',
      LeaderHeartbeatTimeout: '4s',
      LeaderHeartbeatCount: 10,
      CollectTimeout: '1s',
      IncomingMessageBufferSize: 200,
      RequestPoolSize: 1000,
    },
    ConsenterMapping: orderers.map((orderer) => {
      const { certificate, tls } = ordererFiles(folder, orderer);
      return {
        ID: orderer.consenterId,
        Host: orderer.host,
        Port: orderer.port,
        MSPID: orderer.mspId,
        Identity: certificate,
        ClientTLSCert: tls.certificate,
        ServerTLSCert: tls.certificate,
      };
    }),
    Policies: { ...CHANNEL_POLICIES, BlockValidation: implicit('ANY Writers') },
    Capabilities: { V2_0: true },
    Organizations: orderers.map((orderer) => ({
      Name: orderer.mspId,
      ID: orderer.mspId,
      MSPDir: ordererFiles(folder, orderer).organisation,
      OrdererEndpoints: [`${orderer.host}:${orderer.port}`],
      Policies: {
        Readers: signed(`OR('${orderer.mspId}.member')`),
        Writers: signed(`OR('${orderer.mspId}.member')`),
        Admins: signed(`OR('${orderer.mspId}.admin')`),
      },
    })),
  };
}

function implicit(Rule: string) {
  return { Type: 'ImplicitMeta', Rule };
}

function signed(Rule: string) {
  return { Type: 'Signature', Rule };
}

const CHANNEL_POLICIES = {
  Readers: implicit('ANY Readers'),
  Writers: implicit('ANY Writers'),
  Admins: implicit('MAJORITY Admins'),
};
