import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createHardhatRuntimeEnvironment } from 'hardhat/hre';
import type { HardhatRuntimeEnvironment } from 'hardhat/types/hre';
import config from './hardhat.config.ts';
import type { AnchorArtifact } from './interface/anchor-artifact.ts';

/** Hardhat with this folder's settings, without its command line; the root names the sources. */
export function openHardhat(): Promise<HardhatRuntimeEnvironment> {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  return createHardhatRuntimeEnvironment(config, {}, root);
}

/** Compiles everything, without network, and hands out the anchor. Throws what the compiler says. */
export async function compileAnchor(hardhat: HardhatRuntimeEnvironment): Promise<AnchorArtifact> {
  await hardhat.tasks.getTask('build').run({ force: true, quiet: true });
  const built = await hardhat.artifacts.readArtifact('LogAnchor');
  const compiler = hardhat.config.solidity.profiles['default']?.compilers[0];
  const places = Object.values(built.immutableReferences ?? {}).flat();
  return {
    contract: built.contractName,
    compiler: `solc ${compiler?.version} ${JSON.stringify(compiler?.settings)}`,
    abi: built.abi,
    bytecode: built.bytecode,
    runtime: built.deployedBytecode,
    immutables: places.map(({ start, length }) => ({ start, length })),
  };
}
