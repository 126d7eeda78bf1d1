import type { Lang } from '../../ledger/core/words/format.ts';
import { el } from '../verify/element.ts';
import { type IconName, icon } from '../verify/icons.ts';
import {
  type AnchorState,
  anchorOf,
  type SigningState,
  signingOf,
  type Tone,
  toneOf,
  type WitnessingState,
  witnessingOf,
} from './judge.ts';
import { countName, spanName, timeName, troubleName, word } from './say.ts';
import type { Anchor, Log, LogStatus, Witness, Witnessing } from './status.ts';
import type { LogWord } from './words.ts';

/** A checkpoint that is older has been followed by nothing. */
const QUIET_MS = 60_000;

type Row = readonly [name: string, value: string, ...small: (string | undefined)[]];

/** What a part of a log comes to: its question, the answer in one word, what that means, the figures. */
interface Part {
  readonly question: LogWord;
  readonly tone: Tone;
  readonly answer: LogWord;
  readonly meaning: LogWord;
  readonly rows: readonly Row[];
  readonly more?: Node | undefined;
}

/** One log: what to expect of a bill, three questions, and what only experts ask. */
export function logView(lang: Lang, status: LogStatus, log: Log): HTMLElement {
  const parts = [signingPart, witnessingPart].map((part) => part(lang, status, log));
  const anchors = log.anchors.map((anchor) => anchorPart(lang, log, anchor));
  const all = [...parts, ...(anchors.length === 0 ? [unanchoredPart] : anchors)];
  return el(
    'section',
    { class: 'log' },
    el('h2', {}, log.site),
    el('p', { class: 'delay' }, delayName(lang, log)),
    el('ul', { class: 'parts' }, ...all.map((part) => partView(lang, part))),
    expertsView(lang, log),
  );
}

/** What the settings make a bill wait. */
export function delayName(lang: Lang, { witnessing, anchors }: Log): string {
  const [soonest] = [...anchors].sort((a, b) => a.everyMs - b.everyMs);
  const isWitnessed = witnessing !== undefined && witnessing.needed > 0;
  const witness = spanName(lang, isWitnessed ? witnessing.everyMs : 0);
  if (soonest === undefined) {
    return word(lang, isWitnessed ? 'delay-witness' : 'delay-none', { witness });
  }
  const anchor = spanName(lang, soonest.everyMs);
  const said = word(lang, isWitnessed ? 'delay-both' : 'delay-anchor', { witness, anchor });
  if (soonest.kind !== 'ethereum') return said;
  return `${said}${lang === 'en' ? ' ' : ''}${word(lang, 'delayFinal')}`;
}

function partView(lang: Lang, part: Part): HTMLElement {
  const { question, tone, answer, meaning, rows, more } = part;
  const values = rows.map(([name, value, ...smalls]) => [
    el('dt', {}, name),
    el('dd', {}, value, ...smalls.map((small) => small && el('small', {}, small))),
  ]);
  return el(
    'li',
    { class: 'part', 'data-tone': tone },
    icon(ICONS[tone]),
    el('h3', {}, word(lang, question)),
    el('p', { class: 'answer' }, word(lang, answer)),
    el(
      'div',
      {},
      el('p', {}, word(lang, meaning)),
      values.length > 0 && el('dl', {}, ...values.flat()),
      more,
    ),
  );
}

const ICONS: Readonly<Record<Tone, IconName>> = {
  good: 'yes',
  bad: 'no',
  unsure: 'gap',
  calm: 'absent',
};

const SIGNING: Readonly<Record<SigningState, LogWord>> = {
  ...{ fresh: 'yes', unsigned: 'late', stopped: 'failing', begun: 'notYet' },
};

function signingPart(lang: Lang, status: LogStatus, log: Log): Part {
  const state = signingOf(status, log);
  const { checkpoint, site, zone } = log;
  const rows: Row[] = [];
  if (checkpoint !== undefined) {
    const ago = word(lang, 'ago', { span: spanName(lang, checkpoint.ageMs) });
    rows.push([word(lang, 'events'), countName(lang, checkpoint.size)]);
    const time = timeName(lang, checkpoint.at, zone);
    const isQuiet = status.unsignedMs === 0 && checkpoint.ageMs > QUIET_MS;
    const since = isQuiet ? [word(lang, 'quiet')] : [];
    rows.push([word(lang, 'newest'), ago, time, ...since]);
  }
  return {
    ...{ question: 'signing', tone: toneOf(state), answer: SIGNING[state], rows },
    meaning: `signing-${state}`,
    more: checkpoint && link(lang, 'checkpoint', `log/${site}/checkpoint`),
  };
}

