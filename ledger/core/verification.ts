/**
 * What a check of somebody else's claim found. `code` is stable kebab-case, `detail` a sentence that
 * names what failed. Input that cannot be read at all is a `Refusal` instead.
 */
export type Verification = { readonly ok: true } | Failure;

export interface Failure {
  readonly ok: false;
  readonly code: string;
  readonly detail: string;
}

export const VERIFIED: Verification = { ok: true };

export function failure(code: string, detail: string): Failure {
  return { ok: false, code, detail };
}
