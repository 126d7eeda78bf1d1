import { type Later, realLater } from './bridge-clock.ts';
import { claimData } from './data-claim.ts';
import { type Files, realFiles } from './files.ts';
import { type LinkOptions, ModbusLink, type RegisterLink } from './modbus-link.ts';
import { openSigningKey, type SigningKey } from './signing-key.ts';
import { softwareHash } from './software-identity.ts';

/** What a bridge has of its machine, beside clocks and network; a simulation brings another. */
export interface BridgeMachine {
  readonly files: Files;
  readonly later: Later;
  /** Refuses `data-in-use`; answers what lets go of the folder. */
  readonly claim: (folder: string) => () => void;
  readonly openKey: (path: string) => SigningKey;
  readonly openLink: (options: LinkOptions) => RegisterLink;
  readonly softwareHash: () => string;
}

export const realMachine: BridgeMachine = {
  files: realFiles,
  later: realLater,
  claim: claimData,
  openKey: openSigningKey,
  openLink: (options) => new ModbusLink(options),
  softwareHash,
};
