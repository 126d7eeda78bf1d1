import type { Zone } from '../../ledger/core/zone.ts';
import type { SettlementRow } from '../settlement-row.ts';
import {
  bookingMs,
  type CamtDetail,
  type CamtEntry,
  signedMinor,
  type XmlAmount,
} from './camt-entry.ts';
import { type SettlementParser, SettlementSums } from './settlement-parser.ts';
import { badRow, compareTotal, unknownFormat, wrongMerchant } from './settlement-refusals.ts';
import { bankZone } from './time-text.ts';
import { placesOf, XmlElements, type XmlListener } from './xml-elements.ts';

const FORMAT = 'bank-camt053';
const NAMESPACE = /^urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.0[2-8]$/;
/** Written by a payer who gave no number (EPC implementation guidelines). */
const NOT_PROVIDED = 'NOTPROVIDED';
/** A number that one of our orders may have. */
const ORDER = /^[A-Za-z0-9]{6,32}$/;

const S = 'Document/BkToCstmrStmt/Stmt';
const E = `${S}/Ntry`;
const D = `${E}/NtryDtls/TxDtls`;
const PLACES = placesOf([
  ...['Acct/Id/IBAN=', 'Acct/Id/Othr/Id='].map((path) => `${S}/${path}`),
  ...['Tp/CdOrPrtry/Cd=', 'Amt=', 'CdtDbtInd='].map((path) => `${S}/Bal/${path}`),
  `${S}/TxsSummry/TtlNtries/NbOfNtries=`,
  ...['Amt=', 'CdtDbtInd=', 'RvslInd=', 'BookgDt/Dt=', 'BookgDt/DtTm='].map((p) => `${E}/${p}`),
  ...['ValDt/Dt=', 'ValDt/DtTm=', 'AcctSvcrRef=', 'NtryRef=', 'Sts=', 'Sts/Cd='].map(
    (p) => `${E}/${p}`,
  ),
  ...['Amt=', 'AmtDtls/TxAmt/Amt=', 'CdtDbtInd=', 'Refs/AcctSvcrRef='].map((p) => `${D}/${p}`),
  ...['Refs/EndToEndId=', 'RmtInf/Ustrd=', 'RmtInf/Strd/CdtrRefInf/Ref='].map((p) => `${D}/${p}`),
  ...['Dbtr/Nm=', 'Dbtr/Pty/Nm=', 'Cdtr/Nm=', 'Cdtr/Pty/Nm='].map((p) => `${D}/RltdPties/${p}`),
]);

interface Balance {
  code?: string;
  amount?: XmlAmount;
  indicator?: string;
}

/**
 * A bank's statement, ISO 20022 camt.053.001.02 to .08. Each transaction (`TxDtls`) of an entry is a row
 * and together they have to make the entry; entries that are booked have to lead from the opening to the
 * closing balance. A reversal is signed like any entry, by `CdtDbtInd`, which says what the booking itself
 * does (message definition: CRDT with RvslInd true means that the original operation was a debit).
 */
export class BankCamt implements SettlementParser, XmlListener {
  readonly sums = new SettlementSums();
  readonly #account: string | undefined;
  readonly #zone: Zone;
  readonly #elements = new XmlElements(PLACES, this);
  #rows: SettlementRow[] = [];
  #statements = 0;
  #accountFound = '';
  #currency = '';
  #opening: bigint | undefined;
  #closing: bigint | undefined;
  #booked = 0n;
  #entries = 0;
  #statedEntries: number | undefined;
  #hasStatedEntries = false;
  #balance: Balance = {};
  #entry: CamtEntry = { details: 0, detailSum: 0n };
  #detail: CamtDetail = { texts: [] };
  #attributes: Readonly<Record<string, string>> = {};

  constructor({ account, zone }: { readonly account?: string; readonly zone?: string }) {
    this.#account = account;
    this.#zone = bankZone(zone);
  }

  begin(): boolean {
    return true;
  }

  take(bytes: Buffer, rows: SettlementRow[]): void {
    this.#rows = rows;
    this.#elements.push(bytes);
  }

  endFile(rows: SettlementRow[]): void {
    this.#rows = rows;
    this.#elements.end();
  }