const WITNESSING: Readonly<Record<WitnessingState, LogWord>> = {
  ...{ met: 'yes', late: 'late', failing: 'failing', disputed: 'no' },
  ...{ unasked: 'unasked', none: 'none' },
};

function witnessingPart(lang: Lang, _: LogStatus, { witnessing, site }: Log): Part {
  const state = witnessingOf(witnessing);
  const said = { question: 'witnessing', tone: toneOf(state), answer: WITNESSING[state] } as const;
  const meaning = `witnessing-${state}` as const;
  if (witnessing === undefined) return { ...said, meaning, rows: [] };
  const { needed, witnesses, size } = witnessing;
  const rows: Row[] = [
    [word(lang, 'confirmed'), word(lang, 'upTo', { size: countName(lang, size) })],
    [word(lang, 'behind'), behindName(lang, witnessing)],
  ];
  if (needed > 0) {
    const of = word(lang, 'ofWitnesses', { needed, count: witnesses.length });
    rows.push([word(lang, 'quorum'), of]);
  }
  for (const each of witnesses) rows.push([each.witness, witnessName(lang, each)]);
  const address = `log/${site}/checkpoint.witnessed`;
  const more = size > 0 ? link(lang, 'witnessedCheckpoint', address) : undefined;
  return { ...said, meaning, rows, more };
}

function witnessName(lang: Lang, { size, code }: Witness): string {
  if (code !== undefined) return troubleName(lang, code);
  if (size === undefined) return word(lang, 'witnessUnknown');
  return word(lang, 'witnessUpTo', { size: countName(lang, size) });
}

const ANCHOR: Readonly<Record<AnchorState, LogWord>> = {
  ...{ real: 'yes', development: 'trial', late: 'late', failing: 'failing' },
  ...{ forked: 'no', begun: 'notYet' },
};
const NETWORKS = { real: 'real', development: 'developmentNetwork' } as const;
const KINDS: Readonly<Record<string, string>> = {
  ...{ fabric: 'Hyperledger Fabric', ethereum: 'Ethereum' },
};

function anchorPart(lang: Lang, log: Log, anchor: Anchor): Part {
  const state = anchorOf(anchor);
  const { kind, network, size, lag, at, code } = anchor;
  const name = word(lang, network === undefined ? 'networkUnknown' : NETWORKS[network]);
  const news = lag === 0 && size < confirmedSize(log) ? word(lang, 'ownNews') : undefined;
  const rows: Row[] = [
    [word(lang, 'network'), name, KINDS[kind] ?? kind],
    [word(lang, 'fixed'), word(lang, 'upTo', { size: countName(lang, size) })],
  ];
  if (at !== undefined) rows.push([word(lang, 'block'), timeName(lang, at, log.zone)]);
  rows.push([word(lang, 'behind'), behindName(lang, anchor), news]);
  if (code !== undefined) rows.push([word(lang, 'trouble'), troubleName(lang, code)]);
  return {
    ...{ question: 'anchor', tone: toneOf(state), answer: ANCHOR[state] },
    ...{ meaning: `anchor-${state}`, rows },
  };
}

/** What may be anchored: where a quorum is asked for, only what has one. */
function confirmedSize({ checkpoint, witnessing }: Log): number {
  if (witnessing !== undefined && witnessing.needed > 0) return witnessing.size;
  return checkpoint?.size ?? 0;
}

const unanchoredPart: Part = {
  ...{ question: 'anchor', tone: 'calm', answer: 'none', meaning: 'anchor-none', rows: [] },
};

function behindName(lang: Lang, { lag, lagMs }: Witnessing | Anchor): string {
  if (lag === 0) return word(lang, 'notBehind');
  const size = countName(lang, lag);
  return word(lang, 'behindBy', { size, span: spanName(lang, lagMs) });
}

function expertsView(lang: Lang, { origin, anchors }: Log): HTMLElement {
  const row = (name: LogWord, value: string) => [
    el('dt', {}, word(lang, name)),
    el('dd', {}, value),
  ];
  const chains = anchors.flatMap(({ chain }) => row('chain', chain));
  return el(
    'details',
    { class: 'experts' },
    el('summary', {}, word(lang, 'experts')),
    el('dl', {}, ...row('origin', origin), ...chains),
    link(lang, 'figures', 'log/status.json'),
  );
}

function link(lang: Lang, name: LogWord, href: string): HTMLElement {
  return el('p', {}, el('a', { href }, word(lang, name)));
}
