import type { Checked } from './check-bill.ts';

/** A file and what came of checking it here. */
export interface CheckedBill {
  readonly name: string;
  readonly file: Blob;
  readonly checked: Checked;
  /** When it was checked, by this device's clock; RFC 3339 UTC. */
  readonly at: string;
  /** True when the code on a paper bill named commitment and amount, which were compared. */
  readonly linked: boolean;
  /** The address that opened the bill; absent for a file, a code, and a page from disk. */
  readonly address?: string;
}

/** A name for the bill's file: account and period, or the name that it came under. */
export function fileName({ name, checked }: CheckedBill): string {
  const { bill } = checked.verdict;
  return bill === undefined ? name : `${bill.account}-${bill.period}.billproof`;
}

/** Asks the browser to keep bytes as a file. */
export function download(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
