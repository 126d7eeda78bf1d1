import { Refusal } from '../core/refusal.ts';
import { zoneOf } from '../core/zone.ts';
import type { NewSite } from './thread-messages.ts';

/** What an event could not hold must not get into the store: no start would read it again. */
export function refuseBadSite({ site, origin, currency, zone }: NewSite): void {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(site)) {
    throw new Refusal('bad-site-id', 'A site id has lowercase letters, digits and hyphens.');
  }
  if (!/^[a-z0-9][a-z0-9.:/_-]{0,254}$/.test(origin)) {
    throw new Refusal('bad-origin', 'An origin is a URL without its scheme, in lowercase.');
  }
  if (!/^[A-Z]{3}$/.test(currency)) {
    throw new Refusal('bad-currency', 'A currency has three capital letters, such as CNY.');
  }
  zoneOf(zone);
}
