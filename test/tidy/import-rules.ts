import { posix } from 'node:path';
import { lineAt, maskSource } from './masked-source.ts';
import { type Finding, isTest, type RepositoryFile } from './repository.ts';

/** The folders that import one another, the inner one first where one lies in the other. */
const zones = [
  'ledger/core',
  'ledger',
  'api/demo',
  'api/cli',
  'api',
  'meter-bridge',
  'payments',
  'chaincode/devnet',
  'chaincode/network',
  'chaincode',
  'contracts/interface',
  'contracts',
  'web',
  'test',
  'scripts',
  'bin',
] as const;
type Zone = (typeof zones)[number];

/** Which zones a zone's files may import besides their own. */
const arrows: Readonly<Record<Zone, readonly Zone[]>> = {
  'ledger/core': [],
  ledger: ['ledger/core', 'contracts/interface'],
  api: ['ledger', 'ledger/core', 'payments'],
  // The two programs that put everything together.
  'api/demo': [
    'api',
    'api/cli',
    'ledger',
    'ledger/core',
    'meter-bridge',
    'payments',
    'chaincode/devnet',
    'web',
  ],
  'api/cli': [
    'api',
    'api/demo',
    'ledger',
    'ledger/core',
    'meter-bridge',
    'payments',
    'chaincode/devnet',
    'web',
  ],
  'meter-bridge': ['ledger/core'],
  payments: ['ledger/core'],
  chaincode: ['ledger/core'],
  'contracts/interface': ['ledger/core'],
  contracts: ['contracts/interface', 'ledger/core'],
  'chaincode/devnet': ['chaincode', 'ledger/core'],
  'chaincode/network': ['chaincode', 'ledger/core'],
  web: ['ledger/core'],
  test: zones,
  scripts: [],
  bin: ['scripts'],
};

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Every static, dynamic and re-exporting import with a literal specifier. */
export function importsOf(text: string): Import[] {
  const { code } = maskSource(text);
  const found = code.matchAll(/\b(?:from|import)\s*\(?\s*(?:'\s*'|"\s*")/g);
  return [...found].map(({ index, 0: match }) => ({
    specifier: text.slice(index, index + match.length).split(/['"]/)[1] ?? '',
    line: lineAt(text, index),
  }));
}

export function findUpwardImports({ path, text }: RepositoryFile): Finding[] {
  const from = zoneOf(path);
  if (from === undefined) return [];
  return importsOf(text).flatMap(({ specifier, line }) => {
    if (!specifier.startsWith('.')) return [];
    const target = posix.join(posix.dirname(path), specifier);
    const to = zoneOf(target);
    if (to === from || ((to === 'test' || to === 'scripts') && isTest(path))) return [];
    if (to !== undefined && arrows[from].includes(to)) return [];
    const allowed = [from, ...arrows[from]].join(', ');
    return [{ path, line, advice: `${from} may not import ${target}: only ${allowed}` }];
  });
}

export function findCorePackages({ path, text }: RepositoryFile): Finding[] {
  if (zoneOf(path) !== 'ledger/core' || isTest(path)) return [];
  const advice = 'the core runs everywhere: it imports no package but @noble/*';
  return importsOf(text)
    .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('@noble/'))
    .map(({ line }) => ({ path, line, advice }));
}

/**
 * What compiles, runs or tries contracts is a tool of their folder: no service needs it to start. Who
 * anchors on such a chain signs transactions for it, with the one tool for that.
 */
export function findChainTools({ path, text }: RepositoryFile): Finding[] {
  if (zoneOf(path) === 'contracts') return [];
  const isAdapter = path.startsWith('ledger/anchor/ethereum/');
  const advice = 'a tool for contracts: only contracts/ outside its interface may import it';
  return importsOf(text)
    .filter(({ specifier }) =>
      /^(?:@nomicfoundation\/|(?:hardhat|solc|ethers)(?:\/|$))/.test(specifier),
    )
    .filter(({ specifier }) => !(isAdapter && specifier === 'ethers'))
    .map(({ line }) => ({ path, line, advice }));
}

function zoneOf(path: string): Zone | undefined {
  return zones.find((zone) => path.startsWith(`${zone}/`));
}
