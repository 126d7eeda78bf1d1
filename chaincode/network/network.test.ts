import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromHex } from '../../ledger/core/bytes.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { verifyFabricReceipt } from '../../ledger/core/fabric/verify-receipt.ts';
import {
  type AnchorClient,
  connectAnchorClient,
  type NetworkAddress,
} from '../../test/support/anchor-client.ts';
import { checkBlock, readChannel } from '../../test/support/block-check.ts';
import { describeFabric } from '../../test/support/fabric-programs.ts';
import { signedLog } from '../../test/support/signed-log.ts';
import type { NetworkOrganisation } from './connection.ts';
import { type FabricNetworkProcess, startNetwork } from './network.ts';
import { listens, NodeProcess } from './node-process.ts';
import { findFreePorts } from './ports.ts';

const log = signedLog('network.test/log', 40);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** The reason in `<code>: <words>`, or what else both peers say. */
const refusalOf = async (run: Promise<unknown>) => {
  const error = await run.then(
    () => undefined,
    (thrown: { code: number; details: { message: string }[] }) => thrown,
  );
  const words = error?.details.map(({ message }) => message) ?? [];
  return new Set(
    words.map((said) => /^chaincode response 500, ([\w-]+): /.exec(said)?.[1] ?? said),
  );
};

/**
 * Anchors the log at `size`, after `before`. As a client has to: a fault ends an attempt, and the anchor
 * may be there for all that.
 */
async function anchorThrough(client: AnchorClient, before: number, size: number): Promise<void> {
  const at = () => client.contract.evaluateTransaction('At', log.origin, String(size));
  for (let attempt = 1; ; attempt += 1) {
    const call = [log.origin, log.checkpoint(size), log.proof(before, size)];
    try {
      await client.contract.submitTransaction('Submit', ...call);
      return;
    } catch (error) {
      const found = await at().then(text, () => '');
      if (found !== '') return;
      if (attempt === 400) throw error;
    }
    await wait(50);
  }
}

