import { fromHex } from '../../ledger/core/bytes.ts';
import type { JsonObject } from '../../ledger/core/canonical-json.ts';
import { readEthereumReceipt } from '../../ledger/core/ethereum/receipt.ts';
import {
  type EthereumAnchor,
  type EthereumFailure,
  verifyEthereumReceipt,
} from '../../ledger/core/ethereum/verify-receipt.ts';

/** What a check takes, as JSON carries it: bytes in hex, the receipt as it lies in a bundle. */
export interface EthereumCase {
  readonly network: {
    readonly chainId: number;
    readonly contract: string;
    readonly codeHash: string;
    readonly blocks: readonly string[];
  };
  readonly anchored: { readonly origin: string; readonly size: number; readonly root: string };
  readonly receipt: JsonObject;
}

/** What a case has otherwise: members of its three objects, which replace those of the same name. */
export interface EthereumChange {
  readonly network?: Partial<EthereumCase['network']>;
  readonly anchored?: Partial<EthereumCase['anchored']>;
  readonly receipt?: JsonObject;
}

export interface EthereumVectors {
  readonly about: string;
  readonly case: EthereumCase;
  readonly expected: Readonly<Record<string, string | number>>;
  readonly variants: readonly {
    readonly name: string;
    readonly change: EthereumChange;
    /** `pinned` or `block not pinned`; or the code of the failure, and the part of the receipt. */
    readonly expected: string;
  }[];
}

export function changedCase(one: EthereumCase, change: EthereumChange): EthereumCase {
  return {
    network: { ...one.network, ...change.network },
    anchored: { ...one.anchored, ...change.anchored },
    receipt: { ...one.receipt, ...change.receipt },
  };
}

export function judgeEthereumCase(one: EthereumCase): EthereumAnchor | EthereumFailure {
  const { network, anchored, receipt } = one;
  return verifyEthereumReceipt(
    readEthereumReceipt(receipt, ''),
    { ...anchored, root: fromHex(anchored.root) },
    {
      ...network,
      codeHash: fromHex(network.codeHash),
      blocks: network.blocks.map((hash) => fromHex(hash)),
    },
  );
}

/** What each variant comes to, in the words in which the file expects it. */
export function judgeVariants({ case: base, variants }: EthereumVectors): readonly string[] {
  return variants.map(({ change }) => {
    const verdict = judgeEthereumCase(changedCase(base, change));
    return verdict.ok ? verdict.trust : `${verdict.code} ${verdict.params['part']}`;
  });
}
