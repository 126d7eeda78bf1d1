import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** What a program needs to deploy and call the contract, without a compiler. Code is `0x` hex. */
export interface AnchorArtifact {
  readonly contract: string;
  readonly compiler: string;
  /** JSON ABI. */
  readonly abi: readonly unknown[];
  /** Creation code; the constructor's arguments follow it. */
  readonly bytecode: string;
  /** Code of the contract with zeros where a constructor fills in its immutables. */
  readonly runtime: string;
  /** Where, in bytes of `runtime`. */
  readonly immutables: readonly { readonly start: number; readonly length: number }[];
}

export const ARTIFACT_FILE = new URL('./log-anchor.json', import.meta.url);

const code = z.string().regex(/^0x(?:[0-9a-f]{2})+$/);
const artifact = z.strictObject({
  contract: z.string(),
  compiler: z.string(),
  abi: z.array(z.unknown()),
  bytecode: code,
  runtime: code,
  immutables: z.array(z.strictObject({ start: z.int(), length: z.int() })),
});

/** The committed result of `node contracts/build.ts`; a test holds it equal to a fresh one. */
export function readAnchorArtifact(): AnchorArtifact {
  return artifact.parse(JSON.parse(readFileSync(ARTIFACT_FILE, 'utf8')));
}

export function formatAnchorArtifact(built: AnchorArtifact): string {
  return `${JSON.stringify(built, undefined, 1)}\n`;
}

/** Whether code found on a chain is this contract's, whatever its immutables are. */
export function isAnchorCode(found: string, built: AnchorArtifact): boolean {
  return blankImmutables(found, built) === blankImmutables(built.runtime, built);
}

function blankImmutables(text: string, { immutables }: AnchorArtifact): string {
  let blank = text;
  for (const { start, length } of immutables) {
    const [from, to] = [2 + 2 * start, 2 + 2 * (start + length)];
    blank = blank.slice(0, from) + '0'.repeat(2 * length) + blank.slice(to);
  }
  return blank;
}
