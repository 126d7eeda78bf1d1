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
} from './code-rules.ts';
import type { Finding, RepositoryFile } from './repository.ts';

type Rule = (file: RepositoryFile) => Finding[];

function linesFound(rule: Rule, text: string, path = 'ledger/core/money.ts'): number[] {
  return rule({ path, text }).map(({ line }) => line);
}

const body = (lines: number) => '  step();\n'.repeat(lines);

describe('file length', () => {
  test('400 lines pass, 401 do not', () => {
    expect(linesFound(findLongFiles, '\n'.repeat(400))).toEqual([]);
    expect(linesFound(findLongFiles, '\n'.repeat(401))).toEqual([401]);
  });

  test('a test may have 800 lines and no more', () => {
    expect(linesFound(findLongFiles, '\n'.repeat(800), 'api/route.test.ts')).toEqual([]);
    expect(linesFound(findLongFiles, '\n'.repeat(801), 'test/crash.ts')).toEqual([801]);
  });
});

describe('function length', () => {
  test.each([
    ['function', 'export function f(a: { b: string }): { c: number } | undefined {\n', '}\n'],
    ['arrow function', 'const f = async (a: string): Promise<void> => {\n', '};\n'],
    ['method', 'class A {\n  f(a: string): ReadonlyMap<string, { b: 1 }> {\n', '  }\n}\n'],
    ['getter', 'class A {\n  get f(): string {\n', '  }\n}\n'],
  ])('70 lines of a %s pass, 71 do not', (_, head, tail) => {
    const start = head.split('\n').length - 1;
    expect(linesFound(findLongFunctions, head + body(68) + tail)).toEqual([]);
    expect(linesFound(findLongFunctions, head + body(69) + tail)).toEqual([start]);
  });

  test('a long class, table or loop is not a long function', () => {
    const text = `class A {\n${'  b(): void {}\n'.repeat(80)}}\nconst c = {\n${'  d: 1,\n'.repeat(80)}};
for (const e of [1]) {\n${body(80)}}\nif (c.d === (1)) {\n${body(80)}}\n`;
    expect(linesFound(findLongFunctions, text)).toEqual([]);
  });

  test('braces in strings, patterns and comments do not count', () => {
    const text = `function f(): void {\n  g('{', /[{]/, \`{\`); // {\n}\n${body(80)}`;
    expect(linesFound(findLongFunctions, text)).toEqual([]);
  });

  test('tests may be longer', () => {
    expect(linesFound(findLongFunctions, `f(() => {\n${body(90)}});\n`, 'a/b.test.ts')).toEqual([]);
  });
});

describe('banned calls in the core', () => {
  test.each([
    'const a = Date.now();',
    'const a = new Date();',
    'const a = new Date;',
    'const a = Math.random();',
    'const a = crypto.subtle;',
    'console.log(1);',
    'await fetch(url);',
    'const a = process.env;',
    'const a = Buffer.from([]);',
    'const a = globalThis;',
    'const a = Number.parseFloat(b);',
    'const a = parseFloat(b);',
    'const a = b.toFixed(2);',
  ])('%s is found', (line) => {
    expect(linesFound(findBannedCoreCalls, `\n${line}\n`)).toEqual([2]);
  });

  test.each([
    'const a = new Date(ms);',
    'const a = new ArrayBuffer(8);',
    'const a = tariff.process;',
    'const a = port.fetch(url);',
    "const a = 'Date.now()';",
    '// never Date.now()',
  ])('%s is allowed', (line) => {
    expect(linesFound(findBannedCoreCalls, line)).toEqual([]);
  });

  test('other folders and tests are free', () => {
    expect(linesFound(findBannedCoreCalls, 'Date.now();', 'ledger/writer.ts')).toEqual([]);
    expect(linesFound(findBannedCoreCalls, 'Date.now();', 'ledger/core/a.test.ts')).toEqual([]);
  });
});

describe('chance in the contract', () => {
  test.each(['Date.now();', 'new Date(0);', 'randomBytes(8);', 'Math.random();', 'randomUUID();'])(
    '%s is found',
    (line) => {
      expect(linesFound(findContractChance, `\n${line}\n`, 'chaincode/anchor.ts')).toEqual([2]);
    },
  );

  test('the development network and tests are free', () => {
    const line = 'Date.now();';
    expect(linesFound(findContractChance, line, 'chaincode/devnet/chain.ts')).toEqual([]);
    expect(linesFound(findContractChance, line, 'chaincode/anchor.test.ts')).toEqual([]);
  });
});

describe('threads', () => {
  test('are not started past the one way that is safe', () => {
    const line = 'const thread = new Worker(program);';
    expect(linesFound(findBareThreads, line, 'ledger/fsck/pool.ts')).toEqual([1]);
    expect(linesFound(findBareThreads, line, 'ledger/start-thread.ts')).toEqual([]);
    expect(linesFound(findBareThreads, line, 'web/verify/run-check.ts')).toEqual([]);
  });
});

describe('types', () => {
  test.each([
    'let a: any;',
    'let a: any[];',
    'let a: Map<string, any>;',
    'let a: Array<any>;',
    'const a = b as any;',
    'let a: string | any;',
    'type A = () => any;',
  ])('%s is found', (line) => {
    expect(linesFound(findUncheckedTypes, line)).toEqual([1]);
  });

  test.each(['const any = 1;', "const a = 'as any';", 'let company: Company;', 'a.any();'])(
    '%s is allowed',
    (line) => {
      expect(linesFound(findUncheckedTypes, line)).toEqual([]);
    },
  );

  test('a silenced compiler is found in comments only', () => {
    expect(linesFound(findSilencedTypes, '\n// @ts-ignore\n/* @ts-nocheck */')).toEqual([2, 3]);
    expect(linesFound(findSilencedTypes, "const a = '@ts-ignore';")).toEqual([]);
  });
});

describe('names and exports', () => {
  test('a default export is found except in tool settings', () => {
    expect(linesFound(findDefaultExports, 'export default 1;')).toEqual([1]);
    expect(linesFound(findDefaultExports, 'export { a as default };')).toEqual([1]);
    expect(linesFound(findDefaultExports, 'export default 1;', 'vitest.config.ts')).toEqual([]);
  });

  test.each(['api/utils.ts', 'api/lib/a.ts', 'api/user-service.ts', 'web/common/a.ts'])(
    '%s says nothing',
    (path) => {
      expect(linesFound(findVagueNames, '', path)).toEqual([1]);
    },
  );

  test.each(['api/library-card.ts', 'ledger/commons.ts', 'ledger/accept-readings.ts'])(
    '%s is a name',
    (path) => {
      expect(linesFound(findVagueNames, '', path)).toEqual([]);
    },
  );

  test('a narrowed run is found', () => {
    expect(linesFound(findNarrowedRuns, "test.only('a', f);\ntest('b', f);")).toEqual([1]);
    expect(linesFound(findNarrowedRuns, "describe.concurrent.only('a', f);")).toEqual([1]);
  });
});
