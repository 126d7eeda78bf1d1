import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isObject } from '../../ledger/core/canonical-json.ts';
import type { KnownBlock } from '../../ledger/core/ethereum/network.ts';
import { type Primitives, portable } from '../../ledger/core/primitives.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { parseTrustPolicy } from '../../ledger/core/trust-policy.ts';
import { type Verdict, type VerifyOptions, verifySteps } from '../../ledger/core/verdict.ts';
import { say } from '../../ledger/core/words/render.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { type BillSource, billSource } from './bill-source.ts';
import {
  type Command,
  chosenLang,
  DONE,
  type ExitCode,
  FAILED,
  type Invocation,
  UNUSABLE,
  usage,
} from './command.ts';
import { type Contradiction, ShownTrees } from './contradictions.ts';
import { knownBlocks } from './known-blocks.ts';
import { memoryFile, recall, remember, type SeenLog, toRemember } from './seen-logs.ts';
import { harmless } from './terminal.ts';
import { contradictionJson, errorJson, verdictJson } from './verdict-json.ts';
import { type Telling, verdictLine, verdictLines } from './verdict-text.ts';
import { isArchive, verifyArchive } from './verify-archive.ts';
import { cliWords } from './words.ts';

const help = `Examples:
  billproof verify september.billproof              check a file; needs no network
  billproof verify 'https://…/verify#bundle=…'      check the link of a printed bill
  billproof verify --trust building.policy *.billproof   many bills against a pinned ledger
  billproof verify mine.billproof neighbour.billproof    also: were we both shown one log?
  billproof verify september.archive                     an auditor's archive (billproof export)

Usage: billproof verify FILE|URL|- … [options]

  --trust FILE   C2SP tlog-policy that names the trusted ledger and its witnesses
  --rpc URL      a node of the public chain that you trust: it confirms the blocks of receipts
  --json         one JSON object a bill and line, format billproof-verify/1
  --offline      refuse addresses, so that nothing touches the network
  --lang LANG    en or zh-CN
  -q, --quiet    no output; the exit code alone tells
  --state FILE   where seen logs are remembered (default: the user's state folder)
  --no-state     neither compare with an earlier check nor remember this one

Exit codes: 0 verified, 1 failed or incomplete, 2 unusable input, 3 our fault; of many the worst.`;

const options = {
  trust: { type: 'string' },
  rpc: { type: 'string' },
  json: { type: 'boolean', default: false },
  offline: { type: 'boolean', default: false },
  lang: { type: 'string' },
  quiet: { type: 'boolean', short: 'q', default: false },
  state: { type: 'string' },
  'no-state': { type: 'boolean', default: false },
} as const;

/** Fast hashes; signatures as the page checks them, so that both say the same of a crooked key. */
const primitives: Primitives = { ...portable, sha256: nativePrimitives().sha256 };

export const verify: Command = { help, run };

/** What holds for all bills of one call. */
interface Check {
  readonly telling: Omit<Telling, 'seenAt'>;
  readonly trust: string | undefined;
  readonly rpc: string | undefined;
  /** Undefined under --no-state. */
  readonly memory: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly alone: boolean;
  readonly shown: ShownTrees;
}

async function run({ args, env, terminal }: Invocation): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (positionals.length === 0) throw usage('Name a bill to check: a file, an address, or -.');
  if (positionals.filter((word) => word === '-').length > 1) {
    throw usage('Standard input can be read only once. Give - once.');
  }
  if (values.state !== undefined && values['no-state']) {
    throw usage('--state and --no-state exclude each other. Give one.');
  }
  if (values.rpc !== undefined && values.offline) {
    throw usage('--rpc asks a node, --offline nobody. Give one.');
  }
  const memory = values['no-state'] ? undefined : (values.state ?? memoryFile(env));
  if (memory !== undefined) recall(memory);
  const check: Check = {
    telling: { lang: chosenLang(values.lang, terminal), terminal },
    trust: values.trust === undefined ? undefined : readTrust(values.trust),
    rpc: values.rpc,
    memory,
    json: values.json,
    quiet: values.quiet,
    alone: positionals.length === 1,
    shown: new ShownTrees(primitives),
  };
  const reach = { offline: values.offline, stdin: process.stdin };
  const sources = positionals.map((word) => billSource(word, reach));
  let worst: ExitCode = DONE;
  for (const source of sources) {
    const exit = await checkOne(source, check);
    if (exit > worst) worst = exit;
  }
  return worst;
}

async function checkOne(source: BillSource, check: Check): Promise<ExitCode> {
  let text: string;
  try {
    text = await source.read();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return tellUnread(error, source, check);
  }
  if (isArchive(text)) return checkArchive(text, source, check);
  const before = rememberedLog(text, check.memory);
  let blocks: readonly KnownBlock[] = [];
  try {
    if (check.rpc !== undefined) blocks = await knownBlocks(check.rpc, text);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return tellUnread(error, source, check);
  }
  let verdict = judge(text, source, check, before, { blocks });
  if (source.readSince !== undefined && before !== undefined && lacksProof(verdict)) {
    const since = await source.readSince(before.size).catch(ignoreRefusal);
    // A printed bill's link leads to the ledger; any other address may be a copy that answers nothing.
    const asked = source.expected !== undefined;
    if (since !== undefined) verdict = judge(since, source, check, before, { blocks, asked });
  }
  keepInMind(verdict, before, check);
  const exit = tell(verdict, before, source, check);
  const contradiction = check.alone ? undefined : check.shown.add(text, source.name);
  return contradiction === undefined ? exit : tellContradiction(contradiction, check, exit);
}

