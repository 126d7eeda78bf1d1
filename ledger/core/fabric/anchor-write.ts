import { equalBytes, utf8 } from '../bytes.ts';
import { Refusal } from '../refusal.ts';
import { type AnchoredRoot, anchorKey, anchorValue } from './anchor-state.ts';
import { Message } from './protobuf.ts';

/** `kvrwset.KVWrite` of the root under the key of its checkpoint: one, and not a delete. */
export function checkWrite(state: Message, anchored: AnchoredRoot): void {
  const key = anchorKey(anchored);
  const value = utf8(anchorValue(anchored));
  const [write, ...others] = ofKey(state.list(3), 'bnb', key);
  const isDelete = write?.number(2) !== 0;
  if (!write || others.length > 0 || isDelete || !equalBytes(write.bytes(3), value)) {
    throw new Refusal('fabric-write-set', 'The transaction did not write this root.', { key });
  }
}

/** Where a transaction stands in the channel. */
export interface Version {
  readonly block: number;
  readonly index: number;
}

/**
 * `kvrwset.KVRead` of the same key: the transaction that wrote it last, which therefore was valid.
 * Refusals `fabric-statement-key`, `fabric-statement-absent`.
 */
export function versionRead(
  state: Message,
  anchored: Pick<AnchoredRoot, 'origin' | 'size'>,
): Version {
  const key = anchorKey(anchored);
  const [read, ...others] = ofKey(state.list(1), 'bb', key);
  if (read === undefined || others.length > 0) {
    throw new Refusal('fabric-statement-key', 'The statement is about another key.', { key });
  }
  if (read.list(2).length === 0) {
    throw new Refusal(
      'fabric-statement-absent',
      'The peers state that nothing is anchored under this key: the transaction was not valid.',
      { key },
    );
  }
  const version = read.inner(2, 'nn');
  return { block: version.number(1), index: version.number(2) };
}

function ofKey(list: readonly Uint8Array[], fields: string, key: string): Message[] {
  const wanted = utf8(key);
  return list
    .map((bytes) => new Message(bytes, fields))
    .filter((message) => equalBytes(message.bytes(1), wanted));
}
