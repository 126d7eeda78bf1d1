import type { RecordText } from './record-block.ts';
import type { TextBlock } from './text-block.ts';
import {
  DECIMAL,
  DIGIT,
  ID,
  LETTER,
  literal,
  PLAIN,
  TextCursor,
  TIME,
  UUID,
} from './text-cursor.ts';

const ACCOUNT = literal('{"account":"');
const AT = literal('","at":"');
const AMOUNT = literal('","data":{"amount":"');
const BALANCE = literal('","balance":"');
const CT = literal('","ct":"');
const FROM = literal('","from":');
const REF = literal('{"at":"');
const REF_HASH = literal('","hash":"');
const REF_SEQ = literal('","seq":');
const REF_VALUE = literal(',"value":"');
const LATE = literal(',"late":true');
const LINES = literal(',"lines":[');
const LINE = literal('{"amount":"');
const BEFORE = literal('","before":"');
const LINE_PERIOD = literal('","period":"');
const PRICE = literal('","price":"');
const QTY = literal('","qty":"');
const TIER = literal('","tier":"');
const METER = literal('],"meter":"');
const PERIOD = literal('","period":"');
const POSTINGS = literal('","postings":[');
const PREPAID = literal('{"account":"prepaid:');
const POSTED = literal('","amount":"');
const CURRENCY = literal('","currency":"');
const REVENUE = literal('"},{"account":"revenue:');
const PT = literal('],"pt":"');
const QUANTITY = literal('","quantity":"');
const REGISTER = literal('","register":"');
const ROLLOVER = literal('","rollover":"');
const SPAN = literal('","span":{"from":"');
const SPAN_TO = literal('","to":"');
const TARIFF_AFTER_SPAN = literal('"},"tariff":');
const TARIFF = literal('","tariff":');
const TARIFF_HASH = literal('{"hash":"');
const TARIFF_ID = literal('","id":"');
const VERSION = literal('","version":');
const TO = literal('},"to":');
const USED = literal(',"used":"');
const WALLET = literal('","wallet":"');
const EVENT_ID = literal('"},"id":"');
const LOG = literal('","log":"');
const N = literal('","n":');
const PREV = literal(',"prev":"');
const TAIL = literal('","type":"usage.deducted","v":1}');

const PERIOD_LENGTH = 7;
const [BRACE_END, BRACKET_END, COLON, COMMA, QUOTE, MINUS] = [125, 93, 58, 44, 34, 45];

/** A line of a charge: what is billed of a tariff's period and tier once it is added. */
export class LineText {
  periodAt = 0;
  periodEnd = 0;
  tierAt = 0;
  tierEnd = 0;
  /** Quantity billed before the line, and its own. */
  billedMicros = 0;
}

/**
 * Where the parts of one `usage.deducted` event stand in its block, read in one pass by the one shape
 * that `core/usage-event.ts` writes. Nothing is taken out of the bytes but numbers, because most parts
 * only have to equal what the charge before it said. An object is read into again and again.
 */
export class ChargeText extends TextCursor {
  accountAt = 0;
  accountEnd = 0;
  year = 0;
  amountMicros = 0;
  balanceMicros = 0;
  /** The register references, whole: `{"at":…}`. */
  fromAt = 0;
  fromEnd = 0;
  toAt = 0;
  toEnd = 0;
  readonly lines: LineText[] = [];
  lineCount = 0;
  meterAt = 0;
  meterEnd = 0;
  periodAt = 0;
  /** True when the postings are the amount from the wallet's book to its revenue. */
  balanced = false;
  currencyAt = 0;
  quantityMicros = 0;
  /** The reference of the tariff, whole. */
  tariffAt = 0;
  tariffEnd = 0;
  tariffIdAt = 0;
  tariffIdEnd = 0;
  version = 0;
  toHashAt = 0;
  usedMicros = 0;
  walletAt = 0;
  walletEnd = 0;
  logAt = 0;
  logEnd = 0;
  n = 0;
  prevAt = 0;
  #amountAt = 0;
  #amountEnd = 0;
  #postedWalletAt = 0;
  #postedWalletEnd = 0;

  /**
   * False for any other text, and for one with sums beyond safe integers: the replay reads those in
   * full. Hashes are not looked at here, as each of them has to equal one that the check computed.
   */
  read(block: TextBlock, from: number, to: number): boolean {
    this.start(block, from, to);
    return this.#head() && this.#lines() && this.#middle() && this.#tariff() && this.#tail();
  }

