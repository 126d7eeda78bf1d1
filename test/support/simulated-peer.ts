import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, type Gateway, hash } from '@hyperledger/fabric-gateway';
import { ledger, gateway as messages, peer } from '@hyperledger/fabric-protos';
import { ChaincodeProcess } from '../../chaincode/devnet/chaincode-process.ts';
import { ChaincodeStream } from '../../chaincode/devnet/chaincode-stream.ts';
import { openOrganisations } from '../../chaincode/devnet/organisations.ts';
import { Simulation } from '../../chaincode/devnet/simulation.ts';
import { WorldState } from '../../chaincode/devnet/world-state.ts';

/** What a peer sees of one execution: the answer, and what it would sign. */
export interface Executed {
  readonly status: number;
  /** The answer, or the words of a refusal. */
  readonly text: string;
  readonly event: { readonly name: string; readonly payload: string } | undefined;
  readonly reads: readonly string[];
  readonly writes: Readonly<Record<string, string>>;
}

/** The peer's end of a real stream to the real contract in its own process, over a state in memory. */
export interface SimulatedPeer {
  readonly state: WorldState;
  /** Executes, and puts the writes of a success into the state. */
  execute(call: readonly string[], as?: 'admin' | 'client'): Promise<Executed>;
  stop(): Promise<void>;
}

export async function startSimulatedPeer(): Promise<SimulatedPeer> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-peer-'));
  const [organisation] = openOrganisations(folder, () => new Date()).peers;
  rmSync(folder, { recursive: true });
  if (organisation === undefined) throw new Error('there is no organisation of peers');
  const process = await ChaincodeProcess.start('anchor_1:test');
  const stream = new ChaincodeStream(process.address);
  const unused = new Client('127.0.0.1:1', credentials.createInsecure());
  const gateways = {
    admin: offlineGateway(unused, organisation.mspId, organisation.admin.certificate),
    client: offlineGateway(unused, organisation.mspId, organisation.client.certificate),
  };
  const state = new WorldState();
  let block = 1;
  return {
    state,
    async execute([name = '', ...parameters], as = 'client') {
      const simulation = new Simulation(state);
      const call = callOf(gateways[as], name, parameters);
      const { response, event } = await stream.execute(call, simulation);
      const { reads, writes } = readSets(simulation);
      if (response.getStatus() === 200) {
        for (const [key, value] of writes) {
          state.put(key, Buffer.from(value), { block, transaction: 0 });
        }
        block += 1;
      }
      const text = Buffer.from(response.getPayload_asU8()).toString();
      return {
        status: response.getStatus(),
        text: response.getStatus() === 200 ? text : response.getMessage(),
        event: event && {
          name: event.getEventName(),
          payload: Buffer.from(event.getPayload_asU8()).toString(),
        },
        reads,
        writes: Object.fromEntries(writes),
      };
    },
    async stop() {
      stream.close();
      for (const gateway of Object.values(gateways)) gateway.close();
      unused.close();
      await process.stop();
    },
  };
}

function offlineGateway(client: Client, mspId: string, certificate: string): Gateway {
  const identity = { mspId, credentials: Buffer.from(certificate) };
  return connect({ client, identity, hash: hash.sha256 });
}

/** The real client writes the proposal; the contract does not look at its signature, peers do. */
function callOf(gateway: Gateway, name: string, parameters: readonly string[]) {
  const contract = gateway.getNetwork('anchors').getContract('anchor');
  const proposal = contract.newProposal(name, { arguments: [...parameters] });
  const proposed = messages.ProposedTransaction.deserializeBinary(proposal.getBytes());
  const signed = proposed.getProposal() ?? new peer.SignedProposal();
  const input = new peer.ChaincodeInput();
  input.setArgsList([name, ...parameters].map((text) => Buffer.from(text)));
  return { txId: proposal.getTransactionId(), input, signed };
}

function readSets(simulation: Simulation): { reads: string[]; writes: [string, string][] } {
  const all = ledger.rwset.TxReadWriteSet.deserializeBinary(simulation.results('anchor'));
  const own = all.getNsRwsetList().find((set) => set.getNamespace() === 'anchor');
  const set = ledger.rwset.kvrwset.KVRWSet.deserializeBinary(
    own?.getRwset_asU8() ?? new Uint8Array(),
  );
  return {
    reads: set.getReadsList().map((read) => read.getKey()),
    writes: set
      .getWritesList()
      .map((write) => [write.getKey(), Buffer.from(write.getValue_asU8()).toString()]),
  };
}
