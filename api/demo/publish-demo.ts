import { join } from 'node:path';
import * as z from 'zod';
import { writeDurably } from '../../ledger/write-durably.ts';
import {
  type DemoFile,
  type DemoTenant,
  readDemoFile,
  type TamperedFile,
  writeDemoFile,
} from './demo-file.ts';
import type { IssuedStatement } from './front-desk.ts';
import { LOAD_ACCOUNT } from './load-replay.ts';
import { type OpenDemo, tokenOf } from './open-demo.ts';
import { tamper } from './tampered-bill.ts';
import { TENANTS } from './tower.ts';

const SHARED = z.object({ url: z.string() });

/** Writes the trust file, the tampered bill and `demo.json`, and answers what the latter says. */
export async function publishDemo(demo: OpenDemo, bridge: DemoFile['bridge']): Promise<DemoFile> {
  const { options, ledger, service, site, desk, staffToken, fabric } = demo;
  // What fails here is told in the log, and shows in every bill; it keeps nothing from starting.
  await ledger.anchorNow();
  const { data } = options;
  const { url } = service;
  const trustFile = join(data, 'trust.policy');
  writeDurably(trustFile, ledger.policy(site.site));
  const before = readDemoFile(data);
  const newest = new Map<string, IssuedStatement>();
  for (const statement of await desk.statements()) newest.set(statement.account, statement);
  const tenants: DemoTenant[] = [];
  for (const person of peopleOf(demo)) {
    const statement = newest.get(person.account);
    if (statement !== undefined) tenants.push(await tenantOf(demo, person, statement, before));
  }
  const victim = tenants[1] ?? tenants[0];
  const written: DemoFile = {
    ...{ url, site: site.site, origin: site.origin, vkey: site.vkey },
    logUrl: `${url}/log/${site.site}`,
    ...{ trustFile, staffToken, bridge, tenants },
    auditorToken: await tokenOf(service, 'auditor', site.site),
    tampered: await tampered(demo, newest.get(victim?.account ?? '')),
    fabric: { ...fabric, organisations: [...fabric.organisations] },
    ...{ ethereum: null, witnesses: [...demo.witnesses] },
  };
  writeDemoFile(data, written);
  return written;
}

function peopleOf({ plan }: OpenDemo): readonly { account: string; name: string }[] {
  return plan.kind === 'tower' ? TENANTS.slice(0, plan.tenants) : [LOAD_ACCOUNT];
}

/** A link that was given out goes on to work, so the next start gives the same. */
async function tenantOf(
  { service, site, desk }: OpenDemo,
  { account, name }: { readonly account: string; readonly name: string },
  statement: IssuedStatement,
  before: DemoFile | undefined,
): Promise<DemoTenant> {
  const bundleUrl = `${service.url}/v1/statements/${statement.id}/bundle`;
  const known = before?.tenants.find((tenant) => tenant.bundleUrl === bundleUrl)?.verifyUrl;
  const path = `/v1/statements/${statement.id}/share`;
  const verifyUrl = known ?? SHARED.parse(await desk.post(path, `share-${statement.id}`, {})).url;
  const token = await tokenOf(service, 'tenant-owner', site.site, account);
  return { account, name, token, verifyUrl, bundleUrl };
}

async function tampered(
  { desk, options, site }: OpenDemo,
  statement: IssuedStatement | undefined,
): Promise<TamperedFile | null> {
  if (statement === undefined) return null;
  const forged = tamper(await desk.text(`/v1/statements/${statement.id}/bundle`), site.zone);
  if (forged === undefined) return null;
  const file = join(options.data, 'tampered.billproof');
  writeDurably(file, forged.text);
  return { file, account: statement.account, statement: statement.id, what: forged.what };
}
