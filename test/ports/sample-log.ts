import { hash } from 'node:crypto';
import { CompactRange } from '../../ledger/core/compact-range.ts';
import { leafHash } from '../../ledger/core/merkle.ts';
import type { Group, StoredBatch, TreeNode } from '../../ledger/store/port.ts';

/** Shape of a group: for each batch how many records it has and how many events follow it. */
export interface GroupShape {
  /** Events before the first batch. */
  readonly lead: number;
  readonly batches: readonly { readonly records: number; readonly events: number }[];
}

/** Side rows that a test wants in a group. */
export type SideRows = Partial<
  Pick<Group, 'keys' | 'statements' | 'idempotency' | 'directory' | 'evidence'>
>;

/**
 * Makes groups for one site and remembers, in the plainest way, what the store must then hold. Texts
 * are as long and as varied as real ones; everything follows from the site's name and the numbers.
 */
export class SampleLog {
  readonly site: string;
  readonly events: string[] = [];
  readonly commitments: Uint8Array[] = [];
  readonly records: string[] = [];
  readonly batches: { readonly firstRecord: number; readonly batch: StoredBatch }[] = [];
  /** Leaf before which each batch was taken. */
  readonly batchLeaves: number[] = [];
  readonly tree = new CompactRange();
  readonly nodes: TreeNode[] = [];

  constructor(site: string) {
    this.site = site;
  }

  /** The next group; the log counts it as written. */
  grow(shape: GroupShape, side: SideRows = {}): Group {
    const firstLeaf = this.events.length;
    const firstRecord = this.records.length;
    const firstNode = this.nodes.length;
    const batches: StoredBatch[] = [];
    this.#addEvents(shape.lead);
    for (const { records, events } of shape.batches) {
      const start = this.records.length;
      for (let i = 0; i < records; i += 1) this.records.push(this.#recordText());
      const batch = {
        jws: `e30.${digest(`${this.site} batch ${start}`)}.c2ln`,
        records: this.records.slice(start),
        eventsBefore: this.events.length - firstLeaf,
      };
      batches.push(batch);
      this.batches.push({ firstRecord: start, batch });
      this.batchLeaves.push(this.events.length);
      this.#addEvents(events);
    }
    return {
      ...{ site: this.site, firstLeaf, firstRecord, batches },
      commitments: Buffer.concat(this.commitments.slice(firstLeaf)),
      events: this.events.slice(firstLeaf),
      nodes: this.nodes.slice(firstNode),
      ...{ keys: [], statements: [], idempotency: [], directory: [], evidence: [] },
      ...side,
    };
  }

  #addEvents(count: number): void {
    for (let i = 0; i < count; i += 1) {
      const leaf = this.events.length;
      const text = this.#eventText(leaf);
      const commitment = Buffer.from(digest(text), 'hex');
      this.events.push(text);
      this.commitments.push(commitment);
      this.tree.append(leafHash(commitment), (level, index, node) => {
        if (level % 8 === 0) this.nodes.push({ level, index, hash: node });
      });
    }
  }

  #eventText(leaf: number): string {
    const amount = `${(leaf * 37) % 9973}.${String((leaf * 7919) % 1_000_000).padStart(6, '0')}`;
    const [from, to, prev] = [leaf, leaf + 1, -leaf].map((n) => digest(`${this.site} ${n}`));
    return (
      `{"account":"a-${leaf % 97}","data":{"amount":"${amount}","from":"${from}","meter":` +
      `"m-${leaf % 97}","name":"Größe 電","to":"${to}"},"n":${leaf},"prev":"${prev}","v":1}`
    );
  }

  #recordText(): string {
    const index = this.records.length;
    const prev = digest(`${this.site} record ${index}`);
    return `{"meter":"m-${index % 97}","prev":"${prev}","seq":${index},"v":1}`;
  }
}

function digest(text: string): string {
  return hash('sha256', text, 'hex');
}