describeFabric('a network of Fabric', (bin) => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-network-'));
  let network: FabricNetworkProcess;
  let admin: AnchorClient;
  let client: AnchorClient;
  let auditor: AnchorClient;

  const connectAll = () => {
    const [property, auditing] = network.organisations;
    if (property === undefined || auditing === undefined) throw new Error('two organisations');
    admin = connectAnchorClient(network, property.admin);
    client = connectAnchorClient(network, property.client);
    auditor = connectAnchorClient({ ...network, ...addressOf(auditing) }, auditing.client);
  };
  const addressOf = ({ address, tls }: NetworkOrganisation) => ({ address, tls });
  const closeAll = () => {
    for (const one of [admin, client, auditor]) one.close();
  };
  /** Kept here: a gateway asks the peer that it believes to be ahead, which may be behind by now. */
  let size = 0;
  const anchorNext = async () => {
    await anchorThrough(client, size, size + 1);
    size += 1;
  };

  /** A status comes from one peer; until the other has the block too, their answers differ. */
  const endorseAlike = async (name: string, ...call: string[]) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await client.contract.newProposal(name, { arguments: call }).endorse();
      } catch (error) {
        if (attempt === 100) throw error;
      }
      await wait(20);
    }
  };

  beforeAll(async () => {
    network = await startNetwork({ folder, bin });
    connectAll();
  });
  afterAll(async () => {
    closeAll();
    await network.stop();
    rmSync(folder, { recursive: true });
  });

  test('registers the key of a log, once, by an administrator', async () => {
    const other = signedLog(log.origin, 1).vkey;
    const register = (by: AnchorClient, vkey: string) =>
      by.contract.submitTransaction('RegisterKey', log.origin, vkey);
    expect(await refusalOf(register(client, log.vkey))).toEqual(new Set(['not-an-admin']));
    await register(admin, log.vkey);
    await endorseAlike('Key', log.origin);
    expect(text(await auditor.contract.evaluateTransaction('Key', log.origin))).toBe(log.vkey);
    expect(await refusalOf(register(admin, other))).toEqual(new Set(['log-key-fixed']));
  });

  test('anchors a log that grows, and finds its anchors again', async () => {
    const at = (name: string, ...rest: string[]) =>
      auditor.contract.evaluateTransaction(name, log.origin, ...rest).then(text);
    const record = (size: number) => ({
      ...{ origin: log.origin, size, root: Buffer.from(log.root(size)).toString('hex') },
    });
    expect(await at('Latest')).toBe('');
    await client.contract.submitTransaction('Submit', log.origin, log.checkpoint(2), '');
    await endorseAlike('Latest', log.origin);
    const next = [log.origin, log.checkpoint(5), log.proof(2, 5)];
    await auditor.contract.submitTransaction('Submit', ...next);
    await endorseAlike('Latest', log.origin);
    expect(JSON.parse(await at('Latest'))).toEqual(record(5));
    expect(JSON.parse(await at('At', '2'))).toEqual(record(2));
    expect(await at('At', '3')).toBe('');
    expect(JSON.parse(await at('History', '0'))).toEqual({
      ...{ anchors: [record(2), record(5)], more: false },
    });
  });

  test('is refused what the contract refuses, by both peers alike', async () => {
    const submit = (note: string, proof = '', origin = log.origin) =>
      refusalOf(client.contract.submitTransaction('Submit', origin, note, proof));
    const stranger = signedLog('network.test/unknown', 3);
    const forged = signedLog(log.origin, 9);
    const otherRoot = new Uint8Array(32).fill(7);
    expect(await submit(log.checkpoint(2))).toEqual(new Set(['anchor-not-growing']));
    expect(await submit(log.checkpoint(5))).toEqual(new Set(['anchor-known']));
    expect(await submit(log.checkpointOver(5, otherRoot))).toEqual(new Set(['anchor-fork']));
    expect(await submit(log.checkpointOver(9, otherRoot), log.proof(5, 9))).toEqual(
      new Set(['root-mismatch']),
    );
    expect(await submit(forged.checkpoint(9), log.proof(5, 9))).toEqual(
      new Set(['signature-missing']),
    );
    expect(await submit(stranger.checkpoint(3), '', stranger.origin)).toEqual(
      new Set(['log-key-unknown']),
    );
    expect(await refusalOf(client.contract.submitTransaction('Grow'))).toEqual(
      new Set(['transaction-unknown']),
    );
  });

  test('leaves out what one organisation alone has endorsed, or what comes too late', async () => {
    const call = { arguments: [log.origin, log.checkpoint(6), log.proof(5, 6)] };
    const submit = async (proposal: ReturnType<typeof client.contract.newProposal>) =>
      (await proposal.endorse()).submit();
    const alone = { ...call, endorsingOrganizations: ['PropertyMSP'] };
    const one = await submit(client.contract.newProposal('Submit', alone));
    expect((await one.getStatus()).code).toBe(peer.TxValidationCode.ENDORSEMENT_POLICY_FAILURE);
    const [first, second] = await Promise.all([
      client.contract.newProposal('Submit', call).endorse(),
      client.contract.newProposal('Submit', call).endorse(),
    ]);
    const statuses = [
      await (await first.submit()).getStatus(),
      await (await second.submit()).getStatus(),
    ];
    expect(statuses.map(({ code }) => code)).toEqual([0, peer.TxValidationCode.MVCC_READ_CONFLICT]);
    size = 6;
  });

  test('endorses at its own time only: a proposal is within 15 minutes of the clock of each peer', async () => {
    const endorseAt = (minutes: number) => {
      const call = client.contract.newProposal('Latest', { arguments: [log.origin] });
      return client.gateway.newProposal(shiftTime(call.getBytes(), minutes)).endorse();
    };
    for (const minutes of [-14, 14]) await endorseAt(minutes);
    for (const minutes of [-16, 16]) {
      const [words] = await refusalOf(endorseAt(minutes));
      expect(words).toContain('request unauthorized due to incorrect timestamp');
    }
  });

  test('turns away a client that believes in another authority', async () => {
    const [, auditing] = network.organisations;
    if (auditing === undefined) throw new Error('two organisations');
    const deceived: NetworkAddress = { ...network, tls: auditing.tls };
    const stranger = connectAnchorClient(deceived, auditing.client);
    await expect(
      stranger.contract.newProposal('Latest', { arguments: [log.origin] }).evaluate(),
    ).rejects.toMatchObject({ code: 14 });
    stranger.close();
  });

  /** Anchors the log at `to` and has the receipt judged by these organisations' word. */
  const judgeAnchor = async (to: number, judges: readonly string[], update: Uint8Array[] = []) => {
    const call = [log.origin, log.checkpoint(to), log.proof(size, to)];
    const transaction = await endorseAlike('Submit', ...call);
    const { blockNumber, transactionId } = await (await transaction.submit()).getStatus();
    size = to;
    const query = client.ledger.evaluateTransaction(
      'GetBlockByNumber',
      'anchors',
      `${blockNumber}`,
    );
    const block = Uint8Array.from(await query);
    const prepared = gateway.PreparedTransaction.deserializeBinary(
      (await endorseAlike('At', log.origin, String(size))).getBytes(),
    );
    const channel = { channel: network.channel, chaincode: network.chaincode };
    const receipt = {
      ...{ ...channel, index: 0, block, config: [network.genesis, ...update] },
      validity: prepared.getEnvelope()?.serializeBinary() ?? new Uint8Array(0),
    };
    const { origin, root } = parseCheckpoint(log.checkpoint(size));
    const endorsement = { threshold: judges.length, organisations: judges };
    const trusted = { ...channel, endorsement, pinned: fromHex(network.genesisHash) };
    const verdict = verifyFabricReceipt(receipt, { origin, size, root }, trusted);
    return { verdict, transactionId, block };
  };

  test('gives receipts that are proven valid, of a real network', async () => {
    const both = ['PropertyMSP', 'AuditorMSP'];
    const { verdict, transactionId, block } = await judgeAnchor(9, both);
    expect(verdict).toMatchObject({
      ...{ ok: true, origin: log.origin, size: 9, transactionId, quorum: 3, index: 0 },
      ...{ endorsers: ['AuditorMSP', 'PropertyMSP'], validity: 'proven', network: 'real' },
    });
    const checked = checkBlock(block, readChannel(network.genesis));
    expect(checked.transactions.map(({ txId }) => txId)).toEqual([transactionId]);
  });

  describe('goes on', () => {
    const without = async (name: string) => {
      await network.kill(name);
      await anchorNext();
      await network.start(name);
      await anchorNext();
    };

    test('without an orderer that follows, and takes it back', () => without('orderer-notary'));

    test('after a restart of everything, on the same channel', async () => {
      const { genesisHash } = network;
      closeAll();
      await network.stop();
      // As if the first start had been interrupted: what is done already stays done.
      rmSync(join(folder, 'channel-is-set-up'));
      network = await startNetwork({ folder, bin });
      connectAll();
      expect(network.genesisHash).toBe(genesisHash);
      const latest = await client.contract.evaluateTransaction('Latest', log.origin);
      expect(JSON.parse(text(latest)).size).toBe(size);
      await anchorNext();
    });

    // The first leader is the first consenter. All have just been started: while one is still catching up, the
    // loss of another takes them much longer.
    test('without the leader of the orderers, and takes it back', () =>
      without('orderer-property'));

    test.each(['peer-auditor', 'peer-property', 'chaincode-auditor', 'chaincode-property'])(
      'when %s is back, which had to endorse',
      async (name) => {
        await network.kill(name);
        const call = [log.origin, log.checkpoint(size + 1), log.proof(size, size + 1)];
        await expect(client.contract.submitTransaction('Submit', ...call)).rejects.toThrow();
        await network.start(name);
        await network.ready();
        await anchorNext();
      },
    );
  });

  test('takes in a third organisation, by the lines of docs/fabric-network.md', async () => {
    const place = mkdtempSync(join(tmpdir(), 'billproof-member-'));
    const port = await findFreePorts(2);
    const { firstPort } = JSON.parse(readFileSync(join(folder, 'placement.json'), 'utf8'));
    const printed = join(place, 'log');
    const joining = new NodeProcess({
      ...{
        name: 'the script',
        command: 'bash',
        log: printed,
        address: { host: '127.0.0.1', port },
      },
      args: ['-ec', `${documentedLines()}\necho it has joined\nwait`],
      environment: {
        ...{ NET: folder, NEW: place, HOST: 'localhost', PORT: String(port), FABRIC_BIN: bin },
        ...{ ORDERER: `127.0.0.1:${firstPort}`, FABRIC_LOGGING_SPEC: 'WARN' },
        PATH: `${dirname(process.execPath)}:${bin}:${process.env['PATH']}`,
      },
    });
    await joining.start();
    const words = () => readFileSync(printed, 'utf8');
    await expect.poll(words, { timeout: 100_000 }).toContain('it has joined');
    const channel = client.gateway.getNetwork(network.channel);
    const update = channel.getContract('cscc').evaluateTransaction('GetConfigBlock', 'anchors');
    const three = ['AuditorMSP', 'PropertyMSP', 'ReviewMSP'];
    const { verdict } = await judgeAnchor(size + 1, three, [Uint8Array.from(await update)]);
    expect(verdict).toMatchObject({ ok: true, endorsers: three, validity: 'proven' });
    await joining.stop();
    rmSync(place, { recursive: true });
  });

  test('is started once a folder', async () => {
    await expect(startNetwork({ folder, bin })).rejects.toThrow('does this network run already?');
  });

  test('says that one machine plays every organisation, when told so; and dies whole', async () => {
    const place = mkdtempSync(join(tmpdir(), 'billproof-marked-'));
    const script = fileURLToPath(new URL('main.ts', import.meta.url));
    const child = spawn(process.execPath, [script, place, '--bin', bin, '--development'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const told: FabricNetworkProcess = JSON.parse(await firstLine(child));
    const file = JSON.parse(readFileSync(join(place, 'organisations.json'), 'utf8'));
    expect(file).toMatchObject({
      ...told,
      peers: [{ mspId: 'PropertyMSP' }, { mspId: 'AuditorMSP' }],
    });
    const marked = connectAnchorClient(told, file.peers[0].admin);
    await marked.contract.submitTransaction('RegisterKey', log.origin, log.vkey);
    marked.close();
    const genesis = readFileSync(join(place, 'genesis.block'));
    expect(readChannel(genesis).consortium).toBe('billproof-development');
    const { firstPort } = JSON.parse(readFileSync(join(place, 'placement.json'), 'utf8'));
    const ports = Array.from({ length: 12 }, (_, n) => ({
      host: '127.0.0.1',
      port: firstPort + n,
    }));
    const open = async () => (await Promise.all(ports.map(listens))).filter((is) => is).length;
    expect(await open()).toBe(12);
    child.kill('SIGKILL');
    await expect.poll(open).toBe(0);
    rmSync(place, { recursive: true });
  });
});

