import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CheckpointStore, SqliteCheckpointStore } from '../checkpoint-store.ts';
import { Refusal } from '../core/refusal.ts';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '../core/signed-note.ts';
import { readOrMakeWitnessKey } from '../log-keys.ts';
import { nativePrimitives } from '../native-primitives.ts';
import type { NoteSigner } from '../note-signer.ts';
import { writeDurably } from '../write-durably.ts';
import { Witness } from './witness.ts';

export interface WitnessOptions {
  /** Folder of the key and of what was cosigned last; the two belong together. */
  readonly dataDir: string;
  /** Name of the key, a URL without its scheme; needed at the first start only. */
  readonly name?: string | undefined;
  readonly logs: readonly VerifierKey[];
  readonly nowMs?: () => number;
}

export interface OpenWitness {
  readonly witness: Witness;
  close(): void;
}

const FILES = { state: 'witness.db', key: 'witness.key', vkey: 'witness.vkey' } as const;

/**
 * Opens a witness's folder, or makes it. Refuses `witness-name-missing`, `witness-renamed`,
 * `witness-state-missing`, `key-file`, `bad-key-name`.
 */
export function openWitness(options: WitnessOptions): OpenWitness {
  const { dataDir, logs, nowMs = Date.now } = options;
  const path = (name: keyof typeof FILES) => join(dataDir, FILES[name]);
  if (existsSync(path('key')) && !existsSync(path('state'))) {
    throw new Refusal(
      'witness-state-missing',
      `${dataDir} holds a key but not what it has cosigned, so it could cosign another history. ` +
        'Bring witness.db back as it was last, or begin with a new folder, hence a new key.',
      { path: dataDir },
    );
  }
  const name = nameOf(path('vkey'), options.name);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  // The state first: a key that is there has always had a memory beside it.
  const last: CheckpointStore = new SqliteCheckpointStore(path('state'));
  try {
    const signer = readSigner(path('key'), path('vkey'), name);
    const primitives = nativePrimitives();
    return {
      witness: new Witness({ signer, last, logs, nowMs, primitives }),
      close: () => last.close(),
    };
  } catch (error) {
    last.close();
    throw error;
  }
}

/** The name that the key was made under. A cosignature does not cover it, so a key has one for ever. */
function nameOf(vkeyPath: string, given: string | undefined): string {
  if (!existsSync(vkeyPath)) {
    if (given !== undefined) return given;
    throw new Refusal(
      'witness-name-missing',
      'A new witness needs a name, such as audit.example/w1.',
    );
  }
  const { name } = parseVerifierKey(readFileSync(vkeyPath, 'utf8').trim());
  if (given === undefined || given === name) return name;
  throw new Refusal(
    'witness-renamed',
    `The key here is that of ${name}. Leave the name out, or begin with a new folder.`,
    { name },
  );
}

function readSigner(keyPath: string, vkeyPath: string, name: string): NoteSigner {
  const signer = readOrMakeWitnessKey(keyPath, name);
  const vkey = formatVerifierKey(signer.key);
  if (!existsSync(vkeyPath)) writeDurably(vkeyPath, `${vkey}\n`);
  else if (readFileSync(vkeyPath, 'utf8').trim() !== vkey) {
    throw new Refusal(
      'key-file',
      `${keyPath} and ${vkeyPath} are not of one key; put the right pair back.`,
      { path: keyPath },
    );
  }
  return signer;
}
