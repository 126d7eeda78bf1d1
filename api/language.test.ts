import { expect, test } from 'vitest';
import { languageOf } from './language.ts';

test.each([
  [undefined, 'en'],
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
  ['en;q=0.5, zh-TW', 'zh-CN'],
  ['en, zh', 'en'],
  ['zh;q=0, en;q=0.1', 'en'],
  ['fr, de;q=0.9', 'en'],
  ['fr, ZH-hans;q=0.001', 'zh-CN'],
  ['zh;q=high', 'en'],
  [';;,,q=', 'en'],
])('Accept-Language %j is answered in %s', (header, language) => {
  expect(languageOf(header)).toBe(language);
});
