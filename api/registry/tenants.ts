import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import { type Kept, LEASE, shownText, TENANT, type TenantDoc } from './records.ts';
import { isSame, put, type Registry } from './registry.ts';

const contact = z.strictObject({
  name: shownText,
  role: shownText.optional(),
  phone: z
    .string()
    .regex(/^\+?[0-9][0-9 -]{3,24}$/)
    .optional(),
  email: z
    .string()
    .regex(/^[^\s@]{1,64}@[^\s@]{1,190}$/)
    .optional(),
});

/** All that says who a tenant is: kept sealed, told to who may read tenants, in no event and no log line. */
export const personal = {
  name: shownText,
  /** Unified social credit code, or the number of an identity document. */
  number: z
    .string()
    .regex(/^[0-9A-Za-z-]{4,32}$/)
    .optional(),
  address: shownText.optional(),
  contacts: z.array(contact).max(20).default([]),
};
export const personalShape = z.strictObject(personal);
export type Personal = z.output<typeof personalShape>;

export interface NewTenant extends Personal {
  readonly tenant: string;
  readonly kind: TenantDoc['kind'];
}
/** Without what was erased. */
export type TenantView = Omit<TenantDoc, 'sealed'> & Partial<Personal>;

/** The same again is taken for the same request. Refuses `tenant-exists`, `person-erased`. */
export async function addTenant(
  registry: Registry,
  site: string,
  by: string,
  fields: NewTenant,
): Promise<TenantView> {
  const { tenant, kind, ...who } = fields;
  return await registry.change(site, async () => {
    const known = await registry.find(site, TENANT, tenant);
    const bare = { tenant, kind, state: 'active' as const, createdAt: registry.now, by };
    const view = { ...bare, ...who };
    if (known !== undefined) {
      const [found] = await tenantViews(registry, site, [known]);
      if (found !== undefined && isSame(found, view)) return { changes: [], result: found };
      throw new Refusal('tenant-exists', `There is or was a tenant ${tenant}.`, { tenant });
    }
    const sealed = await registry.personal.seal(site, tenant, who);
    return { changes: [put(TENANT, tenant, undefined, { ...bare, sealed })], result: view };
  });
}

/** Writes what is known of a tenant anew, all of it. Refuses `tenant-unknown`, `person-erased`. */
export async function changeTenant(
  registry: Registry,
  site: string,
  tenant: string,
  who: Personal,
): Promise<TenantView> {
  return await registry.change(site, async () => {
    const known = await mustHaveTenant(registry, site, tenant);
    const sealed = await registry.personal.seal(site, tenant, who);
    const doc = { ...known.doc, sealed, changedAt: registry.now };
    const { sealed: _, ...bare } = doc;
    return { changes: [put(TENANT, tenant, known, doc)], result: { ...bare, ...who } };
  });
}

/**
 * Forgets who a tenant is, for good: first the key, which makes every copy unreadable, then what was
 * sealed with it. Ids, leases and accounts stay, since they say nobody's name. Again it finds nothing to
 * do. Refuses `tenant-unknown`, `tenant-has-lease` while a lease is not over.
 */
export async function eraseTenant(
  registry: Registry,
  site: string,
  tenant: string,
): Promise<TenantView> {
  await mustHaveTenant(registry, site, tenant);
  for (const { doc } of await registry.all(site, LEASE, ['tenant', tenant])) {
    if (doc.state === 'closed' || doc.state === 'cancelled') continue;
    throw new Refusal('tenant-has-lease', `Lease ${doc.lease} of this tenant is not over.`, {
      ...{ tenant, lease: doc.lease },
    });
  }
  await registry.personal.erase(site, tenant);
  return await registry.change(site, async () => {
    const known = await mustHaveTenant(registry, site, tenant);
    const { sealed, ...bare } = known.doc;
    if (sealed === undefined) return { changes: [], result: bare };
    const doc = { ...bare, state: 'erased' as const, changedAt: registry.now };
    return { changes: [put(TENANT, tenant, known, doc)], result: doc };
  });
}

export async function mustHaveTenant(
  registry: Registry,
  site: string,
  tenant: string,
): Promise<Kept<TenantDoc>> {
  const found = await registry.find(site, TENANT, tenant);
  if (found !== undefined) return found;
  throw new Refusal('tenant-unknown', `There is no tenant ${tenant}. Check the number.`, {
    tenant,
  });
}

/** With their names and contacts, as far as they were not erased. */
export async function tenantViews(
  registry: Registry,
  site: string,
  tenants: readonly Kept<TenantDoc>[],
): Promise<TenantView[]> {
  const sealed = tenants.flatMap(({ doc: { tenant, sealed: text } }): [string, string][] => {
    return text === undefined ? [] : [[tenant, text]];
  });
  const opened = await registry.personal.open(site, new Map(sealed));
  return tenants.map(({ doc: { sealed: _, ...bare } }) => {
    const who = opened.get(bare.tenant);
    return who === undefined ? bare : { ...bare, ...personalShape.parse(who) };
  });
}
