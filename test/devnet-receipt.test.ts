import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { common, gateway } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Devnet, startDevnet } from '../chaincode/devnet/devnet.ts';
import { fromHex } from '../ledger/core/bytes.ts';
import { parseCheckpoint } from '../ledger/core/checkpoint.ts';
import type { FabricReceipt } from '../ledger/core/fabric/receipt.ts';
import { verifyFabricReceipt } from '../ledger/core/fabric/verify-receipt.ts';
import { type AnchorClient, connectAnchorClient } from './support/anchor-client.ts';
import { signedLog } from './support/signed-log.ts';

// What the development network hands out is judged by the very check of a real network's receipts.

const folder = mkdtempSync(join(tmpdir(), 'billproof-receipt-'));
const log = signedLog('receipt.test/log', 9);
let devnet: Devnet;
let client: AnchorClient;

beforeAll(async () => {
  devnet = await startDevnet({ folder });
  const [property] = devnet.organisations;
  if (property === undefined) throw new Error('the network has organisations');
  const admin = connectAnchorClient(devnet, property.admin);
  client = connectAnchorClient(devnet, property.client);
  await admin.contract.submitTransaction('RegisterKey', log.origin, log.vkey);
  admin.close();
  await client.contract.submitTransaction('Submit', log.origin, log.checkpoint(4), '');
});
afterAll(async () => {
  client.close();
  await devnet.stop();
  rmSync(folder, { recursive: true });
});

/** Anchors the log at 9 leaves and collects its receipt, with the peers' statement of its validity. */
async function anchored(): Promise<{ receipt: FabricReceipt; transactionId: string }> {
  const call = [log.origin, log.checkpoint(9), log.proof(4, 9)];
  const transaction = await client.contract.newProposal('Submit', { arguments: call }).endorse();
  const { blockNumber, transactionId } = await (await transaction.submit()).getStatus();
  const block = await client.ledger.evaluateTransaction(
    'GetBlockByNumber',
    devnet.channel,
    String(blockNumber),
  );
  const statement = await client.contract
    .newProposal('At', { arguments: [log.origin, '9'] })
    .endorse();
  const prepared = gateway.PreparedTransaction.deserializeBinary(statement.getBytes());
  const receipt = {
    ...{ channel: devnet.channel, chaincode: devnet.chaincode, index: 0 },
    block: Uint8Array.from(block),
    config: [devnet.genesis],
    validity: prepared.getEnvelope()?.serializeBinary() ?? new Uint8Array(0),
  };
  expect(common.Block.deserializeBinary(block).getHeader()?.getNumber()).toBe(Number(blockNumber));
  return { receipt, transactionId };
}

test('its receipt is proven valid, and says that the network is for development', async () => {
  const { receipt, transactionId } = await anchored();
  const network = {
    ...{ channel: devnet.channel, chaincode: devnet.chaincode },
    endorsement: { threshold: 2, organisations: ['PropertyMSP', 'AuditorMSP'] },
    pinned: fromHex(devnet.genesisHash),
  };
  const { origin, size, root } = parseCheckpoint(log.checkpoint(9));
  const verified = verifyFabricReceipt(receipt, { origin, size, root }, network);
  expect(verified).toMatchObject({
    ...{ ok: true, origin, size, transactionId, quorum: 3, index: 0 },
    ...{ endorsers: ['AuditorMSP', 'PropertyMSP'], validity: 'proven', network: 'development' },
  });
  const other = Uint8Array.from(root, (byte, i) => (i === 0 ? byte ^ 1 : byte));
  expect(verifyFabricReceipt(receipt, { origin, size, root: other }, network)).toMatchObject({
    ...{ ok: false, code: 'fabric-write-set' },
  });
  const foreign = { ...network, pinned: other };
  expect(verifyFabricReceipt(receipt, { origin, size, root }, foreign)).toMatchObject({
    ...{ ok: false, code: 'fabric-pinned-hash' },
  });
});
