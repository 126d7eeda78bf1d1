import type { KeyWrap } from '../account-keys.ts';
import type { CheckpointStore } from '../checkpoint-store.ts';
import type { Clock } from '../clock.ts';
import type { NoteSigner } from '../note-signer.ts';
import type { SharedStore, SiteRow, Store } from '../store/port.ts';

/** What a keeper works with; it closes nothing but what `close` says. */
export interface KeeperParts {
  readonly store: Store;
  /** The same store, when others write to it too: then sites are taken and released one by one. */
  readonly shared?: SharedStore | undefined;
  readonly last: CheckpointStore;
  /** The key that signs a site's log. */
  readonly signerOf: (site: Pick<SiteRow, 'site' | 'origin'>) => NoteSigner;
  readonly wrap: KeyWrap;
  readonly clock: Clock;
  /** Longest time from a commit to its signed checkpoint. */
  readonly checkpointMs: number;
  /** Lets `clock` requests move the time of events. */
  readonly simulatedClock: boolean;
  readonly close: () => void;
}
