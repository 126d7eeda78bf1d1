/** Stops at our own mistake. A caller's mistake is a `Refusal`, never an assertion. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
