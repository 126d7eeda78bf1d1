import type { Logger } from 'pino';
import type { LedgerPort } from '../ledger-port.ts';

/**
 * Has the books follow the log, so that whoever asks for a report at the end of a month need not wait until a
 * month was read. Answers how to stop; what fails meanwhile is tried again the next time.
 */
export function keepBooks(ledger: LedgerPort, log: Logger, everyMs: number): () => void {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const follow = async () => {
    try {
      for (const { site } of await ledger.sites()) if (!isStopped) await ledger.books.follow(site);
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
