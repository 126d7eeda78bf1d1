import type { Verdict } from '../../ledger/core/verdict.ts';
import type { Attack } from './attack.ts';

/** What a verdict says of a forgery: the main reason of each layer that failed. */
export interface Judgement {
  readonly overall: Verdict['overall'];
  readonly failed: Readonly<Record<number, string>>;
  readonly paper?: string;
}

export function judgementOf({ overall, layers, paper }: Verdict): Judgement {
  const failed = layers.flatMap(({ n, status, findings }) =>
    status === 'failed' ? [[n, findings[0]?.code ?? '']] : [],
  );
  const told = { overall, failed: Object.fromEntries(failed) };
  return paper === undefined ? told : { ...told, paper: paper.code };
}

/** Layer 0 is the paper bill. A file that nobody can read fails layer 1 alone. */
export function judgementFor({ layer, code, also }: Attack): Judgement {
  if (layer === 0) return { overall: 'failed', failed: {}, paper: code };
  const isUnusable = layer === 1 && also === undefined;
  return { overall: isUnusable ? 'unusable' : 'failed', failed: { ...also, [layer]: code } };
}
