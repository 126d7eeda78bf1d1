import { openReader, type StoreLocation } from '../store/location.ts';
import { LogReading } from './log-reading.ts';

/** What a reading is opened with, in this thread or another. The KEK stays in the process. */
export interface ReadingSetup {
  readonly location: StoreLocation;
  readonly kek: Uint8Array;
}

/** Throws `StoreUnavailable` while a database cannot be reached. */
export function openLogReading({ location, kek }: ReadingSetup): LogReading {
  return new LogReading(openReader(location), kek);
}
