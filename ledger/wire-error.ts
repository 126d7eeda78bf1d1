import { Refusal } from './core/refusal.ts';
import { StoreFenced, StoreFull, StoreUnavailable } from './store/store-errors.ts';

/** What a thread answers to the request with this `id`. */
export type Answer = { readonly id: number } & (
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: WireError }
);

/** An error on its way between threads. `refusal` is the caller's, the others are ours. */
export interface WireError {
  readonly kind: 'refusal' | 'store' | 'fault';
  readonly code: string;
  readonly message: string;
  readonly params: Readonly<Record<string, string | number>>;
}

/** What of an error crosses the border; a fault takes its stack along. */
export function wireError(error: unknown): WireError {
  if (error instanceof Refusal) {
    const { code, message, params } = error;
    return { kind: 'refusal', code, message, params };
  }
  if (isStoreError(error)) {
    return { kind: 'store', code: error.code, message: error.message, params: {} };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: 'fault', code: 'internal', message, params: {} };
}

/** The error at the other end: of the same class, with the same code and sentence. */
export function fromWire({ kind, code, message, params }: WireError): Error {
  if (kind === 'refusal') return new Refusal(code, message, params);
  if (kind === 'fault') return new Error(message);
  if (code === 'storage-full') return new StoreFull(message);
  if (code === 'store-fenced') return new StoreFenced(message);
  return new StoreUnavailable(message);
}

function isStoreError(error: unknown): error is StoreFull | StoreFenced | StoreUnavailable {
  return (
    error instanceof StoreFull || error instanceof StoreFenced || error instanceof StoreUnavailable
  );
}
