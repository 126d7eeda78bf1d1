/** Texts of a segment as they were unpacked: bytes, and a view that reads four of them at a time. */
export class TextBlock {
  readonly bytes: Buffer;
  readonly view: DataView;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** ASCII text of `[from, to)`. */
  text(from: number, to: number): string {
    return this.bytes.toString('latin1', from, to);
  }

  /** Whether `[from, to)` is this ASCII text. */
  isText(from: number, to: number, text: string): boolean {
    if (to - from !== text.length) return false;
    const { bytes } = this;
    for (let i = 0; i < text.length; i += 1) {
      if (bytes[from + i] !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Whether `[from, to)` holds the same bytes as another block from `otherFrom` on. */
  isSame(from: number, to: number, other: TextBlock, otherFrom: number): boolean {
    const length = to - from;
    if (otherFrom + length > other.bytes.length) return false;
    const whole = length - (length % 4);
    for (let i = 0; i < whole; i += 4) {
      if (this.view.getInt32(from + i, true) !== other.view.getInt32(otherFrom + i, true))
        return false;
    }
    for (let i = whole; i < length; i += 1) {
      if (this.bytes[from + i] !== other.bytes[otherFrom + i]) return false;
    }
    return true;
  }

  /** Where lines begin, and one behind the last line's end. */
  lineStarts(): number[] {
    const starts = [0];
    const { length } = this.bytes;
    for (let at = 0; length > 0 && at <= length; ) {
      at = this.lineEnd(at) + 1;
      starts.push(at);
    }
    return starts;
  }

  /** End of the line that begins at `from`. */
  lineEnd(from: number): number {
    const end = this.bytes.indexOf(NEW_LINE, from);
    return end < 0 ? this.bytes.length : end;
  }
}

const NEW_LINE = 10;
export const NO_TEXT = new TextBlock(Buffer.alloc(0));
