import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../ledger/core/refusal.ts';
import { ByteRecords, type RecordForm } from './byte-records.ts';

const CSV: RecordForm = { encoding: 'utf-8', quotes: true };

function read(form: RecordForm, parts: readonly string[], columns = 0): string[][] {
  const found: string[][] = [];
  const records = new ByteRecords(form, (record) => {
    record.number += 1;
    found.push(record.all());
  });
  records.columns = columns;
  for (const part of parts) records.push(Buffer.from(part));
  records.end();
  return found;
}

function whyOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, ...error.params };
    throw error;
  }
  return 'taken';
}

describe('separated values', () => {
  it('are what was written, quoted where it needs to be, in any pieces', () => {
    const value = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ';', '电', '`') });
    const table = fc.array(fc.array(value, { minLength: 2, maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(table, fc.array(fc.nat(200), { maxLength: 9 }), (rows, cuts) => {
        const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const bytes = Buffer.from(rows.map((row) => `${row.map(quote).join(',')}\r\n`).join(''));
        const found: string[][] = [];
        const records = new ByteRecords(CSV, (record) => found.push(record.all()));
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b)];
        for (const [index, from] of places.entries()) {
          records.push(bytes.subarray(from, places[index + 1] ?? bytes.length));
        }
        records.end();
        expect(found).toEqual(rows);
      }),
    );
  });

  it('lose the spaces and tabs around them, and a byte order mark', () => {
    expect(read(CSV, ['\ufeffa\t, b ,"c "\t\r\n\n'])).toEqual([['a', 'b', 'c'], ['']]);
    expect(read(CSV, ['\ufeff'])).toEqual([]);
    expect(read(CSV, ['a'])).toEqual([['a']]);
    expect(read(CSV, ['a,b', ',\n', ','])).toEqual([
      ['a', 'b', ''],
      ['', ''],
    ]);
  });

  it('lose a byte order mark that comes in pieces, and keep one that is no first', () => {
    const found: string[][] = [];
    const records = new ByteRecords(CSV, (record) => found.push(record.all()));
    for (const byte of Buffer.from('\ufeffa\n\ufeffb\n')) records.push(Buffer.of(byte));
    records.end();
    expect(found).toEqual([['a'], ['\ufeffb']]);
  });

  it('keep quotation marks that do not begin them', () => {
    expect(read(CSV, ['5" pipe,a"b"\n'])).toEqual([['5" pipe', 'a"b"']]);
    expect(read({ encoding: 'utf-8' }, ['"a,b"\n'])).toEqual([['"a', 'b"']]);
  });

  it('are refused where a quoted one goes on after its end, or never ends', () => {
    const why = { code: 'settlement-bad-row', row: 1, column: '2', why: 'quote-inside' };
    expect(whyOf(() => read(CSV, ['a,"b"c\n']))).toEqual(why);
    const cut = { code: 'settlement-truncated', what: 'a quoted value' };
    expect(whyOf(() => read(CSV, ['a,"b\nc,d\n']))).toEqual(cut);
  });

  it('are refused in bytes that their encoding does not have, by row and column', () => {
    const why = (column: string) => {
      return { code: 'settlement-bad-row', row: 1, column, why: 'not-in-encoding' };
    };
    const bytes = Buffer.from([0x61, 0x2c, 0xff, 0xff, 0x0a]);
    for (const encoding of ['utf-8', 'gbk'] as const) {
      const records = new ByteRecords({ encoding }, (record) => {
        record.number += 1;
        record.all();
      });
      expect(whyOf(() => records.push(bytes))).toEqual(why('2'));
    }
  });

  it('are refused where a row is longer than any, before it fills the memory', () => {
    const records = new ByteRecords(CSV, () => undefined);
    const part = Buffer.alloc(16_384, 'a');
    const push = () => {
      for (let n = 0; n < 100; n += 1) records.push(part);
    };
    expect(whyOf(push)).toMatchObject({ code: 'settlement-bad-row', row: 1, why: 'too-long' });
    expect(whyOf(() => read(CSV, [`${','.repeat(600)}\n`]))).toMatchObject({
      why: 'wrong-columns',
    });
  });
});

describe('values behind back-ticks', () => {
  const form: RecordForm = { encoding: 'utf-8', ticks: true };

  it('end only at a comma and the next back-tick', () => {
    expect(read(form, ['`a,b,`"c",`\r\n'], 3)).toEqual([['a,b', '"c"', '']]);
  });

  it('may hold line ends while values are missing', () => {
    expect(read(form, ['`a,`b\nc\r\nd,`e\n`f,`g,`h\n'], 3)).toEqual([
      ['a', 'b\nc\r\nd', 'e'],
      ['f', 'g', 'h'],
    ]);
  });

  it('do not change a line that has none', () => {
    expect(read(form, ['x,y\n`1,`2\n'], 2)).toEqual([
      ['x', 'y'],
      ['1', '2'],
    ]);
  });
});
