import type { Attack } from './attack.ts';
import {
  backdatedTermsAttacks,
  demandAttacks,
  minimumAttacks,
  parkingAttacks,
  quantityFeeAttacks,
  shareAttacks,
  taxAttacks,
} from './charge-attacks.ts';
import { closingAttacks } from './closing-attacks.ts';
import { depositAttacks } from './deposit-attacks.ts';
import { editedReadings } from './edited-readings.ts';
import { eventDayAttacks, termsAttacks } from './format-2-attacks.ts';
import { garbledFiles, slowFiles } from './garbled-files.ts';
import { editedLog, knownLogs } from './log-attacks.ts';
import { moneyAttacks } from './money-attacks.ts';
import { moveAttacks } from './move-attacks.ts';
import { signedReadings } from './signed-readings.ts';
import { surplusAttacks } from './surplus-attacks.ts';
import { tariffAttacks } from './tariff-attacks.ts';
import { walletAttacks } from './wallet-attacks.ts';

/** Every attack, by what it is aimed at. */
export const attacks: Readonly<Record<string, readonly Attack[]>> = {
  'edited readings': editedReadings,
  'signed readings': signedReadings,
  'prices and fees': tariffAttacks,
  'event days': eventDayAttacks,
  'terms of an account': termsAttacks,
  'terms dated back': backdatedTermsAttacks,
  'demand and capacity': demandAttacks,
  'fees by quantity': quantityFeeAttacks,
  minimums: minimumAttacks,
  taxes: taxAttacks,
  parking: parkingAttacks,
  'common areas and line loss': shareAttacks,
  'payments and bills': moneyAttacks,
  'refunds, reversals and adjustments': moveAttacks,
  'accounts that were closed': closingAttacks,
  deposits: depositAttacks,
  'terms of wallets': walletAttacks,
  'surpluses that go back': surplusAttacks,
  'events and proofs': editedLog,
  'logs that the reader knows': knownLogs,
  files: garbledFiles,
  'time of the reader': slowFiles,
};
