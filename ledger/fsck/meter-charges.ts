import { ZERO_HASH } from '../core/reading.ts';
import type { BillTerms } from './bill-terms.ts';
import type { ChargeText, LineText } from './charge-text.ts';
import type { MeterRun } from './jobs.ts';
import type { RecordText } from './record-block.ts';
import { TextBlock } from './text-block.ts';

/** A register's reference mostly fits into it. */
const TO_BYTES = 192;

/** What is billed of one period and tier of a tariff's version. */
interface Billed {
  readonly terms: BillTerms;
  readonly period: string;
  readonly tier: string;
  micros: number;
}

/** Adds up charges for records of one meter that follow each other. */
export class MeterCharges {
  readonly meter: string;
  readonly account: string;
  /** False once its run has been handed on. */
  open = true;
  readonly #bridge: string;
  readonly #first: Pick<MeterRun, 'firstEpoch' | 'firstSeq' | 'firstPrev' | 'firstLeaf'>;
  /** `from` and bill of the first charge. */
  readonly #from: string;
  readonly #firstPeriod: string;
  #epoch: number;
  #seq: number;
  #hash: string;
  readonly #records: number[] = [];
  #billed: Billed[] = [];
  #terms: BillTerms;
  #changed = false;
  #usedMicros = 0;
  /** `to` of the last charge, verbatim, in a buffer of this meter: it outlives the segment. */
  #to = new TextBlock(Buffer.alloc(TO_BYTES));
  #toLength = 0;

  constructor(charge: ChargeText, terms: BillTerms, record: RecordText, leaf: number) {
    const { block, bridgeAt, bridgeEnd, prevAt, epoch } = record;
    const seq = record.seq();
    this.meter = charge.meter();
    this.account = charge.account();
    this.#bridge = block.text(bridgeAt, bridgeEnd);
    this.#hash = block.text(prevAt, prevAt + 64);
    this.#first = {
      ...{ firstEpoch: epoch, firstSeq: seq, firstPrev: this.#hash, firstLeaf: leaf },
    };
    this.#from = charge.block.text(charge.fromAt, charge.fromEnd);
    this.#firstPeriod = terms.period;
    this.#epoch = epoch;
    this.#seq = seq - 1;
    this.#terms = terms;
  }

  isOf({ block, meterAt, meterEnd }: ChargeText): boolean {
    return block.isText(meterAt, meterEnd, this.meter);
  }

  /** Whether a record is the next of the chain: the next number after the hash, or a new epoch's first. */
  isFollowedBy(record: RecordText): boolean {
    const { block, epoch, prevAt } = record;
    if (epoch > this.#epoch) {
      return record.seq() === 0 && block.isText(prevAt, prevAt + 64, ZERO_HASH);
    }
    return (
      epoch === this.#epoch &&
      record.seq() === this.#seq + 1 &&
      block.isText(prevAt, prevAt + 64, this.#hash)
    );
  }

  /** Takes the record that is charged next. */
  take(record: RecordText, hash: string, index: number): void {
    this.#epoch = record.epoch;
    this.#seq = record.seq();
    this.#hash = hash;
    this.#records.push(index);
  }

  /**
   * Adds a charge; false when it does not start where the one before ended. A record that is charged in
   * parts (`again`) has the same end in each.
   */
  add(charge: ChargeText, terms: BillTerms, again: boolean): boolean {
    const { block, fromAt, fromEnd, toAt, toEnd } = charge;
    const goesOn =
      this.#toLength === 0 ||
      this.#isTo(block, fromAt, fromEnd) ||
      (again && this.#isTo(block, toAt, toEnd));
    this.#keepTo(block, toAt, toEnd);
    if (terms !== this.#terms) this.#change(terms);
    for (let i = 0; i < charge.lineCount; i += 1) {
      const line = charge.lines[i];
      if (line !== undefined) this.#billLine(block, line);
    }
    this.#usedMicros = charge.usedMicros + charge.quantityMicros;
    return goesOn;
  }

  #isTo(block: TextBlock, from: number, to: number): boolean {
    return to - from === this.#toLength && block.isSame(from, to, this.#to, 0);
  }

  #keepTo({ bytes }: TextBlock, from: number, to: number): void {
    if (to - from > this.#to.bytes.length) this.#to = new TextBlock(Buffer.alloc(to - from));
    bytes.copy(this.#to.bytes, 0, from, to);
    this.#toLength = to - from;
  }

  #change(terms: BillTerms): void {
    if (terms.period !== this.#terms.period) {
      this.#changed = true;
      this.#billed = [];
    }
    this.#terms = terms;
  }

  #billLine(block: TextBlock, line: LineText): void {
    const { periodAt, periodEnd, tierAt, tierEnd, billedMicros } = line;
    for (const known of this.#billed) {
      if (
        known.terms === this.#terms &&
        block.isText(periodAt, periodEnd, known.period) &&
        block.isText(tierAt, tierEnd, known.tier)
      ) {
        known.micros = billedMicros;
        return;
      }
    }
    const period = block.text(periodAt, periodEnd);
    const tier = block.text(tierAt, tierEnd);
    this.#billed.push({ terms: this.#terms, period, tier, micros: billedMicros });
  }

  /** What the charges do to the meter. */
  run(): MeterRun {
    this.open = false;
    const { period, tariff, version } = this.#terms;
    return {
      ...{ meter: this.meter, account: this.account, bridge: this.#bridge },
      ...this.#first,
      ...{ from: this.#from, to: this.#to.text(0, this.#toLength), records: this.#records },
      ...{ epoch: this.#epoch, seq: this.#seq, hash: this.#hash },
      ...{ firstPeriod: this.#firstPeriod, period, changed: this.#changed },
      billed: this.#billed.map(({ terms, period: span, tier, micros }) => [
        `${terms.tariff}/${terms.version}/${span}/${tier}`,
        micros,
      ]),
      ...{ usedMicros: this.#usedMicros, tariff, version },
    };
  }
}
