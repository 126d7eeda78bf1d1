import { describe, expect, test } from 'vitest';
import {
  findBannedCoreCalls,
  findBareThreads,
  findContractChance,
  findDefaultExports,
  findLongFiles,
  findLongFunctions,
  findNarrowedRuns,
  findSilencedTypes,
  findUncheckedTypes,
  findVagueNames,
} from './tidy/code-rules.ts';
import {
  findFolderReadmes,
  findLargeFiles,
  findMachineNames,
  findMissingPaths,
} from './tidy/document-rules.ts';
import { findChainTools, findCorePackages, findUpwardImports } from './tidy/import-rules.ts';
import {
  describeFindings,
  type Finding,
  isCode,
  listFiles,
  type RepositoryFile,
  readRepositoryFile,
  sizeOf,
} from './tidy/repository.ts';

const paths = listFiles();
const existing = new Set(paths);
const code = paths.filter(isCode).map(readRepositoryFile);
const documents = paths.filter((path) => path.endsWith('.md')).map(readRepositoryFile);

function inCode(rule: (file: RepositoryFile) => Finding[]): string[] {
  return describeFindings(code.flatMap(rule));
}

test('the rules see the repository', () => {
  expect(code.map(({ path }) => path)).toContain('scripts/bootstrap.mjs');
});

describe('imports follow the arrows of the architecture', () => {
  test('no folder imports one that stands above it', () => {
    expect(inCode(findUpwardImports)).toEqual([]);
  });

  test('the core imports no package but @noble', () => {
    expect(inCode(findCorePackages)).toEqual([]);
  });

  test('no service needs a compiler or a chain of its own to start', () => {
    expect(inCode(findChainTools)).toEqual([]);
  });
});

describe('code', () => {
  test('the core uses no clock, randomness, platform, network or float', () => {
    expect(inCode(findBannedCoreCalls)).toEqual([]);
  });

  test('the contract has no clock and no randomness', () => {
    expect(inCode(findContractChance)).toEqual([]);
  });

  test('no thread is started past the one way that is safe', () => {
    expect(inCode(findBareThreads)).toEqual([]);
  });

  test('files are short enough to be read at once', () => {
    expect(inCode(findLongFiles)).toEqual([]);
  });

  test('functions fit on a screen', () => {
    expect(inCode(findLongFunctions)).toEqual([]);
  });

  test('nothing has the type any', () => {
    expect(inCode(findUncheckedTypes)).toEqual([]);
  });

  test('no comment silences the compiler', () => {
    expect(inCode(findSilencedTypes)).toEqual([]);
  });

  test('only tool settings have default exports', () => {
    expect(inCode(findDefaultExports)).toEqual([]);
  });

  test('file and folder names say what is inside', () => {
    expect(inCode(findVagueNames)).toEqual([]);
  });

  test('no test hides the others', () => {
    expect(inCode(findNarrowedRuns)).toEqual([]);
  });
});

describe('documents', () => {
  test('every path they name exists', () => {
    const findings = documents.flatMap((file) => findMissingPaths(file, existing));
    expect(describeFindings(findings)).toEqual([]);
  });

  test('each source folder has a short README', () => {
    const linesOf = (path: string) => readRepositoryFile(path).text.split('\n').length - 1;
    expect(describeFindings(findFolderReadmes(existing, linesOf))).toEqual([]);
  });
});

describe('tracked files', () => {
  test('none is large', () => {
    const findings = paths.flatMap((path) => findLargeFiles(path, sizeOf(path)));
    expect(describeFindings(findings)).toEqual([]);
  });

  test('none names a path or registry of one machine', () => {
    const files = paths.filter(isText).map(readRepositoryFile);
    expect(describeFindings(files.flatMap(findMachineNames))).toEqual([]);
  });
});

function isText(path: string): boolean {
  return !/\.(png|jpg|webp|ico|woff2?|gz|pdf|bin)$/.test(path);
}
