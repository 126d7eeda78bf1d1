import { randomBytes } from 'node:crypto';
import { common } from '@hyperledger/fabric-protos';
import { integer, octets, sequence } from './der.ts';
import type { OrdererOrganisation } from './organisations.ts';
import { sha256, signParts } from './signing.ts';

/** `H`: the only bytes of a header that anyone hashes or signs. */
export function headerBytes(header: common.BlockHeader): Buffer {
  return sequence(
    integer(header.getNumber()),
    octets(header.getPreviousHash_asU8()),
    octets(header.getDataHash_asU8()),
  );
}

export function blockHash(header: common.BlockHeader): Buffer {
  return sha256(headerBytes(header));
}

/** Over the envelopes as they are, one after another. */
export function dataHash(envelopes: readonly Uint8Array[]): Buffer {
  return sha256(...envelopes);
}

/**
 * Distinct consenters that have to sign a block: ceil((n + f + 1) / 2) with f = floor((n - 1) / 3).
 */
export function quorum(consenters: number): number {
  const faulty = Math.floor((consenters - 1) / 3);
  return Math.ceil((consenters + faulty + 1) / 2);
}

/**
 * The next block, signed by a quorum of the consenters as a BFT channel signs. Who of them signs
 * moves on with the number, as it does where the slowest of them is another each time. The
 * validation flags are not in it yet: peers set them, and nobody signs them.
 */
export function sealBlock(
  previous: common.BlockHeader,
  envelopes: readonly Uint8Array[],
  orderers: readonly OrdererOrganisation[],
): common.Block {
  const header = new common.BlockHeader();
  header.setNumber(previous.getNumber() + 1);
  header.setPreviousHash(blockHash(previous));
  header.setDataHash(dataHash(envelopes));
  const data = new common.BlockData();
  data.setDataList([...envelopes]);
  const none = new Uint8Array();
  const metadata = new common.BlockMetadata();
  metadata.setMetadataList([signatures(header, orderers), none, none, none, none]);
  const block = new common.Block();
  block.setHeader(header);
  block.setData(data);
  block.setMetadata(metadata);
  return block;
}

export function validationFlags(block: common.Block): Uint8Array {
  return block.getMetadata()?.getMetadataList_asU8()[FLAGS] ?? new Uint8Array();
}

export function setValidationFlags(block: common.Block, flags: readonly number[]): void {
  const list = block.getMetadata()?.getMetadataList_asU8() ?? [];
  list[FLAGS] = Uint8Array.from(flags);
  block.getMetadata()?.setMetadataList(list);
}

/** The header of a block that this network made. */
export function headerOf(block: common.Block): common.BlockHeader {
  return block.getHeader() ?? new common.BlockHeader();
}

export function envelopesOf(block: common.Block): Uint8Array[] {
  return block.getData()?.getDataList_asU8() ?? [];
}

/** Place of the validation flags in the list of metadata. */
const FLAGS = 2;
const NONCE_BYTES = 24;

/**
 * SmartBFT's `ViewMetadata`, whose protocol buffer is not published with Fabric's: the first view
 * was never left, field 2 is the number of this decision, field 3 how many came before it.
 */
function viewMetadata(number: number): Buffer {
  const [latest, before] = [varint(number), varint(number - 1)];
  return Buffer.from([0x10, ...latest, ...(number > 1 ? [0x18, ...before] : [])]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return [...bytes, rest];
}

function signatures(
  header: common.BlockHeader,
  orderers: readonly OrdererOrganisation[],
): Uint8Array {
  const value = new common.OrdererBlockMetadata();
  value.setLastConfig(new common.LastConfig());
  value.setConsenterMetadata(viewMetadata(header.getNumber()));
  const metadata = new common.Metadata();
  metadata.setValue(value.serializeBinary());
  const first = header.getNumber() % orderers.length;
  const signers = [...orderers.slice(first), ...orderers.slice(0, first)];
  metadata.setSignaturesList(
    signers.slice(0, quorum(orderers.length)).map(({ consenterId, orderer }) => {
      const identifier = new common.IdentifierHeader();
      identifier.setIdentifier(consenterId);
      identifier.setNonce(randomBytes(NONCE_BYTES));
      const identifierHeader = identifier.serializeBinary();
      const signed = [metadata.getValue_asU8(), identifierHeader, headerBytes(header)];
      const signature = new common.MetadataSignature();
      signature.setIdentifierHeader(identifierHeader);
      signature.setSignature(signParts(orderer.key, ...signed));
      return signature;
    }),
  );
  return metadata.serializeBinary();
}
