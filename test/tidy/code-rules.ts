import { stripTypeScriptTypes } from 'node:module';
import { lineAt, maskSource } from './masked-source.ts';
import { type Finding, isTest, type RepositoryFile } from './repository.ts';

const longestFile = 400;
const longestTestFile = 800;
const longestFunction = 70;

export function findLongFiles({ path, text }: RepositoryFile): Finding[] {
  const lines = text.split('\n').length - 1;
  const limit = isTest(path) ? longestTestFile : longestFile;
  if (lines <= limit) return [];
  return [{ path, line: limit + 1, advice: `has ${lines} lines: one idea a file, ${limit} lines` }];
}

/** Functions with a body in braces, after the types are taken out by Node itself. */
export function findLongFunctions({ path, text }: RepositoryFile): Finding[] {
  if (isTest(path) || path.endsWith('.sol')) return [];
  const { code } = maskSource(path.endsWith('.ts') ? stripTypeScriptTypes(text) : text);
  const open: { start: number; isFunction: boolean }[] = [];
  const findings: Finding[] = [];
  for (const { index } of code.matchAll(/[{}]/g)) {
    if (code[index] === '{') {
      open.push({ start: index, isFunction: opensFunction(code, index) });
      continue;
    }
    const block = open.pop();
    if (block === undefined || !block.isFunction) continue;
    const line = lineAt(code, block.start);
    const lines = lineAt(code, index) - line + 1;
    if (lines <= longestFunction) continue;
    const advice = `a function of ${lines} lines: split it, ${longestFunction} is the limit`;
    findings.push({ path, line, advice });
  }
  return findings;
}

export function findBannedCoreCalls(file: RepositoryFile): Finding[] {
  if (!file.path.startsWith('ledger/core/') || isTest(file.path)) return [];
  return findInCode(file, [
    [/\bDate\s*\.\s*now\b/g, 'the core has no clock: take the time as a parameter'],
    [/\bnew\s+Date\b(?!\s*\(\s*[^)\s])/g, 'the core has no clock: take the time as a parameter'],
    [/\bMath\s*\.\s*random\b/g, 'the core has no randomness: take it as a parameter'],
    [/(?<![.\w$])crypto\s*\./g, 'the core has no platform: take cryptography as a parameter'],
    [/(?<![.\w$])console\s*\./g, 'the core prints nothing: return a value or throw a Refusal'],
    [/(?<![.\w$])fetch\s*\(/g, 'the core has no network: take the bytes as a parameter'],
    [/(?<![.\w$])process\s*[.[]/g, 'the core has no platform: take the value as a parameter'],
    [/(?<![.\w$])Buffer\b/g, 'the core has no Node: use Uint8Array and ledger/core/bytes.ts'],
    [/(?<![.\w$])globalThis\b/g, 'the core has no platform: take the value as a parameter'],
    [/\bparseFloat\b/g, 'money and energy are integers: parse decimals with the core'],
    [/\.\s*toFixed\b/g, 'money and energy are integers: print decimals with the core'],
  ]);
}

/** The contract gives every peer the same bytes, so it has no source of anything else. */
export function findContractChance(file: RepositoryFile): Finding[] {
  if (!/^chaincode\/[^/]+\.ts$/.test(file.path) || isTest(file.path)) return [];
  const advice = 'peers have to agree to the byte: use the parameters and the state only';
  return findInCode(file, [
    [/\bDate\b/g, advice],
    [/\bperformance\b/g, advice],
    [/\bMath\s*\.\s*random\b/g, advice],
    [/\brandom(?:Bytes|UUID|Int|FillSync)\b/g, advice],
    [/\bgetRandomValues\b/g, advice],
    [/\bgetTransient\b/g, advice],
  ]);
}

/** A thread that V8 may end together with its process (`ledger/start-thread.ts`). */
export function findBareThreads(file: RepositoryFile): Finding[] {
  if (file.path === 'ledger/start-thread.ts' || file.path.startsWith('web/')) return [];
  const advice = 'start threads with startThread, which keeps V8 from ending the process';
  return findInCode(file, [[/\bnew\s+Worker\s*\(/g, advice]]);
}

export function findUncheckedTypes(file: RepositoryFile): Finding[] {
  const advice = 'the type any switches checking off: use unknown and parse it';
  const asType = /(?:[:<|&]|\bas|=>|\bextends|\bkeyof|,(?=\s*any\s*>))\s*any\b(?!\s*[:(.=]\s*\w)/g;
  return file.path.endsWith('.ts') ? findInCode(file, [[asType, advice]]) : [];
}

export function findSilencedTypes({ path, text }: RepositoryFile): Finding[] {
  const { comments } = maskSource(text);
  const silencers = comments.matchAll(/@ts-(?:ignore|nocheck)\b/g);
  const advice = 'mend the type instead of silencing the compiler';
  return [...silencers].map(({ index }) => ({ path, line: lineAt(text, index), advice }));
}

export function findDefaultExports(file: RepositoryFile): Finding[] {
  if (file.path.endsWith('.config.ts') || file.path.endsWith('.sol')) return [];
  const advice = 'export it by name: a default export has a different name in every file';
  return findInCode(file, [[/\bexport\s+default\b|\bas\s+default\b/g, advice]]);
}

export function findNarrowedRuns(file: RepositoryFile): Finding[] {
  const advice = 'take .only away: it hides every other test of the file';
  return findInCode(file, [[/\b(?:it|test|describe|suite|bench)(?:\.\w+)*\.only\b/g, advice]]);
}

export function findVagueNames({ path }: RepositoryFile): Finding[] {
  const vague = /^(?:utils?|helpers?|common|libs?|services?|managers?)$/i;
  const words = path.split(/[/.-]/);
  const word = words.find((candidate) => vague.test(candidate));
  if (word === undefined) return [];
  return [{ path, line: 1, advice: `"${word}" says nothing: name the thing or the use case` }];
}

function findInCode(
  { path, text }: RepositoryFile,
  rules: readonly (readonly [RegExp, string])[],
): Finding[] {
  const { code } = maskSource(text);
  return rules.flatMap(([pattern, advice]) =>
    [...code.matchAll(pattern)].map(({ index }) => ({ path, line: lineAt(text, index), advice })),
  );
}

/** Without types, a body follows `=>` or the parameters; a statement's condition follows a word. */
function opensFunction(code: string, brace: number): boolean {
  const before = code.slice(0, brace).trimEnd();
  if (before.endsWith('=>')) return true;
  if (!before.endsWith(')')) return false;
  let depth = 0;
  for (let at = before.length - 1; at >= 0; at -= 1) {
    if (before[at] === ')') depth += 1;
    if (before[at] === '(') depth -= 1;
    if (depth > 0) continue;
    const head = before.slice(Math.max(0, at - 20), at);
    return !/\b(?:if|for|for\s+await|while|switch|catch|with)\s*$/.test(head);
  }
  return false;
}
