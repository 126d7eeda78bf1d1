import { expect, test } from 'vitest';
import { sayPosted } from './posted-words.ts';

test('a charge is told with its numbers in the place of their names', () => {
  const line = {
    ...{ formula: 'price x quantity x days / of', fee: 'upkeep', price: '28.500000' },
    ...{ quantity: '1234.500000', days: 12, of: 30, amount: '0.000000' },
  };
  expect(sayPosted('en', { charge: 'fee', name: 'upkeep' }, line)).toEqual({
    title: 'Fee · upkeep',
    formula: '28.5 × 1,234.5 × 12 / 30',
  });
});

test('a share says what it is of and by which key, in the language of the reader', () => {
  const line = {
    ...{ formula: 'poolAmount x numerator / denominator', kind: 'common-area', key: 'area' },
    ...{ poolAmount: '735.690000', numerator: '100.000000', denominator: '133.330000' },
  };
  expect(sayPosted('zh-CN', { charge: 'share', name: 'lift' }, line)).toEqual({
    title: '分摊 · lift · 公共区域 · 按面积',
    formula: '735.69 × 100 / 133.33',
  });
});

test('a stay counts the blocks of all its days, and what has no number keeps its name', () => {
  const line = {
    ...{ formula: 'min(price x blocks, cap - before)', price: '5.000000', cap: '40.000000' },
    days: [{ blocks: 3 }, { blocks: 2 }],
  };
  expect(sayPosted('en', { charge: 'parking', name: 'parking' }, line)).toEqual({
    title: 'Parking',
    formula: 'min(5 × 5, 40 - before)',
  });
  expect(sayPosted('en', { charge: 'tax', name: '<b>' }, undefined)).toEqual({
    title: 'Tax · <b>',
    formula: '',
  });
});
