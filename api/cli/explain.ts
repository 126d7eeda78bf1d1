import { parseArgs } from 'node:util';
import { type Catalogue, type Code, en } from '../../ledger/core/words/en.ts';
import type { Lang } from '../../ledger/core/words/format.ts';
import { catalogues, wordsFor } from '../../ledger/core/words/render.ts';
import {
  type Command,
  chosenLang,
  DONE,
  type ExitCode,
  type Invocation,
  onlyOne,
  usage,
} from './command.ts';
import { explanationsEn } from './explanations/en.ts';
import { type FindingCode, isFindingCode } from './explanations/finding-code.ts';
import { explanationsZhCn } from './explanations/zh-cn.ts';
import { harmless } from './terminal.ts';

const help = `Examples:
  billproof explain rate-differs                 what it means, and what to do
  billproof explain --lang zh-CN reading-gap     the same in Chinese
  billproof explain --list                       every code

Usage: billproof explain CODE [--lang en|zh-CN]`;

const options = {
  lang: { type: 'string' },
  list: { type: 'boolean', default: false },
} as const;

const meanings: Readonly<Record<Lang, Readonly<Record<FindingCode, string>>>> = {
  en: explanationsEn,
  'zh-CN': explanationsZhCn,
};

export const explain: Command = { help, run };

async function run({ args, terminal }: Invocation): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const lang = chosenLang(values.lang, terminal);
  if (values.list) {
    for (const code of Object.keys(en).filter(isFindingCode)) terminal.out(code);
    return DONE;
  }
  const code = onlyOne(positionals, 'a code, such as rate-differs');
  const known = wordsFor(code);
  if (known === undefined || !isFindingCode(known)) {
    throw usage(`No verdict gives the code "${harmless(code)}". See billproof explain --list.`);
  }
  terminal.out(code);
  terminal.out(`  ${pattern(catalogues[lang], known)}`);
  terminal.out('');
  terminal.out(meanings[lang][known]);
  return DONE;
}

/** The sentence with its places named: `charged <charged>`. */
function pattern(catalogue: Catalogue, code: Code): string {
  return catalogue[code]
    .replace(/\{(\w+)\?([^|{}]*)\|([^|{}]*)\}/g, '$3')
    .replace(/\{(\w+):span:(\w+)\}/g, '<$1>-<$2>')
    .replace(/\{(\w+)(?::\w+)?\}/g, '<$1>')
    .replace(/[[\]]/g, '');
}
