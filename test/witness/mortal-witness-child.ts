import pino from 'pino';
import { serveWitness } from '../../api/witness/witness-server.ts';
import type { CheckpointStore } from '../../ledger/checkpoint-store.ts';
import { SqliteCheckpointStore } from '../../ledger/checkpoint-store.ts';
import { parseVerifierKey } from '../../ledger/core/signed-note.ts';
import { readOrMakeWitnessKey } from '../../ledger/log-keys.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { Witness } from '../../ledger/witness/witness.ts';
import { LOG_VKEY } from './branching-log.ts';

/**
 * The real witness on the folder that the first word names; it kills itself, as a power cut would, at
 * the step that the second word names. Its parent is witness-process.ts.
 */
const [, , dataDir = '', step = ''] = process.argv;

function dieAt(here: string): void {
  if (step === here) process.kill(process.pid, 'SIGKILL');
}

const store = new SqliteCheckpointStore(`${dataDir}/witness.db`);
const last: CheckpointStore = {
  fetch: (origin) => {
    dieAt('before reading');
    return store.fetch(origin);
  },
  replace: (origin, expected, next) => {
    dieAt('before storing');
    const replaced = store.replace(origin, expected, next);
    dieAt('after storing');
    return replaced;
  },
  close: () => store.close(),
};
const signer = readOrMakeWitnessKey(`${dataDir}/witness.key`, 'witness.example/mortal');
const witness = new Witness({
  last,
  signer: {
    key: signer.key,
    sign: (message) => {
      dieAt('before signing');
      const signature = signer.sign(message);
      dieAt('after signing');
      return signature;
    },
  },
  logs: [parseVerifierKey(LOG_VKEY)],
  nowMs: Date.now,
  primitives: nativePrimitives(),
});
await serveWitness({ witness, host: '127.0.0.1', port: 0, log: pino({ level: 'info' }) });
