import { common, msp } from '@hyperledger/fabric-protos';
import { quorum } from './block.ts';

/** Anything of Fabric's protocol buffers. */
export interface Message {
  serializeBinary(): Uint8Array;
}

/** A group of the configuration whose every part the administrators may change. */
export function group(parts: {
  readonly values: Readonly<Record<string, Message>>;
  readonly policies: Readonly<Record<string, common.Policy>>;
  readonly groups?: Readonly<Record<string, common.ConfigGroup | undefined>>;
}): common.ConfigGroup {
  const made = new common.ConfigGroup();
  made.setModPolicy(ADMINS);
  for (const [name, message] of Object.entries(parts.values)) {
    const value = new common.ConfigValue();
    value.setValue(message.serializeBinary());
    value.setModPolicy(ADMINS);
    made.getValuesMap().set(name, value);
  }
  for (const [name, rule] of Object.entries(parts.policies)) {
    const policy = new common.ConfigPolicy();
    policy.setPolicy(rule);
    policy.setModPolicy(ADMINS);
    made.getPoliciesMap().set(name, policy);
  }
  for (const [name, child] of Object.entries(parts.groups ?? {})) {
    if (child !== undefined) made.getGroupsMap().set(name, child);
  }
  return made;
}

export function capabilities(name: string): common.Capabilities {
  const made = new common.Capabilities();
  made.getCapabilitiesMap().set(name, new common.Capability());
  return made;
}

export function impliedPolicies(): Record<string, common.Policy> {
  return {
    Admins: implied('Admins', Rule.MAJORITY),
    Readers: implied('Readers', Rule.ANY),
    Writers: implied('Writers', Rule.ANY),
  };
}

export function implied(name: string, rule: ImpliedRule): common.Policy {
  const meta = new common.ImplicitMetaPolicy();
  meta.setSubPolicy(name);
  meta.setRule(rule);
  return policy(common.Policy.PolicyType.IMPLICIT_META, meta);
}

/** Everybody who has this role in the organisation. */
export function role(mspId: string, kind: RoleKind): msp.MSPPrincipal {
  const made = new msp.MSPRole();
  made.setMspIdentifier(mspId);
  made.setRole(kind);
  return principal(Classification.ROLE, made.serializeBinary());
}

/** A signature of one of the principals. */
export function anyOf(principals: readonly msp.MSPPrincipal[]): common.Policy {
  return signatures(1, principals);
}

/** Signatures of so many consenters as a BFT block needs. */
export function quorumOf(identities: readonly Uint8Array[]): common.Policy {
  const principals = identities.map((identity) => principal(Classification.IDENTITY, identity));
  return signatures(quorum(identities.length), principals);
}

const ADMINS = 'Admins';
const { Classification } = msp.MSPPrincipal;
const { Rule } = common.ImplicitMetaPolicy;

type ImpliedRule = Parameters<common.ImplicitMetaPolicy['setRule']>[0];
type RoleKind = Parameters<msp.MSPRole['setRole']>[0];
type PolicyKind = Parameters<common.Policy['setType']>[0];
type PrincipalKind = Parameters<msp.MSPPrincipal['setPrincipalClassification']>[0];

function signatures(needed: number, principals: readonly msp.MSPPrincipal[]): common.Policy {
  const rules = principals.map((_, index) => {
    const signedBy = new common.SignaturePolicy();
    signedBy.setSignedBy(index);
    return signedBy;
  });
  const several = new common.SignaturePolicy.NOutOf();
  several.setN(needed);
  several.setRulesList(rules);
  const rule = new common.SignaturePolicy();
  rule.setNOutOf(several);
  const envelope = new common.SignaturePolicyEnvelope();
  envelope.setRule(rule);
  envelope.setIdentitiesList([...principals]);
  return policy(common.Policy.PolicyType.SIGNATURE, envelope);
}

function principal(kind: PrincipalKind, bytes: Uint8Array): msp.MSPPrincipal {
  const made = new msp.MSPPrincipal();
  made.setPrincipalClassification(kind);
  made.setPrincipal(bytes);
  return made;
}

function policy(kind: PolicyKind, rule: Message): common.Policy {
  const made = new common.Policy();
  made.setType(kind);
  made.setValue(rule.serializeBinary());
  return made;
}
