import type { AnchoredCheckpoint } from '../anchor/anchoring.ts';

/** The checkpoints of a store that others have dated, for bundles. */
export interface DatedCheckpoints {
  /** The smallest kept checkpoint with a quorum that holds `size` events. */
  kept(site: string, size: number): { readonly size: number; readonly note: string } | undefined;
  /** Of each of these chains (`AnchorChain.name`) the smallest anchored one that holds `size` events. */
  anchored(site: string, chains: readonly string[], size: number): AnchoredCheckpoint[];
  close(): void;
}

/** Where witnesses and chains are not asked. */
export const NO_DATES: DatedCheckpoints = {
  kept: () => undefined,
  anchored: () => [],
  close: () => undefined,
};
