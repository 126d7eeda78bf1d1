import type { Body } from '../writer/thread-messages.ts';

/** Whatever writes for the ledger: the writer of this process, or whichever process owns a site. */
export interface WriterPort {
  /** Requests that wait for their answers. */
  readonly waiting: number;
  /** Resolves once what was asked is durable. Throws what the writer refuses. */
  ask(body: Body): Promise<unknown>;
  close(): Promise<void>;
}

/** The site that a request is about; undefined for what is of no site. */
export function siteOf(body: Body): string | undefined {
  switch (body.kind) {
    case 'batch':
      return body.batch.site;
    case 'command':
      return body.command.site;
    case 'query':
      return body.query.site;
    case 'directory':
    case 'settle':
    case 'checkpoint':
      return body.site;
    default:
      return undefined;
  }
}

/**
 * Whether a request may be sent again when nobody knows what became of it: a batch is known by its
 * records, a command by its idempotency key, the rest changes nothing or the same thing twice.
 */
export function mayRepeat(body: Body): boolean {
  switch (body.kind) {
    case 'command':
      return body.command.idempotency !== undefined || body.command.do === 'confirm-anchor';
    case 'batch':
    case 'query':
    case 'directory':
    case 'settle':
    case 'checkpoint':
    case 'health':
      return true;
    default:
      return false;
  }
}
