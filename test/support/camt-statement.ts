/** A statement of one day with credits, as camt.053.001.08 has them. */
export function camtStatement(
  day: string,
  credits: readonly (readonly [amount: string, text: string])[],
): string {
  const sum = credits.reduce((all, [amount]) => all + BigInt(amount.replace('.', '')), 0n);
  const total = `${sum / 100n}.${String(sum % 100n).padStart(2, '0')}`;
  const balance = (code: string, amount: string) =>
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">${amount}</Amt>` +
    `<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>${day}</Dt></Dt></Bal>`;
  const entries = credits.map(
    ([amount, text], n) =>
      `<Ntry><Amt Ccy="CNY">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>` +
      `<BookgDt><Dt>${day}</Dt></BookgDt><AcctSvcrRef>BK${n}</AcctSvcrRef><NtryDtls><TxDtls>` +
      `<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy="CNY">${amount}</Amt>` +
      `<RmtInf><Ustrd>${text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`,
  );
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>' +
    `${balance('OPBD', '0.00')}${balance('CLBD', total)}${entries.join('')}` +
    '</Stmt></BkToCstmrStmt></Document>\n'
  );
}
