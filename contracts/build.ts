// `node contracts/build.ts`: compiles the contract and writes `interface/log-anchor.json`, which is committed.
import { writeFileSync } from 'node:fs';
import { compileAnchor, openHardhat } from './compile.ts';
import { ARTIFACT_FILE, formatAnchorArtifact } from './interface/anchor-artifact.ts';

const built = await compileAnchor(await openHardhat());
writeFileSync(ARTIFACT_FILE, formatAnchorArtifact(built));
console.log(`${built.contract}: ${built.runtime.length / 2 - 1} bytes of code`);
