import { hex } from '../bytes.ts';

/** The checkpoint that is anchored: of the log `origin`, with `size` leaves. */
export interface AnchoredRoot {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** The key that the contract writes once for each size of a log, and never again. */
export function anchorKey({ origin, size }: Pick<AnchoredRoot, 'origin' | 'size'>): string {
  return `anchor/${origin}/${String(size).padStart(16, '0')}`;
}

/** What it writes there; no other spelling counts. */
export function anchorValue({ origin, size, root }: AnchoredRoot): string {
  return `{"origin":"${origin}","size":${size},"root":"${hex(root)}"}`;
}
