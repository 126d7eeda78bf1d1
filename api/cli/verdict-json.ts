import type { Finding, Verdict } from '../../ledger/core/verdict.ts';
import type { Lang } from '../../ledger/core/words/format.ts';
import { type ExitCode, FAILED } from './command.ts';
import type { Contradiction } from './contradictions.ts';
import { sentence, type Telling } from './verdict-text.ts';

/** Version of what `--json` prints (docs/cli.md); members may be added within a version. */
export const JSON_FORMAT = 'billproof-verify/1';

/** One line of JSON for a judged bill; `text` is the sentence in the chosen language. */
export function verdictJson(
  verdict: Verdict,
  source: string,
  exit: ExitCode,
  telling: Telling,
): string {
  const worded = (finding: Finding) => ({ ...finding, text: sentence(finding, verdict, telling) });
  const { overall, layers, bill, checkpoint, paper } = verdict;
  return JSON.stringify({
    format: JSON_FORMAT,
    source,
    exit,
    overall,
    lang: telling.lang,
    layers: layers.map((layer) => ({ ...layer, findings: layer.findings.map(worded) })),
    paper: paper === undefined ? null : worded(paper),
    bill: bill === undefined ? null : billFacts(bill),
    checkpoint: checkpoint ?? null,
    error: null,
  });
}

/** One line of JSON for a bill that could not be had at all. */
export function errorJson(
  error: { readonly code: string; readonly message: string },
  source: string,
  exit: ExitCode,
  telling: Telling,
): string {
  return JSON.stringify({
    format: JSON_FORMAT,
    source,
    exit,
    overall: 'unusable',
    lang: telling.lang,
    layers: [],
    paper: null,
    bill: null,
    checkpoint: null,
    error: { code: error.code, text: error.message },
  });
}

/** One line of JSON for two bills that contradict each other: the notes prove it to anybody. */
export function contradictionJson(found: Contradiction, lang: Lang, sentence: string): string {
  const format = 'billproof-contradiction/1';
  return JSON.stringify({ format, exit: FAILED, ...found, lang, text: sentence });
}

/** What the bill says, without the points of its charts. */
function billFacts(bill: NonNullable<Verdict['bill']>) {
  const { usage: _usage, credits: _credits, ...facts } = bill;
  return facts;
}
