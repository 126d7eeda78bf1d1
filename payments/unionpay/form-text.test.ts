import { expect, test } from 'vitest';
import { formText, readAnswerText, readForm } from './form-text.ts';

test('a form is read as it was written', () => {
  const fields = { signature: 'a+b/c==', respMsg: '成功[0000000]', cert: 'one\ntwo & three' };
  expect(readForm(formText(fields))).toEqual(fields);
});

test('a name that comes twice is no form', () => {
  expect(readForm('txnAmt=1&txnAmt=2')).toBeUndefined();
});

test('an answer is read without decoding, to the first sign of equality', () => {
  expect(readAnswerText('signature=a+b/c==&respMsg=成功&queryId=1')).toEqual({
    signature: 'a+b/c==',
    respMsg: '成功',
    queryId: '1',
  });
});

test('what stands in braces is one value', () => {
  expect(readAnswerText('payCardInfo={a=1&b={c=2&d=3}}&respCode=00')).toEqual({
    payCardInfo: '{a=1&b={c=2&d=3}}',
    respCode: '00',
  });
});

test.each(['', 'text', '=1', '<html>a=b</html>', 'a=1&a=2', 'a=1&&b=2'])(
  '%s is no answer',
  (text) => {
    expect(readAnswerText(text)).toBeUndefined();
  },
);
