/** Values that fill a refusal's sentence in whatever language it is shown. */
export type RefusalParams = Readonly<Record<string, string | number>>;

/**
 * A caller's mistake, with a stable kebab-case `code` that scripts may rely on, a sentence that says
 * what to do, and the parameters of that sentence. Our own mistakes are assertions, never refusals.
 */
export class Refusal extends Error {
  readonly code: string;
  readonly params: RefusalParams;

  constructor(code: string, message: string, params: RefusalParams = {}) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.params = params;
  }
}

/** What `read` gives, or undefined where it refuses: for what counts only if it can be read. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
