import { statementIssued } from '../../ledger/core/event-data.ts';
import type { StatementView } from '../ledger-port.ts';
import type { InvoiceBuyer, InvoiceLine, InvoiceRequest } from './e-invoice-port.ts';

/** What is invoiced of a bill: its charges, line by line; top-ups are no sale. */
export function invoiceRequest(statement: StatementView, buyer: InvoiceBuyer): InvoiceRequest {
  const { period, currency, lines, fees, posted, meters, total } = statementIssued(
    statement.statement,
    '/data',
  );
  const units = new Map(meters.map(({ meter, unit }) => [meter, unit]));
  const used = lines.map(({ wallet, meter, period: time, tier, qty, price, amount }) => ({
    ...{ name: `${wallet} ${time}/${tier}`, unit: units.get(meter) ?? '', quantity: qty },
    ...{ price, amount },
  }));
  const fixed = fees.map(({ fee, wallet, amount }) => once(`${wallet} ${fee}`, amount));
  const others = (posted ?? []).map(({ charge, name, wallet, amount }) => {
    return once(`${wallet} ${charge}/${name}`, amount);
  });
  return {
    ...{ statement: statement.id, period, currency, buyer },
    ...{ lines: [...used, ...fixed, ...others], total },
  };
}

function once(name: string, amount: string): InvoiceLine {
  return { name, unit: '', quantity: '1.000000', price: amount, amount };
}
