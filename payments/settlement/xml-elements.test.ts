import { describe, expect, it } from 'vitest';
import { Refusal } from '../../ledger/core/refusal.ts';
import { placesOf, XmlElements } from './xml-elements.ts';

const PLACES = placesOf(['a/b=', 'a/b/c=']);

function read(text: string | Buffer): unknown {
  const heard: unknown[] = [];
  const elements = new XmlElements(PLACES, {
    root: (name, namespace) => heard.push(['root', name, namespace]),
    open: (path) => heard.push(['open', path]),
    close: (path, inside) => heard.push(['close', path, inside]),
  });
  try {
    elements.push(Buffer.from(text));
    elements.end();
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, ...error.params };
    throw error;
  }
  return heard;
}

const bad = (what: string) => ({ code: 'settlement-bad-xml', what });

describe('XML', () => {
  it('is told by the places of interest, prefixes aside', () => {
    const text = '<p:a xmlns:p="urn:x"><z><b>no</b></z><p:b> t&amp;<![CDATA[<u>]]> </p:b></p:a>';
    expect(read(text)).toEqual([
      ['root', 'a', 'urn:x'],
      ['open', 'a'],
      ['open', 'a/b'],
      ['close', 'a/b', 't&<u>'],
      ['close', 'a', ''],
    ]);
  });

  it('with a document type is refused, whatever it declares', () => {
    const refused = bad('it has a document type (DOCTYPE)');
    expect(read('<!DOCTYPE a><a/>')).toEqual(refused);
    expect(read('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><b>&x;</b></a>')).toEqual(
      refused,
    );
  });

  it('with an entity that is not one of the five is refused', () => {
    expect(read('<a><b>&nbsp;</b></a>')).toEqual(bad('it is not well-formed'));
  });

  it('that is deep or has a text without end is refused before it fills the memory', () => {
    expect(read('<a>'.repeat(65))).toEqual(bad('its elements lie too deep'));
    expect(read(`<a><b>${'x'.repeat(9_000)}</b></a>`)).toEqual(bad('a text in it is too long'));
    expect(read(`<a><!--${'x'.repeat(1 << 20)}`)).toEqual(bad('a text in it is too long'));
    expect(read(`<a q="${'x'.repeat(1 << 20)}`)).toEqual(bad('a text in it is too long'));
  });

  it('is read in the encoding that it declares, if that is one that banks use', () => {
    const declared = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?><a><b>`;
    const inGbk = Buffer.concat([
      ...[Buffer.from(declared('GBK')), Buffer.from([0xb5, 0xe7, 0xb7, 0xd1])],
      Buffer.from('</b></a>'),
    ]);
    expect(read(inGbk)).toContainEqual(['close', 'a/b', '电费']);
    const latin = Buffer.from(`${declared('ISO-8859-1')}\xe4</b></a>`, 'latin1');
    expect(read(latin)).toContainEqual(['close', 'a/b', 'ä']);
    expect(read(`${declared('UTF-7')}</b></a>`)).toEqual(
      bad('its encoding utf-7 is not one of those read'),
    );
    expect(read(`${declared('constructor')}</b></a>`)).toMatchObject({
      code: 'settlement-bad-xml',
    });
    const invalid = Buffer.from(`${declared('UTF-8')}\xff</b></a>`, 'latin1');
    expect(read(invalid)).toEqual(bad('it has bytes that its encoding does not allow'));
  });

  it('that ends early is cut off', () => {
    const cut = { code: 'settlement-truncated', what: 'XML' };
    expect(['<a><b>', '<a', '<a></a', ''].map(read)).toEqual([cut, cut, cut, cut]);
    expect(read(Buffer.from('<a>\xe7\x94', 'latin1'))).toEqual(cut);
    expect(read('<a></b>')).toEqual(bad('it is not well-formed'));
  });
});
