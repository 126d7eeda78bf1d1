import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { enrolBridge } from '../../meter-bridge/identity.ts';
import { bridgeFolder } from './building.ts';
import type { FrontDesk } from './front-desk.ts';

const CREATED = z.object({ token: z.string() });

/** Enrols the bridge's key unless that was done: each token works once, so a new one is asked for. */
export async function enrolOnce(
  desk: FrontDesk,
  options: { readonly url: string; readonly bridge: string; readonly data: string },
  nowMs: number,
): Promise<void> {
  const { url, bridge, data } = options;
  const dataDir = bridgeFolder(data);
  if (existsSync(join(dataDir, 'identity.json'))) return;
  const { token } = CREATED.parse(await desk.post('/v1/bridges', randomUUID(), { bridge }));
  await enrolBridge({ url, bridge, token, dataDir, nowMs });
}
