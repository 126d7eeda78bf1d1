// Opens a PostgreSQL store in a thread, as the writer's is one, commits a group, and tells the size.

import { parentPort, workerData } from 'node:worker_threads';
import { PostgresStore } from '../../ledger/store/postgres/postgres-store.ts';
import { SampleLog } from '../ports/sample-log.ts';

const { url, site }: { url: string; site: string } = workerData;
const store = new PostgresStore({ url });
store.createSite({ site, origin: site, currency: 'CNY', zone: 'UTC', vkey: 'v' }, 1);
store.commit([new SampleLog(site).grow({ lead: 3, batches: [] })], 1);
parentPort?.postMessage(store.size(site));
store.close();