/** The proposal of a client whose clock is wrong; its signature is made when it is sent. */
function shiftTime(bytes: Uint8Array, minutes: number): Uint8Array {
  const proposed = gateway.ProposedTransaction.deserializeBinary(bytes);
  const signed = proposed.getProposal() ?? new peer.SignedProposal();
  const proposal = peer.Proposal.deserializeBinary(signed.getProposalBytes_asU8());
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const time = channelHeader.getTimestamp();
  time?.setSeconds(time.getSeconds() + minutes * 60);
  header.setChannelHeader(channelHeader.serializeBinary());
  proposal.setHeader(header.serializeBinary());
  signed.setProposalBytes(proposal.serializeBinary());
  return proposed.serializeBinary();
}

/** The commands of the section, without the block in which a reader sets variables. */
function documentedLines(): string {
  const document = readFileSync(new URL('../../docs/fabric-network.md', import.meta.url), 'utf8');
  const [, section = ''] = document.split('## An auditor');
  const lines = section.split('\n').filter((line) => line.startsWith('    '));
  return lines.filter((line) => !/^ {4}(?:NET=|export FABRIC_BIN)/.test(line)).join('\n');
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  let words = '';
  for await (const chunk of child.stdout) {
    words += chunk;
    if (words.includes('\n')) return words;
  }
  throw new Error(`the network has ended: ${await once(child, 'exit')}`);
}
