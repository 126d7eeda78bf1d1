import { parseArgs } from 'node:util';
import { type Bundle, parseBundle } from '../../ledger/core/bundle.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { parseEvent } from '../../ledger/core/event.ts';
import { type StatementIssued, statementIssued } from '../../ledger/core/event-data.ts';
import { parseReading } from '../../ledger/core/reading.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { type Lang, localTime, showMoney, showNumber } from '../../ledger/core/words/format.ts';
import { sayPosted } from '../../ledger/core/words/posted-words.ts';
import { billSource } from './bill-source.ts';
import {
  type Command,
  chosenLang,
  DONE,
  type ExitCode,
  type Invocation,
  onlyOne,
} from './command.ts';
import { inspectWords } from './inspect-words.ts';
import { harmless } from './terminal.ts';

const help = `Examples:
  billproof inspect september.billproof            what the file holds, in words
  billproof inspect --lang zh-CN september.billproof
  billproof inspect - < september.billproof        from standard input

Usage: billproof inspect FILE|URL|- [--lang en|zh-CN] [--offline]

Nothing is judged here: "billproof verify" says whether any of it is true.`;

const options = {
  lang: { type: 'string' },
  offline: { type: 'boolean', default: false },
} as const;

export const inspect: Command = { help, run };

async function run({ args, terminal }: Invocation): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const lang = chosenLang(values.lang, terminal);
  const word = onlyOne(positionals, 'a bundle');
  const source = billSource(word, { offline: values.offline, stdin: process.stdin });
  const bundle = parseBundle(await source.read());
  for (const line of describe(bundle, lang)) terminal.out(harmless(line));
  return DONE;
}

/** The bundle's own claims, a line each. */
function describe(bundle: Bundle, lang: Lang): string[] {
  const words = inspectWords[lang];
  const event = parseEvent(bundle.openings.at(-1)?.event ?? '');
  if (event.type !== 'statement.issued') {
    throw new Refusal('statement-missing', 'The last entry is no bill. Ask for the file again.');
  }
  const bill = statementIssued(event.data, '/data');
  const { size } = parseCheckpoint(bundle.checkpoint);
  const count = (n: number) => showNumber(String(n));
  return [
    words.unjudged,
    words.bill(bill.period, event.account, `${showMoney(bill.total)} ${bill.currency}`),
    words.span(when(bill.from, bill.zone, lang), when(bill.to, bill.zone, lang), bill.zone),
    words.log(bundle.log.origin, count(bundle.statement.index), count(size)),
    words.holds(count(bundle.openings.length), count(bundle.readings.length)),
    words.produced(bundle.produced.by, when(bundle.produced.at, bill.zone, lang)),
    ...moneyLines(bill, lang),
    ...meterLines(bundle, bill, lang),
    ...chargeLines(bill, lang),
    ...postedLines(bundle, bill, lang),
    words.facts,
    ...factLines(bundle, lang),
    words.anchors(bundle.anchors.fabric.length + bundle.anchors.ethereum.length),
  ];
}

function moneyLines(bill: StatementIssued, lang: Lang): string[] {
  const words = inspectWords[lang];
  const shown = bill.wallets.map(({ wallet, opening, credits, charges, closing }) => {
    const [from, more, less, left] = [opening, credits, charges, closing].map(showMoney);
    return `  ${wallet}: ${from} + ${more} - ${less} = ${left}`;
  });
  return [words.money, ...shown];
}

function meterLines(bundle: Bundle, bill: StatementIssued, lang: Lang): string[] {
  const words = inspectWords[lang];
  const records = new Map<string, { total: number; failed: number }>();
  for (const { meter, status } of bundle.readings.map(parseReading)) {
    const { total, failed } = records.get(meter) ?? { total: 0, failed: 0 };
    const good = status === 'good' || status === 'substitute';
    records.set(meter, { total: total + 1, failed: failed + (good ? 0 : 1) });
  }
  const shown = bill.meters.map(({ meter, serial, unit, from, to, quantity }) => {
    const { total, failed } = records.get(meter) ?? { total: 0, failed: 0 };
    const used = `${from.value} -> ${to.value} = ${showNumber(quantity)} ${unit}`;
    return `  ${meter} (${serial}): ${used}; ${words.readings(total, failed)}`;
  });
  return [words.meters, ...shown];
}

function chargeLines(bill: StatementIssued, lang: Lang): string[] {
  const lines = bill.lines.map(({ meter, tariff, period, tier, qty, price, amount }) => {
    const sum = `${showNumber(qty)} x ${price} = ${showMoney(amount)}`;
    return `  ${meter}, ${tariff.id}/${tariff.version}, ${period}/${tier}: ${sum}`;
  });
  const fees = bill.fees.map(
    ({ fee, days, of, amount }) => `  ${fee}, ${days}/${of}: ${showMoney(amount)}`,
  );
  return [inspectWords[lang].lines, ...lines, ...fees];
}

/** Charges of format 2, each with its formula. */
function postedLines(bundle: Bundle, { posted = [] }: StatementIssued, lang: Lang): string[] {
  const events = bundle.openings.map(({ event }) => event);
  const lines = new Map(
    events.flatMap((text): [number, unknown][] => {
      if (!text.includes('"type":"charge.posted"')) return [];
      const { n, data } = parseEvent(text);
      return [[n, data['line']]];
    }),
  );
  return posted.map((one) => {
    const { title, formula } = sayPosted(lang, one, lines.get(one.n));
    const { id, version } = one.tariff;
    return `  ${title}, ${id}/${version}: ${formula} = ${showMoney(one.amount)}`;
  });
}

/** The rules that the bill leans on, each proven by itself. */
function factLines(bundle: Bundle, lang: Lang): string[] {
  const types = new Map<string, number>();
  for (const { event } of bundle.site) {
    const { type } = parseEvent(event);
    types.set(type, (types.get(type) ?? 0) + 1);
  }
  return [...types].map(([type, n]) => `  ${type}: ${inspectWords[lang].entries(n)}`);
}

function when(at: string, zone: string, lang: Lang): string {
  const time = localTime(at, lang, zone, true);
  return time === undefined ? at : `${time.date} ${time.clock}`;
}
