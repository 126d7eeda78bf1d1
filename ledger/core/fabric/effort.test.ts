import { expect, it } from 'vitest';
import { ANCHORED, SampleChannel, signer } from '../../../test/support/fabric-network.ts';
import { portable } from '../primitives.ts';
import { verifyFabricReceipt } from './verify-receipt.ts';

const channel = new SampleChannel();
const [orderer] = channel.orderers;
if (orderer === undefined) throw new Error('the sample has orderers');
/** As many as a channel may have, all of one organisation. */
const consenters = Array.from({ length: 64 }, (_, i) => ({
  id: i + 1,
  signer: signer(orderer, 'orderer'),
}));
const genesis = channel.configBlock({ consenters });

/** A receipt after so many changes of the configuration, each signed by all. */
function receiptAfter(updates: number) {
  const config = [genesis];
  for (let n = 1; n <= updates; n += 1) {
    const block = { number: n, lastConfig: n, signers: consenters };
    config.push(channel.configBlock({ consenters, sequence: n }, block));
  }
  const last = { number: updates + 1, lastConfig: updates, signers: consenters };
  return channel.receipt({ config, block: channel.block([channel.transaction()], last) });
}

it('bounds what a channel of many keys costs whoever checks its receipt', () => {
  const checksOf = (updates: number) => {
    let checks = 0;
    const counting = {
      ...portable,
      // Whose keys they are does not matter for what they cost.
      verifyP256: () => {
        checks += 1;
        return true;
      },
    };
    const receipt = receiptAfter(updates);
    const verdict = verifyFabricReceipt(receipt, ANCHORED, channel.network(genesis), counting);
    return { checks, code: verdict.ok ? 'ok' : verdict.code };
  };
  const few = checksOf(1);
  expect(few.code).toBe('ok');
  expect(few.checks).toBeLessThanOrEqual(600);
  expect(checksOf(15)).toEqual({ checks: 600, code: 'fabric-effort' });
});
