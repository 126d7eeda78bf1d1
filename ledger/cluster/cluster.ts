import { StoreFenced, StoreUnavailable } from '../store/store-errors.ts';
import type { Body, WriterSetup } from '../writer/thread-messages.ts';
import { WriterThread } from '../writer/writer-thread.ts';
import type { ClusterNews, Member } from './membership.ts';
import { Membership } from './membership.ts';
import { peerSecret } from './peer-secret.ts';
import { PeerServer } from './peer-server.ts';
import type { ReplicaOptions } from './replica-watch.ts';
import { Writers } from './writers.ts';

/** A ledger in a database that several processes work on. */
export interface DatabaseOptions {
  /** `postgres://` URL; it holds a password and is never told. */
  readonly url: string;
  /** Of the last signed checkpoints; the same unless given, better another server. */
  readonly checkpointUrl?: string | undefined;
  /** Whether this process writes for sites, or only asks those that do. */
  readonly writes: boolean;
  /** Where it listens to the others: a free port is 0. */
  readonly listen: { readonly host: string; readonly port: number };
  /** `host:port` under which the others reach it; where it listens unless given. */
  readonly address?: string | undefined;
  /** How long the database may take for one answer. */
  readonly deadlineMs?: number | undefined;
  /** A standby that the public log may be read from. */
  readonly replica?: ReplicaOptions | undefined;
  readonly tell?: ((news: ClusterNews) => void) | undefined;
}

type Setup = Omit<WriterSetup, 'database'>;

const ENDING = 'This process is about to end.';
/** A machine on which all of them fail is no machine to write on. */
const MOST_TRIES = 10;

/**
 * One process among those of a ledger: its writer if it has one, the way to those of the others, and
 * what they ask of it.
 */
export class Cluster {
  readonly membership: Membership;
  /** All writers as one. `close` ends the whole cluster's part of this process. */
  readonly writers: Writers;
  readonly #server: PeerServer | undefined;
  #isClosing = false;

  private constructor(parts: {
    readonly membership: Membership;
    readonly writers: Writers;
    readonly server: PeerServer | undefined;
  }) {
    this.membership = parts.membership;
    this.writers = parts.writers;
    this.#server = parts.server;
  }

  /**
   * Joins. `answer` is asked by other processes for what is no request to the writer; it is told the body
   * as it was sent. Refuses `data-in-use`, `schema-newer`, `kek-wrong`.
   */
  static async join(
    options: DatabaseOptions,
    setup: Setup,
    answer: (body: unknown) => Promise<unknown>,
  ): Promise<Cluster> {
    const secret = peerSecret(setup.kek);
    const tell = options.tell ?? (() => undefined);
    if (!options.writes) {
      const membership = new Membership({ url: options.url, tell });
      await membership.start();
      const writers = new Writers({ membership, secret, local: undefined });
      return new Cluster({ membership, writers, server: undefined });
    }
    let thread: WriterThread | undefined;
    let isEnding = () => false;
    const server = await PeerServer.listen(options.listen, secret, async (body) => {
      if (!isForWriter(body)) return await answer(body);
      if (thread === undefined) throw new StoreUnavailable('The writer has not come up yet.');
      try {
        return await thread.ask(body);
      } catch (error) {
        // Who ends has no sites any more: they are asked for elsewhere.
        if (isEnding() && error instanceof StoreUnavailable) throw new StoreFenced(ENDING);
        throw error;
      }
    });
    try {
      const started = await startWriter({ ...setup, database: databaseOf(options, server) }, tell);
      thread = started.thread;
      const member = memberOf(thread, numberOf(started.ready));
      const membership = new Membership({ url: options.url, tell, member });
      await membership.start();
      const writers = new Writers({ membership, secret, local: thread });
      const cluster = new Cluster({ membership, writers, server });
      isEnding = () => cluster.#isClosing;
      return cluster;
    } catch (error) {
      await thread?.close();
      await server.close();
      throw error;
    }
  }

  /** Lets go of the sites last, so that those who take them over find everything done. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.membership.stop();
    await this.writers.close();
    await this.#server?.close();
  }
}

/**
 * It is a writer from early on, and shows that it lives only when it is up. Where that takes so long that
 * others took it for gone meanwhile, it comes again, as one does that was stopped later.
 */
async function startWriter(
  setup: WriterSetup,
  tell: (news: ClusterNews) => void,
): ReturnType<typeof WriterThread.start> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await WriterThread.start(setup);
    } catch (error) {
      if (!(error instanceof StoreFenced) || tries === MOST_TRIES) throw error;
      tell({ code: 'taken-over', why: 'Others took this process for gone before it had come up.' });
    }
  }
}

function databaseOf(options: DatabaseOptions, server: PeerServer) {
  const { url, checkpointUrl = url, listen, deadlineMs } = options;
  const address = options.address ?? `${listen.host}:${server.port}`;
  return { url, checkpointUrl, address, deadlineMs };
}

function memberOf(thread: WriterThread, writer: number): Member {
  return {
    writer,
    isAlive: () => thread.isAlive,
    take: (sites) => thread.ask({ kind: 'take-sites', sites }),
    release: (sites) => thread.ask({ kind: 'release-sites', sites }),
    rejoin: async () => Number(await thread.ask({ kind: 'rejoin' })),
  };
}

function numberOf(ready: unknown): number {
  const { writer }: { writer?: number } = Object(ready);
  return Number(writer);
}

/** Other processes speak our own language: they have the same secret, and the same program. */
function isForWriter(body: unknown): body is Body {
  const { kind }: { kind?: string } = Object(body);
  return kind !== undefined && FOR_WRITER.has(kind);
}

const FOR_WRITER: ReadonlySet<string> = new Set([
  'batch',
  'command',
  'query',
  'create-site',
  'settle',
  'checkpoint',
  'directory',
] satisfies Body['kind'][]);
