import { createHash } from 'node:crypto';

/** A CSP hash source (CSP Level 3, 2.3.1). */
export function sourceHash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