  finish(): readonly string[] {
    if (this.#statements === 0) throw unknownFormat(FORMAT, 'it has no statement');
    return ['OPBD', 'CLBD', ...(this.#hasStatedEntries ? ['NbOfNtries'] : [])];
  }

  root(localName: string, namespace: string): void {
    if (localName === 'Document' && NAMESPACE.test(namespace)) return;
    throw unknownFormat(FORMAT, 'its first element is no Document of camt.053.001.02 to .08');
  }

  open(path: string, attributes: Readonly<Record<string, string>>): void {
    this.#attributes = attributes;
    if (path === D) this.#detail = { texts: [] };
    else if (path === E) this.#entry = { details: 0, detailSum: 0n };
    else if (path === `${S}/Bal`) this.#balance = {};
    else if (path === S) this.#beginStatement();
  }

  close(path: string, text: string): void {
    if (path === D) this.#endDetail();
    else if (path === E) this.#endEntry();
    else if (path === `${S}/Bal`) this.#endBalance();
    else if (path === S) this.#endStatement();
    else if (path.startsWith(`${D}/`)) this.#readDetail(path.slice(D.length + 1), text);
    else if (path.startsWith(`${E}/`)) this.#readEntry(path.slice(E.length + 1), text);
    else if (path.startsWith(`${S}/`)) this.#readStatement(path.slice(S.length + 1), text);
  }

  #beginStatement(): void {
    this.#statements += 1;
    this.#accountFound = '';
    this.#currency = '';
    this.#opening = undefined;
    this.#closing = undefined;
    this.#booked = 0n;
    this.#entries = 0;
    this.#statedEntries = undefined;
  }

  #readStatement(path: string, text: string): void {
    if (path === 'Bal/Tp/CdOrPrtry/Cd') this.#balance.code = text;
    else if (path === 'Bal/CdtDbtInd') this.#balance.indicator = text;
    else if (path === 'Bal/Amt') this.#balance.amount = this.#amount(text);
    else if (path === 'TxsSummry/TtlNtries/NbOfNtries') this.#statedEntries = Number(text);
    else if (path.startsWith('Acct/Id/') && path !== 'Acct/Id/Othr') this.#readAccount(text);
  }

  #readAccount(text: string): void {
    if (text === '') return;
    this.#accountFound = text.replaceAll(' ', '');
    const expected = this.#account?.replaceAll(' ', '');
    if (expected !== undefined && this.#accountFound !== expected) {
      throw wrongMerchant(this.#accountFound, expected);
    }
  }

  #endBalance(): void {
    const { code, amount, indicator } = this.#balance;
    const isOpening = code === 'OPBD' || code === 'PRCD';
    if (!isOpening && code !== 'CLBD') return;
    const minor = signedMinor(0, 'Bal', amount, indicator);
    if (isOpening) this.#opening = minor;
    else this.#closing = minor;
    const currency = amount?.currency ?? '';
    if (this.#currency !== '' && currency !== this.#currency) {
      throw badRow(0, 'Bal/Amt/@Ccy', 'unknown-value');
    }
    this.#currency = currency;
  }

