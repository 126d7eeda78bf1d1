import { posix } from 'node:path';
import { type Finding, isGenerated, type RepositoryFile } from './repository.ts';

const longestFolderReadme = 40;
const largestFile = 500_000;

/** Folders that a document may speak of; a path under them has to exist. */
const folders = new Set([
  ...['.ci', 'api', 'bin', 'chaincode', 'contracts', 'docs', 'ledger', 'meter-bridge'],
  ...['scripts', 'test', 'web'],
]);

/** Paths in backticks and links of a Markdown file that do not exist; fenced blocks are left out. */
export function findMissingPaths(
  { path, text }: RepositoryFile,
  existing: ReadonlySet<string>,
): Finding[] {
  const known = withFolders(existing);
  const base = posix.dirname(path);
  return outsideFences(text).flatMap((lineText, index) =>
    namedPaths(lineText)
      .filter((named) => !exists(named, base, known))
      .map((named) => ({
        path,
        line: index + 1,
        advice: `names ${named}, which does not exist: correct the path or write the file`,
      })),
  );
}

/** Every top-level folder with sources says what it owns, in few lines. */
export function findFolderReadmes(
  existing: ReadonlySet<string>,
  linesOf: (path: string) => number,
): Finding[] {
  const sources = [...existing].filter((path) => /\.(ts|sol)$/.test(path) && path.includes('/'));
  const tops = new Set(sources.map((path) => path.split('/')[0] ?? ''));
  if (existing.has('ledger/core/refusal.ts')) tops.add('ledger/core');
  return [...tops].sort().flatMap((top) => {
    const path = `${top}/README.md`;
    if (!existing.has(path)) {
      return [{ path, line: 1, advice: 'is missing: say what the folder owns and must never do' }];
    }
    const lines = linesOf(path);
    if (lines <= longestFolderReadme) return [];
    const advice = `has ${lines} lines: keep invariants and ownership, ${longestFolderReadme} lines`;
    return [{ path, line: longestFolderReadme + 1, advice }];
  });
}

export function findLargeFiles(path: string, bytes: number): Finding[] {
  if (bytes <= largestFile) return [];
  const advice = `has ${bytes} bytes: fetch or generate it, ${largestFile} is the limit`;
  return [{ path, line: 1, advice }];
}

/** Names that are true on one machine only. */
export function findMachineNames({ path, text }: RepositoryFile): Finding[] {
  const machine =
    /(?<![\w.:/~-])\/(?:work|home|root|Users|tmp)\/[\w.-]|\bregistry\.(?:npmjs|yarnpkg|npmmirror)\./;
  const advice = 'names a path or host of one machine: use a relative path or a setting';
  return text
    .split('\n')
    .flatMap((line, index) => (machine.test(line) ? [{ path, line: index + 1, advice }] : []));
}

function outsideFences(text: string): string[] {
  let fenced = false;
  return text.split('\n').map((line) => {
    const isFence = /^\s*(```|~~~)/.test(line);
    if (isFence) fenced = !fenced;
    return fenced || isFence ? '' : line;
  });
}

/** The paths a line names, without a wildcard's part, a line number or a fragment. */
function namedPaths(line: string): string[] {
  const quoted = [...line.matchAll(/`([^`\s]+)`|\]\(([^)\s]+)\)/g)];
  return quoted
    .map(({ 1: code, 2: link }) => code ?? link ?? '')
    .filter((named) => !/^[a-z]+:|^[/#]|[<>{}$…=]|^\.\.\/shared\//.test(named))
    .map((named) => named.replace(/[#:].*$/, '').replace(/\/?[^/]*\*.*$/, ''))
    .filter((named) => isPath(named) && !isGenerated(named));
}

function isPath(named: string): boolean {
  const first = named.replace(/^\.\.?\//, '').split('/')[0] ?? '';
  if (named.includes('/')) return folders.has(first) || /^\.\.?\//.test(named);
  return /^[\w.-]+\.(?:ts|mjs|sol|md|html)$/.test(named);
}

/** From the root, from the document's folder, or (a bare file name) anywhere below either. */
function exists(named: string, base: string, known: ReadonlySet<string>): boolean {
  const bare = named.replace(/\/$/, '');
  if (known.has(posix.normalize(bare)) || known.has(posix.join(base, bare))) return true;
  if (bare.includes('/')) return false;
  return [...known].some((path) => path.endsWith(`/${bare}`));
}

function withFolders(files: ReadonlySet<string>): Set<string> {
  const all = new Set<string>(['.']);
  for (const file of files) {
    for (let path = file; path !== '.'; path = posix.dirname(path)) all.add(path);
  }
  return all;
}
