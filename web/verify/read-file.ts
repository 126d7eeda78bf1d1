import { inflate } from './inflate.ts';
import { billOfPdf } from './pdf-attachment.ts';

/** What a file holds: the text of a bill file, or why there is none. */
export type FileText =
  | { readonly text: string }
  | { readonly missing: 'too-large' | 'not-text' | 'no-attachment' };

const LARGEST = 256 * 1024 * 1024;

/**
 * The bill file's text out of the file itself, a gzip of it, or a PDF bill that carries it. Anything
 * else comes back as the text that it is: the verdict says what is wrong with it.
 */
export async function readBillText(file: Blob): Promise<FileText> {
  if (file.size > LARGEST) return { missing: 'too-large' };
  let bytes = new Uint8Array(await file.arrayBuffer());
  if (startsWith(bytes, '%PDF-')) {
    const attached = await billOfPdf(bytes);
    if (attached === undefined) return { missing: 'no-attachment' };
    bytes = attached;
  } else if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const unpacked = await inflate(bytes, 'gzip', LARGEST);
    if (unpacked === undefined) return { missing: 'not-text' };
    bytes = unpacked;
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { missing: 'not-text' };
  }
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((letter, at) => bytes[at] === letter.charCodeAt(0));
}
