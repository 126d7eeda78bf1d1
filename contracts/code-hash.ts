// `node contracts/code-hash.ts ORIGIN`: the code hash of the contract that anchors this log, without a chain.

import { readAnchorArtifact } from './interface/anchor-artifact.ts';
import { anchorCodeHash } from './interface/anchor-code.ts';

const [origin = ''] = process.argv.slice(2);
if (origin === '') throw new Error('Name the log: the first line of its checkpoints.');
console.log(anchorCodeHash(origin, readAnchorArtifact()));
