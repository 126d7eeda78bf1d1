import { z } from 'zod';
import { invoiceRequest } from '../e-invoice/invoice-request.ts';
import { NotConnected } from '../e-invoice/not-connected.ts';
import type { ApiParts } from '../http-context.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id } from '../shapes.ts';
import { SITE, STATEMENT } from './examples.ts';
import { visibleStatement } from './statements.ts';

const invoiceState = z.looseObject({
  statement: id,
  state: z.enum(['not-connected', 'none', 'asked', 'issued', 'refused']),
  reference: z.string().optional(),
  number: z.string().optional().describe('Of the invoice, once it is issued'),
  reason: z.string().optional(),
});

/** The electronic invoice (fapiao) of a bill, by the platform that is connected, if one is. */
export function eInvoiceRoutes({ eInvoices = new NotConnected() }: ApiParts): readonly Route[] {
  return [
    jsonRoute({
      method: 'POST',
      path: '/v1/statements/{id}/e-invoice',
      tag: 'Statements',
      summary: 'Ask for the electronic invoice of a statement; asking again changes nothing',
      permission: 'e-invoice.request',
      params: { id },
      body: {
        buyer: z.strictObject({
          title: z.string().min(1).max(100).describe('Name that the invoice is made out to'),
          taxNumber: z
            .string()
            .regex(/^[0-9A-HJ-NPQRTUWXY]{15,20}$/)
            .optional()
            .describe('Taxpayer identification number; absent for a person'),
          email: z.email().max(200).optional(),
        }),
      },
      reply: invoiceState,
      status: 201,
      codes: [
        ...['statement-unknown', 'e-invoice-not-connected', 'e-invoice-differs'],
        'provider-unavailable',
      ],
      handle: async ({ params, body, site, principal, ledger }) => {
        const statement = await visibleStatement(ledger, principal, site, params.id);
        const state = await eInvoices.request(invoiceRequest(statement, body.buyer));
        return { body: { statement: statement.id, ...state } };
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/v1/statements/{id}/e-invoice',
      tag: 'Statements',
      summary: 'Read what became of the electronic invoice of a statement',
      permission: 'statement.read',
      params: { id },
      reply: invoiceState,
      codes: ['statement-unknown', 'provider-unavailable'],
      example: { params: { id: STATEMENT }, query: { site: SITE } },
      handle: async ({ params, site, principal, ledger }) => {
        const statement = await visibleStatement(ledger, principal, site, params.id);
        const state = eInvoices.isConnected
          ? ((await eInvoices.find(statement.id)) ?? { state: 'none' })
          : { state: 'not-connected' };
        return { body: { statement: statement.id, ...state } };
      },
    }),
  ];
}
