import type { Lang } from '../../ledger/core/words/format.ts';
import { say } from '../../ledger/core/words/render.ts';
import type { Checked } from './check-bill.ts';

export type Tone = 'calm' | 'good' | 'bad' | 'unsure';

/** The sentence that says how a bill fared: the state of the page while that bill is shown. */
export function headlineOf(lang: Lang, { verdict }: Checked): string {
  const { bill, paper } = verdict;
  if (verdict.overall === 'verified' && bill !== undefined) {
    const { currency, readings, statement } = bill;
    return say(lang, 'state-verified', { amount: statement.total, currency, readings });
  }
  if (verdict.overall !== 'failed') return say(lang, `state-${verdict.overall}`);
  const failed = verdict.layers.find(({ status }) => status === 'failed');
  const sentence = say(lang, 'state-failed', { layer: failed?.n ?? 0 });
  if (failed !== undefined || paper === undefined) return sentence;
  const [lead] = splitLead(sentence);
  return `${lead}${lang === 'en' ? ' ' : ''}${say(lang, paper.code, paper.params)}`;
}

export function toneOf({ verdict }: Checked): Tone {
  if (verdict.overall === 'verified') return 'good';
  return verdict.overall === 'failed' ? 'bad' : 'unsure';
}

/** The first clause, which is set large, and what follows it. */
export function splitLead(sentence: string): readonly [lead: string, rest: string] {
  const end = /[.:](?=\s|$)|[。:：](?=.)/.exec(sentence)?.index;
  if (end === undefined) return [sentence, ''];
  return [sentence.slice(0, end + 1), sentence.slice(end + 1)];
}