function checkArchive(text: string, source: BillSource, check: Check): ExitCode {
  const { trust, json, quiet, telling } = check;
  try {
    const { terminal } = telling;
    return verifyArchive(text, source.name, { trust, primitives, terminal, json, quiet });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return tellUnread(error, source, check);
  }
}

function judge(
  text: string,
  source: BillSource,
  check: Check,
  remembered: SeenLog | undefined,
  known: Pick<VerifyOptions, 'blocks' | 'asked'>,
): Verdict {
  const { lang, terminal } = check.telling;
  const { trust } = check;
  const { expected } = source;
  const wanted: VerifyOptions = { trust, remembered, expected, ...known, primitives };
  const steps = verifySteps(text, wanted);
  let layer = 0;
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      terminal.progress('');
      return step.value;
    }
    if (step.value.layer === layer || check.quiet) continue;
    layer = step.value.layer;
    terminal.progress(say(lang, 'state-checking', { layer }));
  }
}

function lacksProof({ layers }: Verdict): boolean {
  return layers.some(({ findings }) => findings.some(({ code }) => code === 'history-no-proof'));
}

function tell(
  verdict: Verdict,
  before: SeenLog | undefined,
  source: BillSource,
  check: Check,
): ExitCode {
  const exit = exitOf(verdict);
  const telling = { ...check.telling, seenAt: before?.at };
  const { out } = telling.terminal;
  if (check.quiet) return exit;
  if (check.json) out(verdictJson(verdict, source.name, exit, telling));
  else if (check.alone) for (const line of verdictLines(verdict, source.name, telling)) out(line);
  else out(verdictLine(verdict, source.name, telling));
  return exit;
}

/** What one bill alone cannot show: two of them are of two histories of one log. */
function tellContradiction(
  contradiction: Contradiction,
  { telling, json, quiet }: Check,
  exit: ExitCode,
): ExitCode {
  const { lang, terminal } = telling;
  const words = cliWords[lang];
  const { origin, size, sources } = contradiction;
  const sentence = harmless(words.contradiction(origin, size));
  if (json) terminal.out(contradictionJson(contradiction, lang, sentence));
  else if (!quiet) {
    const files = sources.map(harmless).join('  ');
    terminal.out(`${terminal.bad(words.twoHistories)}  ${files}  ${sentence}`);
  }
  return exit === UNUSABLE ? exit : FAILED;
}

function tellUnread(problem: Refusal, source: BillSource, check: Check): ExitCode {
  const { lang, terminal } = check.telling;
  const words = cliWords[lang];
  if (check.quiet) return UNUSABLE;
  if (check.json) {
    terminal.out(
      errorJson(problem, source.name, UNUSABLE, { ...check.telling, seenAt: undefined }),
    );
    return UNUSABLE;
  }
  const { code } = problem;
  const kind = code === 'unreachable' || code === 'expired' ? code : 'unusable';
  const told =
    kind !== 'unusable'
      ? say(lang, `state-${kind}`)
      : code === 'file-unreadable'
        ? words.noFile
        : say(lang, code, problem.params);
  terminal.out(`${words[kind]}  ${harmless(source.name)}  ${told}`);
  terminal.note(`billproof: ${harmless(problem.message)} (${code})`);
  return UNUSABLE;
}

function exitOf({ overall }: Verdict): ExitCode {
  if (overall === 'verified') return DONE;
  return overall === 'unusable' ? UNUSABLE : FAILED;
}

/** The log that the bill says it is from, as this machine remembers it. */
function rememberedLog(text: string, memory: string | undefined): SeenLog | undefined {
  if (memory === undefined) return undefined;
  const logs = recall(memory);
  if (logs.length === 0) return undefined;
  const claimed = claimedOrigin(text);
  return logs.find(({ origin }) => origin === claimed);
}

/** What the text itself names as its log; the verdict judges whether it may. */
function claimedOrigin(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isObject(value) && isObject(value.log) ? value.log.origin : undefined;
}

function keepInMind(verdict: Verdict, before: SeenLog | undefined, check: Check): void {
  const { memory, telling } = check;
  const seen = toRemember(verdict, before, new Date().toISOString());
  if (memory === undefined || seen === undefined) return;
  try {
    remember(memory, seen);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const why = error instanceof Error ? error.message : String(error);
    telling.terminal.note(`billproof: this check could not be remembered: ${harmless(why)}`);
  }
}

function readTrust(path: string): string {
  let policy: string;
  try {
    policy = readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal('trust-unreadable', `The trust file cannot be read: ${why}.`);
  }
  parseTrustPolicy(policy);
  return policy;
}

function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof Refusal)) throw error;
  return undefined;
}
