import { expect, it } from 'vitest';
import { CHART, placeOf, UNASSIGNED } from './chart.ts';

it('places each book that this ledger posts to', () => {
  const books = [
    ...['cash:cash', 'bank:icbc', 'transit:alipay', 'prepaid:a-1:water', 'revenue:gas', 'tax:vat'],
    ...['prepaid:suspense:suspense', 'fees:stripe', 'write-off:electricity', 'goodwill:water'],
    ...['pass-through:electricity', 'clearing:settlement', 'rounding', 'refunds:wechat'],
    ...['debt:a-1:water', 'emergency:a-1:gas', 'deposit:a-1:D-7'],
  ];
  expect(books.map((book) => Object.values(placeOf(book)).join(' '))).toEqual([
    ...['1001 cash', '1002 icbc', '1012 alipay', '2203 water', '6001 gas', '2221 vat'],
    ...['2241 suspense', '6603 stripe', '6702 electricity', '6601 water'],
    ...['2243 electricity', '2244 settlement', '6711 ', '2242 wechat'],
    ...['1122 water', '1122 gas', '2245 D-7'],
  ]);
});

it('shows a book that nobody placed under its own name, and takes no part of a name for the whole', () => {
  expect(placeOf('revenues:gas')).toEqual({ code: UNASSIGNED, part: 'revenues:gas' });
  expect(placeOf('prepaid:suspense-7:gas')).toEqual({ code: '2203', part: 'gas' });
});

it('has each code and each book once, in the order of codes', () => {
  const codes = CHART.map(({ code }) => code);
  expect(codes).toEqual([...new Set(codes)].sort());
  const books = CHART.flatMap((account) => account.books);
  expect(new Set(books).size).toBe(books.length);
});
