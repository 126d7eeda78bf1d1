import { openReader, type StoreLocation } from '../store/location.ts';
import { type DatedCheckpoints, NO_DATES } from './dated-checkpoints.ts';
import { LogReading } from './log-reading.ts';
import { SqliteDatedCheckpoints } from './sqlite-dated-checkpoints.ts';

/** What a reading is opened with, in this thread or another. The KEK stays in the process. */
export interface ReadingSetup {
  readonly location: StoreLocation;
  readonly kek: Uint8Array;
}

/** Throws `StoreUnavailable` while a database cannot be reached. */
export function openLogReading({ location, kek }: ReadingSetup): LogReading {
  return new LogReading(openReader(location), datedCheckpointsIn(location), kek);
}

/** What witnesses and chains answer is kept in files so far, and not in a database. */
function datedCheckpointsIn(location: StoreLocation): DatedCheckpoints {
  return location.kind === 'sqlite' ? new SqliteDatedCheckpoints(location.dataDir) : NO_DATES;
}
