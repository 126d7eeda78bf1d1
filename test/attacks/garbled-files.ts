import { MAX_BUNDLE_CHARS } from '../../ledger/core/bundle.ts';
import { type Attack, arranged, edited, garbled, honestSite, swap } from './attack.ts';

/** Files that no canonical writer has written: each must be refused before anything is judged. */
export const garbledFiles: readonly Attack[] = [
  garbled('nothing', 'json-syntax', () => ''),
  garbled('no JSON', 'json-syntax', () => 'billproof'),
  garbled('only a number', 'unknown-format', () => '7'),
  garbled('only a list', 'unknown-format', () => '[]'),
  garbled('null', 'json-type', () => 'null'),
  garbled('file cut short', 'json-syntax', (text) => text.slice(0, -100)),
  garbled('byte order mark', 'json-syntax', (text) => `\ufeff${text}`),
  garbled('line break at the end', 'json-not-canonical', (text) => `${text}\n`),
  garbled('space', 'json-not-canonical', (text) => swap(text, '{"anchors":', '{ "anchors":')),
  garbled('members in another order', 'json-not-canonical', (text) =>
    swap(text, '"fabric":[]', '"a":[],"fabric":[]').replace(
      '"a":[],"fabric":[]',
      '"fabric":[],"a":[]',
    ),
  ),
  garbled('member twice', 'json-not-canonical', (text) =>
    swap(text, '{"anchors"', '{"anchors":{},"anchors"'),
  ),
  garbled('__proto__ as a member', 'bad-shape', (text) =>
    swap(text, '{"anchors"', '{"__proto__":{},"anchors"'),
  ),
  garbled('unknown member', 'bad-shape', (text) => swap(text, '{"anchors"', '{"also":1,"anchors"')),
  garbled('unknown member of a member', 'bad-shape', (text) =>
    swap(text, 'a forger"', 'a forger","cc":1'),
  ),
  garbled('missing member', 'bad-shape', (text) => swap(text, '"earlier":[],', '')),
  garbled('null for a member', 'json-type', (text) => swap(text, '"earlier":[]', '"earlier":null')),
  garbled('number as 1e2', 'json-not-canonical', (text) => swap(text, '"index":20', '"index":2e1')),
  garbled('number -0', 'json-number', (text) => swap(text, '"index":20', '"index":-0')),
  garbled('negative number', 'bad-shape', (text) => swap(text, '"index":20', '"index":-20')),
  garbled('fraction', 'json-number', (text) => swap(text, '"index":20', '"index":20.5')),
  garbled('number beyond 2^53', 'json-number', (text) =>
    swap(text, '"index":20', '"index":9007199254740993'),
  ),
  garbled('endless number', 'json-number', (text) =>
    swap(text, '"index":20', `"index":${'9'.repeat(400)}`),
  ),
  garbled('number as text', 'bad-shape', (text) => swap(text, '"index":20', '"index":"20"')),
  garbled('number with a leading zero', 'json-syntax', (text) =>
    swap(text, '"index":20', '"index":020'),
  ),
  garbled('half of a surrogate pair', 'json-lone-surrogate', (text) =>
    swap(text, 'a forger', 'a \\ud800'),
  ),
  garbled('escape that is not needed', 'json-not-canonical', (text) =>
    swap(text, 'a forger', '\\u0061 forger'),
  ),
  garbled('control character', 'json-syntax', (text) => swap(text, 'a forger', 'a\u0007forger')),
  garbled('text that turns itself around', 'bad-shape', (text) =>
    swap(text, 'a forger', 'a \u202eregrof'),
  ),
  garbled('invisible text', 'bad-shape', (text) => swap(text, 'a forger', 'a\u200bforger')),
  garbled('other version', 'unknown-format', (text) => swap(text, 'billproof/1', 'billproof/2')),
  garbled('other format', 'unknown-format', (text) => swap(text, 'billproof/1', 'receipt/1')),
  garbled('hash in capitals', 'bad-shape', (text) =>
    text.replace(/"salt":"([0-9a-f]{64})"/, (_, salt: string) => `"salt":"${salt.toUpperCase()}"`),
  ),
  garbled('hash cut short', 'bad-shape', (text) => text.replace(/"salt":"[0-9a-f]{2}/, '"salt":"')),
  garbled('key with a character that only looks the same', 'bad-shape', (text) =>
    swap(text, '"origin":"bills', '"origin":"b\u0456lls'),
  ),
  garbled('account with an invisible character', 'bad-shape', (text) =>
    swap(text, '"account\\":\\"acc-1', '"account\\":\\"acc\u200b-1'),
  ),
  garbled('meter with a character that only looks the same', 'bad-reading', (text) =>
    swap(text, '"meter\\":\\"m-1\\",\\"prev', '"meter\\":\\"\u043c-1\\",\\"prev'),
  ),
  garbled('nested too deep', 'json-depth', (text) =>
    swap(text, '"fabric":[]', `"fabric":${'['.repeat(9)}${']'.repeat(9)}`),
  ),
  garbled('nested without end', 'json-depth', () => '['.repeat(1_000_000)),
  garbled('hundred proofs too many', 'bad-shape', (text) =>
    swap(text, '"proof":[', `"proof":[${`"${'a'.repeat(64)}",`.repeat(100)}`),
  ),
  garbled('event on several lines', 'bad-shape', (text) =>
    swap(text, '{\\"account', '{\\n\\"account'),
  ),
  garbled('event that is no JSON', 'json-syntax', (text) =>
    swap(text, '"{\\"account', '"{{\\"account'),
  ),
  garbled('event in another spelling', 'json-not-canonical', (text) =>
    swap(text, '"{\\"account', '"{ \\"account'),
  ),
  garbled('base64 with spare bits', 'checkpoint-root', (text) =>
    text.replace(/([A-Za-z0-9+/]{42})(.)=\\n\\n/, '$1$2=\\n\\n').replace('E=\\n\\n', 'F=\\n\\n'),
  ),
  arranged('outsider', 'longer than any bill', [1, 'bundle-too-large'], () => ({
    text: ' '.repeat(MAX_BUNDLE_CHARS + 1),
    options: { trust: honestSite().trust },
  })),
  edited('receipts by the thousand', [1, 'bad-shape'], (parts) => ({
    ...parts,
    anchors: { fabric: Array.from({ length: 17 }, () => 'x'), ethereum: [] },
  })),
];

/** A usage event that a careless pattern needs hours to refuse; ours reads it in one pass. */
export const slowFiles: readonly Attack[] = [
  edited(
    'text made to keep a pattern busy',
    [5, 'json-not-canonical', { 7: 'event-chain-broken' }],
    (parts) => {
      const ref = `"from":{"at":"","hash":"${'a'.repeat(64)}","seq":1,"value":"1"},`;
      const filler = `${ref}"meter":"m","period":"p",`.repeat(5_000);
      const openings: { event: string; salt: string }[] = JSON.parse(
        JSON.stringify(parts['openings']),
      );
      const busy = openings.map((opening, i) =>
        i === 5
          ? { ...opening, event: opening.event.replace('"data":{', `"data":{${filler}`) }
          : opening,
      );
      return { ...parts, openings: busy };
    },
  ),
];
