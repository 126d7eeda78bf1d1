// The thread of a bridge to PostgreSQL that ends when it is asked to, as by a fault in it.

import { workerData } from 'node:worker_threads';
import type { BridgeRequest, BridgeSetup } from '../../ledger/store/postgres/bridge-messages.ts';

const { port }: BridgeSetup = workerData;
port.on('message', (request: BridgeRequest) => {
  if (request.kind === 'run' && request.statements[0]?.text === 'die') process.exit(7);
});
await import('../../ledger/store/postgres/bridge-thread.ts');
