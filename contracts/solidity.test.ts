import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileAnchor, openHardhat } from './compile.ts';
import {
  ARTIFACT_FILE,
  formatAnchorArtifact,
  readAnchorArtifact,
} from './interface/anchor-artifact.ts';
import { runSolidityTests } from './solidity-tests.ts';

// The one test file that compiles: the others take the committed code, which is held to be the same.
// It runs while the tests are collected, so that each test in Solidity is a test of its own here.
const hardhat = await openHardhat();
const built = await compileAnchor(hardhat);
const solidityTests = await runSolidityTests(hardhat);

describe('the compiler', () => {
  it('makes of the sources what is committed (if not: node contracts/build.ts)', () => {
    expect(built).toEqual(readAnchorArtifact());
    expect(readFileSync(ARTIFACT_FILE, 'utf8')).toBe(formatAnchorArtifact(built));
  });

  it('has nothing to warn of', () => {
    const folder = join(hardhat.config.paths.artifacts, 'build-info');
    const outputs = readdirSync(folder).filter((name) => name.endsWith('.output.json'));
    const warnings = outputs.flatMap((name) => {
      const { output } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      return (output.errors ?? []).map((error: { message: string }) => error.message);
    });
    expect([warnings, outputs.length > 0]).toEqual([[], true]);
  });
});

describe('in Solidity', () => {
  it('there are as many tests as the sources have', () => {
    const folder = hardhat.config.paths.tests.solidity;
    const sources = readdirSync(folder).filter((name) => name.endsWith('.t.sol'));
    const written = sources.flatMap((name) => [
      ...readFileSync(join(folder, name), 'utf8').matchAll(/function (?:test|invariant)\w*\(/g),
    ]);
    expect(solidityTests).toHaveLength(written.length);
  });

  it.each(solidityTests)('$name ($runs runs)', ({ outcome, runs }) => {
    expect(outcome).toBe('passed');
    expect(runs).toBeGreaterThan(0);
  });
});
