import { Reading } from '../reading/reading.ts';
import { ReadingThread } from '../reading/reading-thread.ts';
import { type Replica, SpreadReading } from '../reading/spread-reading.ts';
import type { Cluster, DatabaseOptions } from './cluster.ts';
import { ReplicaWatch } from './replica-watch.ts';

/** How a process reads a database: the public log from a replica where there is one that is fresh. */
export function readingOf(
  { url, deadlineMs, replica }: DatabaseOptions,
  kek: Uint8Array,
  { membership }: Cluster,
): Reading {
  const threadOn = (place: string) =>
    new ReadingThread({ location: { kind: 'postgres', url: place, deadlineMs }, kek });
  let spare: Replica | undefined;
  if (replica !== undefined) {
    const watch = new ReplicaWatch(replica, membership);
    const close = () => watch.close();
    spare = { door: threadOn(replica.url), isFresh: () => watch.isFresh, close };
  }
  return new Reading(new SpreadReading(threadOn(url), threadOn(url), spare), threadOn(url));
}
