import { describe, it } from 'vitest';

/**
 * A suite over a network of Fabric's own programs, which no package brings: FABRIC_BIN names their folder
 * (chaincode/network/README.md). Without it one test is skipped in the suite's place.
 */
export function describeFabric(name: string, body: (bin: string) => void): void {
  const bin = process.env['FABRIC_BIN'];
  if (bin === undefined) it.skip(`${name}: needs the programs of Fabric (FABRIC_BIN)`);
  else describe(name, () => body(bin));
}