  account(): string {
    return this.block.text(this.accountAt, this.accountEnd);
  }

  meter(): string {
    return this.block.text(this.meterAt, this.meterEnd);
  }

  period(): string {
    return this.block.text(this.periodAt, this.periodAt + PERIOD_LENGTH);
  }

  tariff(): string {
    return this.block.text(this.tariffIdAt, this.tariffIdEnd);
  }

  tariffHash(): string {
    const at = this.tariffAt + TARIFF_HASH.bytes.length;
    return this.block.text(at, at + 64);
  }

  toHash(): string {
    return this.block.text(this.toHashAt, this.toHashAt + 64);
  }

  /** Whether the postings are the amount from the wallet's book to its revenue, in this currency. */
  isIn(currency: string): boolean {
    return this.balanced && this.block.isText(this.currencyAt, this.currencyAt + 3, currency);
  }

  /** Whether it charges the record with this hash. */
  isAbout(hash: string): boolean {
    return this.block.isText(this.toHashAt, this.toHashAt + 64, hash);
  }

  isOfMeter({ block, meterAt, meterEnd }: RecordText): boolean {
    return (
      meterEnd - meterAt === this.meterEnd - this.meterAt &&
      block.isSame(meterAt, meterEnd, this.block, this.meterAt)
    );
  }

  /** Whether it is of this period and names this reference of a tariff. */
  isUnder(tariff: TextBlock, period: string): boolean {
    const { block, tariffAt, tariffEnd, periodAt } = this;
    return (
      tariffEnd - tariffAt === tariff.bytes.length &&
      block.isSame(tariffAt, tariffEnd, tariff, 0) &&
      block.isText(periodAt, periodAt + PERIOD_LENGTH, period)
    );
  }

  #head(): boolean {
    if (!this.skip(ACCOUNT)) return false;
    this.accountAt = this.at;
    if (!this.some(ID)) return false;
    this.accountEnd = this.at;
    if (!this.skip(AT) || !this.exactly(4, DIGIT)) return false;
    this.year = digits(this.block, this.at - 4, this.at);
    if (!this.exactly(20, TIME) || !this.skip(AMOUNT)) return false;
    this.#amountAt = this.at;
    if (!this.micros()) return false;
    this.#amountEnd = this.at;
    this.amountMicros = this.value;
    if (!this.skip(BALANCE) || !this.micros()) return false;
    this.balanceMicros = this.value;
    if (!this.skip(CT) || !this.some(DIGIT) || !this.skip(FROM)) return false;
    this.fromAt = this.at;
    if (!this.#ref()) return false;
    this.fromEnd = this.at;
    return true;
  }

