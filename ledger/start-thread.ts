import { setFlagsFromString } from 'node:v8';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a thread on one of our programs. Node strips the types of each file that a thread loads in
 * WebAssembly, and V8 13.6 may end the whole process (SIGTRAP) when one thread frees the compiled way
 * out of that code while others compile theirs (nodejs/node#64500): so no thread ever gets that far.
 * The flag is the process's own; it holds for threads that start after it was set.
 */
export function startThread(program: URL, options: WorkerOptions): Worker {
  setFlagsFromString(`--wasm-wrapper-tiering-budget=${NEVER}`);
  return new Worker(program, options);
}

/** Calls until V8 compiles a wrapper anew: the largest that the flag takes. */
const NEVER = 2_147_483_647;
