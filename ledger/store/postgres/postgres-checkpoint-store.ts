import type { CheckpointStore, LastCheckpoint } from '../../checkpoint-store.ts';
import { PostgresBridge } from './bridge.ts';
import type { RunResult, Statement } from './bridge-messages.ts';
import { numberIn, textIn } from './columns.ts';
import { DEADLINE_MS, isLost, type PostgresOptions, sqlErrorOf } from './postgres-reader.ts';

/** A table of its own in any database: best on another server than the events. */
export class PostgresCheckpointStore implements CheckpointStore {
  readonly #bridge: PostgresBridge;

  constructor({ url, deadlineMs = DEADLINE_MS }: PostgresOptions) {
    this.#bridge = new PostgresBridge(url, deadlineMs);
    try {
      this.#bridge.connect();
      this.#bridge.run('bare', [
        {
          text: `CREATE TABLE IF NOT EXISTS last_checkpoint (origin text COLLATE "C" PRIMARY KEY,
            size bigint NOT NULL, root text NOT NULL, note text COLLATE "C" NOT NULL)`,
        },
      ]);
    } catch (error) {
      this.#bridge.close();
      throw sqlErrorOf(error);
    }
  }

  fetch(origin: string): LastCheckpoint | undefined {
    const text = 'SELECT size, root, note FROM last_checkpoint WHERE origin = $1';
    const read = () => this.#run({ text, values: [origin] })?.rows[0];
    let row: ReturnType<typeof read>;
    try {
      row = read();
    } catch (error) {
      if (!isLost(error)) throw sqlErrorOf(error);
      row = withOurErrors(read);
    }
    return (
      row && { size: numberIn(row, 'size'), root: textIn(row, 'root'), note: textIn(row, 'note') }
    );
  }

  /**
   * After `StoreUnavailable` it may have been replaced or not; `fetch` knows, since it reads nothing
   * before the session that was lost has ended.
   */
  replace(origin: string, expected: LastCheckpoint | undefined, next: LastCheckpoint): boolean {
    const values = [origin, next.size, next.root, next.note];
    const statement =
      expected === undefined
        ? {
            text: 'INSERT INTO last_checkpoint VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
            values,
          }
        : {
            text: `UPDATE last_checkpoint SET size = $2, root = $3, note = $4
              WHERE origin = $1 AND note = $5`,
            values: [...values, expected.note],
          };
    return withOurErrors(() => this.#run(statement)?.count === 1);
  }

  close(): void {
    this.#bridge.close();
  }

  #run(statement: Statement): RunResult | undefined {
    if (!this.#bridge.connected) this.#bridge.connect();
    return this.#bridge.run('bare', [statement])[0];
  }
}

function withOurErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw sqlErrorOf(error);
  }
}
