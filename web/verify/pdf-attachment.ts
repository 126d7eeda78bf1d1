import { inflate } from './inflate.ts';

const LARGEST = 256 * 1024 * 1024;

/**
 * The attached bill file of a PDF (ISO 32000-2, 7.11.4: a file specification whose `AFRelationship` is
 * `Data`), stored or Flate-packed. Only plain objects are read: no object streams, no encryption, and
 * nothing that the PDF shows. `undefined` where there is no such attachment.
 */
export async function billOfPdf(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const text = new TextDecoder('latin1').decode(bytes);
  for (const specification of text.matchAll(/\/AFRelationship\s*\/Data\b/g)) {
    const from = text.lastIndexOf(' obj', specification.index);
    const to = text.indexOf('endobj', specification.index);
    const target = /\/EF\s*<<[^>]*?\/F\s+(\d+)\s+(\d+)\s+R/.exec(text.slice(from, to));
    const stream = target === null ? undefined : streamOf(text, target[1] ?? '', target[2] ?? '');
    if (stream === undefined) continue;
    const content = bytes.slice(stream.from, stream.to);
    if (!stream.filter) return content;
    const unpacked = await inflate(content, 'deflate', LARGEST);
    if (unpacked !== undefined) return unpacked;
  }
  return undefined;
}

/** Where the stream of an object lies; of several objects of one number the last one counts. */
function streamOf(text: string, number: string, generation: string) {
  const head = objectStart(text, number, generation);
  const start = head < 0 ? -1 : text.indexOf('stream', head);
  if (start < 0) return undefined;
  const dictionary = text.slice(head, start);
  const from = start + (text.startsWith('\r\n', start + 6) ? 8 : 7);
  const length = lengthOf(text, dictionary);
  const filter = /\/Filter\s*\[?\s*\/(\w+)/.exec(dictionary)?.[1];
  if (length === undefined || (filter !== undefined && filter !== 'FlateDecode')) return undefined;
  return { from, to: from + length, filter: filter !== undefined };
}

function lengthOf(text: string, dictionary: string): number | undefined {
  const found = /\/Length\s+(\d+)(?:\s+(\d+)\s+R)?/.exec(dictionary);
  if (found === null) return undefined;
  const [, number = '', generation] = found;
  if (generation === undefined) return Number(number);
  const head = objectStart(text, number, generation);
  const value = head < 0 ? null : /^\s*(\d+)/.exec(text.slice(head, head + 32));
  return value === null ? undefined : Number(value[1]);
}

function objectStart(text: string, number: string, generation: string): number {
  const mark = `\n${number} ${generation} obj`;
  const at = text.lastIndexOf(mark);
  return at < 0 ? -1 : at + mark.length;
}
