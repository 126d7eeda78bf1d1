import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { writeDurably } from '../../ledger/write-durably.ts';

const TENANT = z.object({
  account: z.string(),
  name: z.string(),
  token: z.string(),
  verifyUrl: z.string(),
  bundleUrl: z.string(),
});

const TAMPERED = z.object({
  file: z.string(),
  account: z.string(),
  statement: z.string(),
  what: z.string(),
});

const WITNESS = z.object({ name: z.string(), vkey: z.string(), url: z.string() });

const FABRIC = z.object({
  network: z.literal('development'),
  gateway: z.string(),
  channel: z.string(),
  chaincode: z.string(),
  genesisHash: z.string(),
  organisations: z.array(z.string()),
  folder: z.string(),
});

/** `demo.json`: how scripts find what the demonstration serves. Times and figures are not in it. */
const DEMO = z.object({
  url: z.string(),
  site: z.string(),
  origin: z.string(),
  vkey: z.string(),
  logUrl: z.string(),
  /** C2SP tlog-policy that pins the log's key and the quorum of its witnesses. */
  trustFile: z.string(),
  staffToken: z.string(),
  auditorToken: z.string(),
  /** `modbus` is host:port of the simulated meters; null where a file was replayed and is done. */
  bridge: z.object({ id: z.string(), modbus: z.string().nullable() }),
  /** Links lead to the newest statement of each. */
  tenants: z.array(TENANT),
  tampered: TAMPERED.nullable(),
  /** The channel that the log is anchored on, played by this machine alone. */
  fabric: FABRIC,
  ethereum: z.null(),
  /** Cosign the log's checkpoints; the trust file asks for them. */
  witnesses: z.array(WITNESS),
});

export type DemoFile = z.output<typeof DEMO>;
export type DemoTenant = z.output<typeof TENANT>;
export type TamperedFile = z.output<typeof TAMPERED>;

/** The one of the start before; undefined where there is none that can be read. */
export function readDemoFile(data: string): DemoFile | undefined {
  const path = join(data, 'demo.json');
  if (!existsSync(path)) return undefined;
  try {
    return DEMO.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Tokens are in it: for the owner's eyes only. */
export function writeDemoFile(data: string, demo: DemoFile): void {
  const text = `${JSON.stringify(DEMO.parse(demo), null, 2)}\n`;
  writeDurably(join(data, 'demo.json'), text, 0o600);
}
