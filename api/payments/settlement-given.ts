import type { BankColumns } from '../../payments/settlement/bank-csv.ts';
import type { LedgerPort } from '../ledger-port.ts';
import type { PayDesk } from './pay-desk.ts';

/** Who reconciles, and with what. */
export interface Desk {
  readonly ledger: LedgerPort;
  readonly payDesk: PayDesk;
  readonly site: string;
  /** Id of who asks. */
  readonly by: string;
}

export interface FileGiven {
  readonly source: string;
  readonly day: string;
  readonly bytes: Uint8Array;
  /** False where the provider says that nothing happened. */
  readonly rows: boolean;
  /** As the provider's files name us, where the provider is not set up here; the bank's account number. */
  readonly merchant?: string | undefined;
  /** How the bank writes its CSV; without it a bank's file is camt.053. */
  readonly columns?: BankColumns | undefined;
  /** Agreed fee, per cent; without one fees are taken as the file says them. */
  readonly feePercent?: string | undefined;
}

/** A file that is in memory, as readers want it. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
