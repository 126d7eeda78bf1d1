import type { HardhatRuntimeEnvironment } from 'hardhat/types/hre';
import { z } from 'zod';

/** One test that is written in Solidity, and what came of it. */
export interface SolidityTest {
  /** `MerkleTreeTest: testFuzz_honestPrefixIsProved(uint256,uint256,bytes32)` */
  readonly name: string;
  /** With how many inputs, or sequences of calls, it was tried. */
  readonly runs: number;
  /** `passed`, or why not, with the inputs that broke it. */
  readonly outcome: string;
}

const callShape = z.object({
  contractName: z.string().optional(),
  signature: z.string().optional(),
  args: z.string().optional(),
});
const reportShape = z.object({
  value: z.object({
    suiteResults: z.array(
      z.object({
        id: z.object({ name: z.string() }),
        warnings: z.array(z.string()),
        testResults: z.array(
          z.object({
            name: z.string(),
            status: z.string(),
            reason: z.string().optional(),
            kind: z.object({ runs: z.bigint().default(1n) }),
            counterexample: z
              .union([z.object({ sequence: z.array(callShape) }), callShape])
              .optional(),
          }),
        ),
      }),
    ),
  }),
});
type Call = z.infer<typeof callShape>;

/** Compiles and runs every Solidity test of the folder, without network. */
export async function runSolidityTests(
  hardhat: HardhatRuntimeEnvironment,
): Promise<SolidityTest[]> {
  const done: unknown = await hardhat.tasks.getTask(['test', 'solidity']).run({});
  return reportShape.parse(done).value.suiteResults.flatMap(({ id, warnings, testResults }) => [
    ...warnings.map((warning) => ({ name: `${id.name}: warning`, runs: 0, outcome: warning })),
    ...testResults.map(({ name, status, reason = status, kind, counterexample }) => ({
      name: `${id.name}: ${name}`,
      runs: Number(kind.runs),
      outcome: status === 'Success' ? 'passed' : [reason, ...describe(counterexample)].join('\n'),
    })),
  ]);
}

function describe(counterexample: Call | { readonly sequence: Call[] } | undefined): string[] {
  if (counterexample === undefined) return [];
  const calls = 'sequence' in counterexample ? counterexample.sequence : [counterexample];
  return calls.map(
    ({ contractName = '', signature = '', args = '' }) =>
      `  ${contractName} ${signature} with ${args}`,
  );
}
