// The thread of a reading that ends when it is asked about a site `die`, as by a fault in it.

import { parentPort } from 'node:worker_threads';
import type { ReadingRequest } from '../../ledger/reading/thread-messages.ts';

parentPort?.on('message', (request: ReadingRequest) => {
  if (request.kind === 'ask' && request.asked[0] === 'die') process.exit(7);
});
await import('../../ledger/reading/thread.ts');