  #ref(): boolean {
    if (!this.skip(REF) || !this.exactly(24, TIME) || !this.skip(REF_HASH)) return false;
    this.toHashAt = this.at;
    if (!this.pass(64) || !this.skip(REF_SEQ) || !this.integer()) return false;
    return this.skip(REF_VALUE) && this.some(DECIMAL) && this.byte(QUOTE) && this.byte(BRACE_END);
  }

  #lines(): boolean {
    this.lineCount = 0;
    this.skip(LATE);
    if (!this.skip(LINES)) return false;
    while (this.block.bytes[this.at] !== BRACKET_END) {
      if (this.lineCount > 0 && !this.byte(COMMA)) return false;
      let line = this.lines[this.lineCount];
      if (line === undefined) {
        line = new LineText();
        this.lines.push(line);
      }
      if (!this.#line(line)) return false;
      this.lineCount += 1;
    }
    return true;
  }

  #line(line: LineText): boolean {
    if (!this.skip(LINE) || !this.micros() || !this.skip(BEFORE) || !this.micros()) return false;
    const before = this.value;
    if (!this.skip(LINE_PERIOD)) return false;
    line.periodAt = this.at;
    if (!this.some(ID)) return false;
    line.periodEnd = this.at;
    if (!this.skip(PRICE) || !this.micros() || !this.skip(QTY) || !this.micros()) return false;
    line.billedMicros = before + this.value;
    if (!this.skip(TIER)) return false;
    line.tierAt = this.at;
    if (!this.some(ID)) return false;
    line.tierEnd = this.at;
    return this.byte(QUOTE) && this.byte(BRACE_END);
  }

  #middle(): boolean {
    if (!this.skip(METER)) return false;
    this.meterAt = this.at;
    if (!this.some(ID)) return false;
    this.meterEnd = this.at;
    if (!this.skip(PERIOD)) return false;
    this.periodAt = this.at;
    if (!this.exactly(PERIOD_LENGTH, DECIMAL) || !this.skip(POSTINGS)) return false;
    const from = this.at;
    this.balanced = this.#postings();
    if (!this.balanced) this.at = Math.max(from, this.block.bytes.indexOf(BRACKET_END, from));
    if (!this.skip(PT) || !this.some(DIGIT) || !this.skip(QUANTITY) || !this.micros()) return false;
    this.quantityMicros = this.value;
    return this.skip(REGISTER) && this.some(PLAIN);
  }

  /** From the wallet's book to its revenue, the same amount, in one currency. */
  #postings(): boolean {
    if (!this.skip(PREPAID) || !this.again(this.accountAt, this.accountEnd)) return false;
    if (!this.byte(COLON)) return false;
    this.#postedWalletAt = this.at;
    if (!this.some(LETTER)) return false;
    this.#postedWalletEnd = this.at;
    if (!this.skip(POSTED) || !this.again(this.#amountAt, this.#amountEnd)) return false;
    if (!this.skip(CURRENCY)) return false;
    this.currencyAt = this.at;
    if (!this.pass(3) || !this.skip(REVENUE)) return false;
    if (!this.again(this.#postedWalletAt, this.#postedWalletEnd) || !this.skip(POSTED))
      return false;
    // The opposite amount: the same digits, and a minus sign where there was none.
    if (this.amountMicros > 0 && !this.byte(MINUS)) return false;
    const from = this.amountMicros < 0 ? this.#amountAt + 1 : this.#amountAt;
    if (!this.again(from, this.#amountEnd) || !this.skip(CURRENCY)) return false;
    if (!this.again(this.currencyAt, this.currencyAt + 3)) return false;
    return this.byte(QUOTE) && this.byte(BRACE_END);
  }

  #tariff(): boolean {
    if (this.skip(ROLLOVER) && !this.some(DECIMAL)) return false;
    if (this.skip(SPAN)) {
      if (!this.exactly(24, TIME) || !this.skip(SPAN_TO) || !this.exactly(24, TIME)) return false;
      if (!this.skip(TARIFF_AFTER_SPAN)) return false;
    } else if (!this.skip(TARIFF)) return false;
    this.tariffAt = this.at;
    if (!this.skip(TARIFF_HASH) || !this.pass(64) || !this.skip(TARIFF_ID)) return false;
    this.tariffIdAt = this.at;
    if (!this.some(ID)) return false;
    this.tariffIdEnd = this.at;
    if (!this.skip(VERSION) || !this.integer()) return false;
    this.version = this.value;
    this.tariffEnd = this.at + 1;
    return true;
  }

  #tail(): boolean {
    if (!this.skip(TO)) return false;
    this.toAt = this.at;
    if (!this.#ref()) return false;
    this.toEnd = this.at;
    if (!this.skip(USED) || !this.micros()) return false;
    this.usedMicros = this.value;
    if (!this.skip(WALLET)) return false;
    this.walletAt = this.at;
    if (!this.some(LETTER)) return false;
    this.walletEnd = this.at;
    this.balanced &&=
      this.block.isSame(this.#postedWalletAt, this.#postedWalletEnd, this.block, this.walletAt) &&
      this.#postedWalletEnd - this.#postedWalletAt === this.walletEnd - this.walletAt;
    if (!this.skip(EVENT_ID) || !this.exactly(36, UUID) || !this.skip(LOG)) return false;
    this.logAt = this.at;
    if (!this.some(PLAIN)) return false;
    this.logEnd = this.at;
    if (!this.skip(N) || !this.integer()) return false;
    this.n = this.value;
    if (!this.skip(PREV)) return false;
    this.prevAt = this.at;
    return this.pass(64) && this.skip(TAIL) && this.at === this.end;
  }
}

function digits(block: TextBlock, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) value = value * 10 + (block.bytes[at] ?? 0) - 48;
  return value;
}
