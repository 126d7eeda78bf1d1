/** A mistake that is made on purpose, to show that the simulation would see it. */
export interface Mutation {
  readonly name: string;
  /** A seed that finds it. */
  readonly seed: number;
  /** Which promise it breaks. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
}

/** In a source file of ours: a text that is there exactly once, and what stands there instead. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Most seeds, counted from the one that is named, until a mistake is found. */
export const FOUND_WITHIN = 50;

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'answers-before-the-commit',
    seed: 1,
    breaks: 'what is acknowledged is on disk',
    edits: [
      {
        file: 'ledger/writer/group-answers.ts',
        from: 'for (const { request } of staged) answers.push(uncommitted(service, request, error));',
        to: 'for (const { request, value } of staged) answers.push(committed(request.id, value)); void uncommitted;',
      },
    ],
  },
  {
    name: 'keeps-memory-after-a-failed-commit',
    seed: 1,
    breaks: 'memory in doubt is read again',
    edits: [
      {
        file: 'ledger/writer/writer.ts',
        from: 'for (const { state } of groups) this.#doubt(state.site);',
        to: '',
      },
    ],
  },
  {
    name: 'forgets-idempotency-keys',
    seed: 1,
    breaks: 'a request that is sent again is done once',
    edits: [
      {
        file: 'ledger/writer/writer.ts',
        from: '    group.idempotency.push({\n      key: idempotency.key,',
        to: '    [].push({\n      key: idempotency.key,',
      },
    ],
  },
  {
    name: 'marks-the-projection-before-it-is-saved',
    seed: 2,
    breaks: 'what is not saved stays to be saved',
    edits: [
      {
        file: 'ledger/writer/writer.ts',
        from: `    this.#options.store.saveProjection(state.site, projectionOf(state));
    markProjected(state);`,
        to: `    const changed = projectionOf(state);
    markProjected(state);
    this.#options.store.saveProjection(state.site, changed);`,
      },
    ],
  },
  {
    name: 'loses-a-site-whose-reading-failed',
    seed: 20,
    breaks: 'an outage may last as long as it likes',
    edits: [
      {
        file: 'ledger/writer/writer.ts',
        from: '  #reload(site: string): void {\n',
        to: '  #reload(site: string): void {\n    this.#doubtful.delete(site);\n',
      },
    ],
  },
  {
    name: 'replays-a-top-up-without-its-postings',
    seed: 1,
    breaks: 'a start leads to the state that was left',
    edits: [
      {
        file: 'ledger/writer/apply-event.ts',
        from: `postings } = topUpCredited(data, '/data');
      account.wallets.set(wallet, parseMicros(balance));
      postAll(state, postings);`,
        to: `postings } = topUpCredited(data, '/data');
      account.wallets.set(wallet, parseMicros(balance));
      void postings;`,
      },
    ],
  },
  {
    name: 'takes-an-equivocating-record-for-known',
    seed: 1,
    breaks: 'a contradiction is refused, and both sides are kept',
    edits: [
      {
        file: 'ledger/writer/accept-batch.ts',
        from: 'if (sorted.conflict !== undefined) return recordConflict(',
        to: 'if (sorted.conflict?.seq === -1) return recordConflict(',
      },
    ],
  },
  {
    name: 'rates-a-known-record-again',
    seed: 1,
    breaks: 'nothing is there twice',
    edits: [
      {
        file: 'ledger/writer/sort-records.ts',
        from: `      if (isKnown(state, cursor, reading, hash, sorted, storedHash)) sorted.known += 1;
      else`,
        to: `      if (isKnown(state, cursor, reading, hash, sorted, storedHash)) {
        sorted.known += 1;
        sorted.fresh.push({ meter: cursor.meter, reading, hash, at, atMs: parseTime(reading.at) });
      } else`,
      },
    ],
  },
  {
    name: 'does-not-compare-the-root-of-a-batch',
    seed: 1,
    breaks: 'a record that was changed on its way is refused',
    edits: [
      {
        file: 'ledger/verify-batch.ts',
        from: 'if (root !== payload.root) {',
        to: 'if (root === "") {',
      },
    ],
  },
  {
    name: 'signs-what-is-not-committed',
    seed: 1,
    breaks: 'a checkpoint covers what is on disk',
    edits: [
      {
        file: 'ledger/writer/keeper.ts',
        from: 'if (state === undefined || this.#writer.pending > 0) continue;',
        to: 'if (state === undefined) continue;',
      },
      {
        file: 'ledger/writer/keeper.ts',
        from: '    const news = this.#writer.pending > 0;\n    try {\n',
        to: '    const news = this.#writer.pending > 0;\n    try {\n      this.#sign();\n',
      },
    ],
  },
  {
    name: 'signs-without-comparing',
    seed: 8,
    breaks: 'a log never shows two histories',
    edits: [
      {
        file: 'ledger/checkpoint-store.ts',
        from: 'WHERE origin = ? AND note = ?',
        to: 'WHERE origin = ? AND length(?) > 0',
      },
    ],
  },
  {
    name: 'serves-a-restored-copy',
    seed: 1,
    breaks: 'data that is behind what was signed is refused',
    edits: [
      {
        file: 'ledger/checkpointer.ts',
        from: '    this.refuseOtherHistory();\n  }',
        to: '  }',
      },
    ],
  },
  {
    name: 'takes-a-site-over-unread',
    seed: 5,
    breaks: 'who takes a site over reads it',
    edits: [
      {
        file: 'ledger/writer/keeper.ts',
        from: '      this.#served.add(site);\n      this.#writer.adopt(site);\n',
        to: '      this.#served.add(site);\n',
      },
    ],
  },
  {
    name: 'submits-an-anchor-before-it-is-kept',
    seed: 1,
    breaks: 'a transaction is kept before it is sent',
    edits: [
      {
        file: 'ledger/anchor/anchorer.ts',
        from: '      if (pending === undefined) return true;\n',
        to: '      if (pending === undefined) return true;\n      await this.#submit(pending);\n',
      },
    ],
  },
  {
    name: 'takes-an-unknown-anchor-for-void',
    seed: 16,
    breaks: 'what may still have an effect is not given up',
    edits: [
      {
        file: 'ledger/anchor/anchorer.ts',
        from: "if (outcome.state === 'unknown' && !this.#isAbandoned(pending)) return 'undecided';",
        to: '',
      },
    ],
  },
  {
    name: 'tells-of-an-anchor-without-its-key',
    seed: 4,
    breaks: 'an anchor is told of once',
    edits: [
      {
        file: 'ledger/anchor/anchor-event.ts',
        from: "return { do: 'confirm-anchor', site, anchor: data, idempotency };",
        to: "void idempotency; return { do: 'confirm-anchor', site, anchor: data };",
      },
    ],
  },
  {
    name: 'keeps-a-batch-without-a-sync',
    seed: 1,
    breaks: 'what the bridge has kept survives a power cut',
    edits: [
      {
        file: 'meter-bridge/outbox.ts',
        from: '    this.#write(frame);\n    this.#open().sync();',
        to: '    this.#write(frame);',
      },
    ],
  },
  {
    name: 'puts-the-outbox-in-place-without-a-sync',
    seed: 1,
    breaks: 'what the bridge has kept survives a power cut',
    edits: [{ file: 'meter-bridge/files.ts', from: '  files.syncFolder(folder);\n', to: '' }],
  },
  {
    name: 'numbers-on-after-a-loss',
    seed: 33,
    breaks: 'a sequence is never used twice',
    edits: [
      {
        file: 'meter-bridge/outbox-contents.ts',
        from: 'if (mark.epoch === state.epoch && mark.batches > state.chain.nextBatch) {',
        to: 'if (mark.epoch < 0) {',
      },
    ],
  },
  {
    name: 'does-not-move-the-meters-on',
    seed: 8,
    breaks: 'a sequence is never used twice',
    edits: [
      {
        file: 'meter-bridge/outbox.ts',
        from: '    for (const text of batch.records) advance(meters, text);',
        to: '',
      },
    ],
  },
  {
    name: 'lets-go-of-a-batch-that-was-not-taken',
    seed: 2,
    breaks: 'a batch is held until it is acknowledged',
    edits: [
      {
        file: 'meter-bridge/sender.ts',
        from: "      await this.#pause(Number(response.headers.get('retry-after') ?? 0) * 1_000);",
        to: '      outbox.acknowledge(batch.epoch, new Map([...batch.span].map(([meter, { last }]) => [meter, last])));',
      },
    ],
  },
];
