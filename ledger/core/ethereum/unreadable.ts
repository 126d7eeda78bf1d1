import { Refusal } from '../refusal.ts';

/** The refusal of bytes that are not what they should be; the part that holds them is named above. */
export function unreadable(): Refusal {
  return new Refusal(
    'ethereum-format',
    'The receipt holds bytes that are not in the form of Ethereum.',
  );
}
