import type { MinorAmount } from '../provider.ts';
import { NotPayable } from './double.ts';
import type { DoubleAnswer } from './double-server.ts';

/** What a payer sees at a provider before anything is paid: for the demonstration, where people click. */
export interface PayerPage {
  readonly provider: string;
  readonly order: string;
  readonly amount: MinorAmount;
  /** Where the page posts to when the payer agrees. */
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

export function payerPage({ provider, order, amount, action, fields }: PayerPage): DoubleAnswer {
  const hidden = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  );
  return html(
    200,
    `<h1>${escaped(provider)}</h1><p>A stand-in: no money moves. Order ${escaped(order)}</p>
<form method="post" action="${escaped(action)}">${hidden.join('')}
<button>Pay ${amountText(amount)}</button></form>`,
  );
}

/** Pays and sends the payer back; where nothing can be paid, the page says why. */
export function payAndReturn(pay: () => unknown, returnUrl: string): DoubleAnswer {
  try {
    pay();
  } catch (error) {
    if (!(error instanceof NotPayable)) throw error;
    return html(409, `<p>Nothing was paid: ${escaped(error.message)}</p>`);
  }
  if (!URL.canParse(returnUrl)) return html(200, '<p>Paid. You may close this page.</p>');
  return { status: 303, headers: { location: returnUrl }, body: '' };
}

export function nothingToPay(): DoubleAnswer {
  return html(404, '<p>There is nothing to pay here.</p>');
}

function amountText({ minor, currency }: MinorAmount): string {
  const form = new Intl.NumberFormat('en', { style: 'currency', currency });
  const { maximumFractionDigits: places = 2 } = form.resolvedOptions();
  if (places === 0) return `${minor} ${currency}`;
  const digits = String(minor).padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)} ${currency}`;
}

function html(status: number, content: string): DoubleAnswer {
  const head = '<!doctype html><meta charset="utf-8"><title>Stand-in for a provider</title>';
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `${head}${content}`,
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
