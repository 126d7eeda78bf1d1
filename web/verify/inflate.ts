/**
 * Unpacks at most `limit` bytes; `undefined` for damaged data, for more than that, and in browsers that
 * cannot unpack.
 */
export async function inflate(
  packed: Uint8Array<ArrayBuffer>,
  format: 'gzip' | 'deflate',
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    const reader = new Blob([packed])
      .stream()
      .pipeThrough(new DecompressionStream(format))
      .getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > limit) return undefined;
      parts.push(new Uint8Array(value));
    }
  } catch {
    return undefined;
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
