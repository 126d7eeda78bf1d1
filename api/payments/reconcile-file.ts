import { createHash } from 'node:crypto';
import { Refusal } from '../../ledger/core/refusal.ts';
import { PROVIDER_NAMES, type ProviderName } from '../../payments/provider.ts';
import { reconcileDay } from '../../payments/reconcile/reconcile-day.ts';
import { expectedOf, spanOfDay } from '../../payments/reconcile/settlement-day.ts';
import { readSettlement } from '../../payments/settlement/read-settlement.ts';
import type { SettlementRow } from '../../payments/settlement-row.ts';
import type { CommandResult } from '../ledger-commands.ts';
import type { SiteView } from '../ledger-port.ts';
import { bankReport } from './bank-day.ts';
import { sitesOfOrder } from './order-number.ts';
import { OurDay } from './our-day.ts';
import { exceptionText, fineText } from './report-facts.ts';
import { type Desk, type FileGiven, once } from './settlement-given.ts';

/** Fetches the day's file and reconciles it. Refuses `settlement-not-ready` and what reading refuses. */
export async function reconcileFetched(
  desk: Desk,
  asked: Pick<FileGiven, 'source' | 'day' | 'feePercent'>,
): Promise<CommandResult> {
  const provider = desk.payDesk.provider(asked.source);
  spanOfDay(provider.name, asked.day);
  const file = await provider.settlementFile(asked.day);
  if (file === undefined) {
    const message = `The file of ${asked.day} is not made yet. Ask again the next day.`;
    throw new Refusal('settlement-not-ready', message, { day: asked.day });
  }
  return await reconcileGiven(desk, { ...asked, bytes: file.bytes, rows: file.rows });
}

/** Reconciles a file however it came. Nothing is kept unless all of it was read. */
export async function reconcileGiven(desk: Desk, given: FileGiven): Promise<CommandResult> {
  const { ledger, site: name, by } = desk;
  const site = await ledger.findSite(name);
  if (site === undefined) throw new Refusal('site-unknown', `There is no site ${name}.`);
  const source = PROVIDER_NAMES.find((provider) => provider === given.source);
  const file = createHash('sha256').update(given.bytes).digest('hex');
  const facts =
    given.source === 'bank'
      ? await bankReport(desk, site, given)
      : await providerReport(desk, site, { ...given, source: source ?? unknown(given.source) });
  const report = { ...facts, source: given.source, day: given.day, file, currency: site.currency };
  return await ledger.execute({ do: 'complete-reconciliation', site: name, report, by });
}

async function providerReport(
  desk: Desk,
  { site, currency }: SiteView,
  given: FileGiven & { readonly source: ProviderName },
) {
  const { ledger } = desk;
  const { source, day } = given;
  const span = spanOfDay(source, day);
  const ours = await OurDay.read({ ledger, site, source, span });
  const others = (await ledger.sites()).map((view) => view.site).filter((view) => view !== site);
  const report = await reconcileDay({
    ...{ source, day, span, currency, payments: ours.payments(), refunds: await ours.refunds() },
    rows: given.rows ? rowsOf(desk, given) : [],
    order: async (order) => await ours.stateOf(order),
    feeOf: given.feePercent === undefined ? undefined : agreedFee(given.feePercent),
    isElsewhere: (order) =>
      sitesOfOrder(order, others).length > 0 && sitesOfOrder(order, [site]).length === 0,
  });
  const { rows, elsewhereRows: _, foreignRows: __, ...sums } = report.sums;
  return {
    ...{ rows, matched: report.matched, unexplained: fineText(report.unexplained, currency) },
    sums: Object.fromEntries(
      Object.entries(sums).map(([sum, value]) => [sum, fineText(value, currency)]),
    ),
    exceptions: report.exceptions.map((exception) => exceptionText(exception, currency)),
  };
}

function rowsOf(
  { payDesk }: Desk,
  { source, day, bytes, merchant }: FileGiven & { readonly source: ProviderName },
): AsyncIterable<readonly SettlementRow[]> {
  const own = payDesk.providers.find(({ name }) => name === source)?.merchant;
  // Stripe's pages name nobody: they are fetched with the account's own key.
  const named = own ?? merchant ?? (source === 'stripe' ? '' : undefined);
  if (named === undefined) {
    const message = 'Say which merchant’s file it is: ?merchant=…';
    throw new Refusal('settlement-merchant-missing', message);
  }
  return readSettlement(expectedOf(source, day, named), once(bytes)).batches();
}

/** Per cent with up to four decimals, of minor units, in ten-thousandths of one: exact but for its end. */
function agreedFee(percent: string): (minor: bigint) => bigint {
  const [whole = '0', decimals = ''] = percent.split('.');
  const tenThousandths = BigInt(whole + decimals.padEnd(4, '0'));
  return (minor) => (minor * tenThousandths + 50n) / 100n;
}

function unknown(source: string): never {
  const providers = [...PROVIDER_NAMES, 'bank'].join(', ');
  const message = `Files are of ${providers}, not of ${source}.`;
  throw new Refusal('provider-unknown', message, { providers });
}
