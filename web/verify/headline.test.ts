import { expect, test } from 'vitest';
import { splitLead } from './headline.ts';

test.each([
  ['Check a bill. Scan its code.', 'Check a bill.', ' Scan its code.'],
  [
    'This bill checks out: 1,286.40 yuan, recalculated.',
    'This bill checks out:',
    ' 1,286.40 yuan, recalculated.',
  ],
  ['The page itself failed (V-12). Nothing.', 'The page itself failed (V-12).', ' Nothing.'],
  ['无法识别此文件，请索取 .billproof 文件。', '无法识别此文件，请索取 .billproof 文件。', ''],
  ['请勿以此账单为准：第 5 项（电价）未通过。', '请勿以此账单为准：', '第 5 项（电价）未通过。'],
])('%s', (sentence, lead, rest) => {
  expect(splitLead(sentence)).toEqual([lead, rest]);
});
