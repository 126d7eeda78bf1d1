import { describe, expect, it } from 'vitest';
import type { EInvoicePort, InvoiceRequest } from '../../api/e-invoice/e-invoice-port.ts';

export const INVOICE: InvoiceRequest = {
  ...{ statement: 's-1', period: '2026-09', currency: 'CNY', total: '8.170000' },
  buyer: { title: '临江大厦茶馆', taxNumber: '91310000MA1FL0XX00' },
  lines: [
    {
      ...{ name: 'electricity peak/t1', unit: 'kWh', quantity: '2.000000' },
      ...{ price: '0.333333', amount: '0.670000' },
    },
    { name: 'service', unit: '', quantity: '1.000000', price: '7.500000', amount: '7.500000' },
  ],
};

/** What every way to a platform of electronic invoices keeps to, the one that leads nowhere among them. */
export function eInvoiceContract(
  name: string,
  make: () => { readonly port: EInvoicePort; readonly issue?: (number: string) => void },
): void {
  describe(`electronic invoices by ${name}`, make().port.isConnected ? connected : refusing);

  function connected() {
    it('asks once for each statement, however often it is sent', async () => {
      const { port } = make();
      const first = await port.request(INVOICE);
      expect(first).toEqual({ state: 'asked', reference: expect.stringMatching(/./) });
      expect(await port.request(structuredClone(INVOICE))).toEqual(first);
      expect(await port.find(INVOICE.statement)).toEqual(first);
    });

    it('takes no other content for the same statement', async () => {
      const { port } = make();
      await port.request(INVOICE);
      const other = { ...INVOICE, total: '8.180000' };
      await expect(port.request(other)).rejects.toMatchObject({ code: 'e-invoice-differs' });
    });

    it('knows none that was not asked for', async () => {
      expect(await make().port.find('s-2')).toBeUndefined();
    });

    it('tells the number once it is issued', async () => {
      const { port, issue } = make();
      await port.request(INVOICE);
      issue?.('26312000000000000001');
      expect(await port.request(INVOICE)).toMatchObject({
        ...{ state: 'issued', number: '26312000000000000001' },
      });
    });
  }

  function refusing() {
    it('refuses every question by name, and pretends nothing', async () => {
      const { port } = make();
      const refused = { code: 'e-invoice-not-connected' };
      await expect(port.request(INVOICE)).rejects.toMatchObject(refused);
      await expect(port.find(INVOICE.statement)).rejects.toMatchObject(refused);
    });
  }
}
