/** How the logs are, as `log/status.json` tells it; times in milliseconds, sizes in events. */
export interface LogStatus {
  /** When the figures were taken, RFC 3339 UTC. */
  readonly at: string;
  readonly isWriting: boolean;
  /** Age of the oldest event that no checkpoint holds. */
  readonly unsignedMs: number;
  readonly logs: readonly Log[];
}

export interface Log {
  readonly site: string;
  readonly origin: string;
  readonly zone: string;
  readonly checkpoint: Checkpoint | undefined;
  readonly witnessing: Witnessing | undefined;
  readonly anchors: readonly Anchor[];
}

export interface Checkpoint {
  readonly size: number;
  readonly at: string;
  readonly ageMs: number;
}

/** What others hold of the log, and what they lack. */
interface Progress {
  readonly size: number;
  readonly lag: number;
  readonly lagMs: number;
  readonly everyMs: number;
}

export interface Witnessing extends Progress {
  readonly needed: number;
  readonly witnesses: readonly Witness[];
}

export interface Witness {
  readonly witness: string;
  readonly size: number | undefined;
  readonly code: string | undefined;
}

export interface Anchor extends Progress {
  readonly chain: string;
  readonly kind: string;
  readonly network: 'real' | 'development' | undefined;
  readonly at: string | undefined;
  readonly code: string | undefined;
}

/** Reads an answer; undefined when it is none that this page knows. */
export function readStatus(value: unknown): LogStatus | undefined {
  try {
    const { at, writer, unsignedMs, logs } = fieldsOf(value);
    return {
      at: text(at),
      isWriting: writer === 'ok',
      unsignedMs: count(unsignedMs),
      logs: list(logs).map(readLog),
    };
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

class Unreadable extends Error {}

type Fields = Readonly<Record<string, unknown>>;

function readLog(value: unknown): Log {
  const { site, origin, zone, checkpoint, witnessing, anchors } = fieldsOf(value);
  return {
    ...{ site: text(site), origin: text(origin), zone: text(zone) },
    checkpoint: optional(checkpoint, readCheckpoint),
    witnessing: optional(witnessing, readWitnessing),
    anchors: list(anchors).map(readAnchor),
  };
}

function readCheckpoint(value: unknown): Checkpoint {
  const { size, at, ageMs } = fieldsOf(value);
  return { size: count(size), at: text(at), ageMs: count(ageMs) };
}

function readWitnessing(value: unknown): Witnessing {
  const fields = fieldsOf(value);
  const { needed, witnesses } = fields;
  return {
    ...readProgress(fields),
    needed: count(needed),
    witnesses: list(witnesses).map((each) => {
      const { witness, size, code } = fieldsOf(each);
      return {
        ...{ witness: text(witness), size: optional(size, count) },
        code: optional(code, text),
      };
    }),
  };
}

function readAnchor(value: unknown): Anchor {
  const fields = fieldsOf(value);
  const { chain, kind, network, at, code } = fields;
  return {
    ...readProgress(fields),
    ...{ chain: text(chain), kind: text(kind) },
    // Only what says that it is real is taken for real.
    network: network === undefined ? undefined : network === 'real' ? 'real' : 'development',
    ...{ at: optional(at, text), code: optional(code, text) },
  };
}

function readProgress({ size, lag, lagMs, everyMs }: Fields): Progress {
  return { size: count(size), lag: count(lag), lagMs: count(lagMs), everyMs: count(everyMs) };
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw new Unreadable();
  return value as Fields;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Unreadable();
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Unreadable();
  return value;
}

function count(value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0)) throw new Unreadable();
  return value;
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : read(value);
}
