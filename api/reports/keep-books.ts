import type { Logger } from 'pino';
import type { LedgerPort } from '../ledger-port.ts';

/**
 * Has the books of some sites follow the log, so that whoever asks for a report at the end of a month need not
 * wait until a month was read. Answers how to stop; what fails meanwhile is tried again the next time.
 */
export function keepBooks(
  { books }: Pick<LedgerPort, 'books'>,
  log: Logger,
  sites: () => Iterable<string> | Promise<Iterable<string>>,
  everyMs: number,
): () => void {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const follow = async () => {
    try {
      for (const site of await sites()) if (!isStopped) await books.follow(site);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!isStopped) log.warn({ code: 'books-behind', reason }, 'books');
    }
    schedule();
  };
  const schedule = () => {
    if (!isStopped) timer = setTimeout(() => void follow(), everyMs).unref();
  };
  schedule();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