  #readEntry(path: string, text: string): void {
    const entry = this.#entry;
    if (path === 'Amt') entry.amount = this.#amount(text);
    else if (path === 'CdtDbtInd') entry.indicator = text;
    else if (path === 'RvslInd') entry.isReversal = text === 'true' || text === '1';
    else if (path === 'Sts' || path === 'Sts/Cd') entry.status ??= text === '' ? undefined : text;
    else if (path === 'BookgDt/Dt' || path === 'BookgDt/DtTm') entry.bookedOn = text;
    else if (path === 'ValDt/Dt' || path === 'ValDt/DtTm') entry.valueOn = text;
    else if (path === 'AcctSvcrRef') entry.reference = text;
    else if (path === 'NtryRef') entry.ownReference = text;
  }

  #readDetail(path: string, text: string): void {
    const detail = this.#detail;
    if (path === 'Amt') detail.amount = this.#amount(text);
    else if (path === 'AmtDtls/TxAmt/Amt') detail.amount ??= this.#amount(text);
    else if (path === 'CdtDbtInd') detail.indicator = text;
    else if (path === 'Refs/AcctSvcrRef') detail.reference = text;
    else if (path === 'Refs/EndToEndId') detail.endToEnd = text;
    else if (path.startsWith('RmtInf/') && text !== '') detail.texts.push(text);
    else if (path.startsWith('RltdPties/Dbtr/') && text !== '') detail.debtor = text;
    else if (path.startsWith('RltdPties/Cdtr/') && text !== '') detail.creditor = text;
  }

  /** A transaction with an amount in the entry's currency is a row at once, however many there are. */
  #endDetail(): void {
    const entry = this.#entry;
    const { amount, indicator } = this.#detail;
    const row = this.sums.rows + 1;
    if (entry.bare !== undefined) throw badRow(row, 'TxDtls/Amt', 'empty');
    if (amount === undefined || amount.currency !== entry.amount?.currency) {
      if (entry.details > 0) throw badRow(row, 'TxDtls/Amt', 'empty');
      entry.bare = this.#detail;
      return;
    }
    const minor = signedMinor(row, 'TxDtls', amount, indicator ?? entry.indicator);
    entry.details += 1;
    entry.detailSum += minor;
    this.#add(minor, this.#detail);
  }

  #endEntry(): void {
    const entry = this.#entry;
    this.#entries += 1;
    const row = this.sums.rows + 1;
    const minor = signedMinor(row, 'Ntry', entry.amount, entry.indicator);
    if (entry.details === 0) this.#add(minor, entry.bare ?? { texts: [] });
    else if (entry.detailSum !== minor) throw badRow(row - 1, 'Ntry/Amt', 'does-not-add-up');
    if (entry.amount?.currency !== (this.#currency || entry.amount?.currency)) {
      throw badRow(row, 'Ntry/Amt/@Ccy', 'unknown-value');
    }
    if (entry.status === 'BOOK') this.#booked += minor;
  }

  #add(minor: bigint, detail: CamtDetail): void {
    const entry = this.#entry;
    const number = this.sums.rows + 1;
    const currency = entry.amount?.currency ?? '';
    if (entry.status === undefined) throw badRow(number, 'Ntry/Sts', 'empty');
    const { endToEnd } = detail;
    const isOurs = endToEnd !== undefined && endToEnd !== NOT_PROVIDED && ORDER.test(endToEnd);
    const row: SettlementRow = {
      kind: minor < 0n ? 'debit' : 'credit',
      row: number,
      id: detail.reference ?? entry.reference ?? entry.ownReference ?? '',
      order: isOurs ? endToEnd : undefined,
      gross: { minor, currency },
      feeTenThousandths: 0n,
      atMs: bookingMs(number, entry.bookedOn ?? entry.valueOn, this.#zone),
      state: stateOf(entry),
      text: detail.texts.length === 0 ? undefined : detail.texts.join(' '),
      counterParty: minor < 0n ? detail.creditor : detail.debtor,
    };
    this.sums.add(row);
    this.#rows.push(row);
  }

  #endStatement(): void {
    if (this.#account !== undefined && this.#accountFound === '') {
      throw unknownFormat(FORMAT, 'a statement names no account');
    }
    if (this.#opening === undefined || this.#closing === undefined) {
      throw unknownFormat(FORMAT, 'a statement has no opening (OPBD) or closing balance (CLBD)');
    }
    compareTotal(`CLBD ${this.#currency}`, this.#closing, this.#opening + this.#booked);
    if (this.#statedEntries === undefined) return;
    this.#hasStatedEntries = true;
    compareTotal('NbOfNtries', this.#statedEntries, this.#entries);
  }

  #amount(text: string): XmlAmount {
    const currency = this.#attributes['Ccy'] ?? '';
    if (/^[A-Z]{3}$/.test(currency)) return { text, currency };
    throw badRow(this.sums.rows + 1, 'Amt/@Ccy', currency === '' ? 'empty' : 'unknown-value');
  }
}

function stateOf({ status, isReversal }: CamtEntry): string | undefined {
  if (status !== 'BOOK') return status;
  return isReversal === true ? 'RvslInd' : undefined;
}
