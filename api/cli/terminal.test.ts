import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { harmless, type Looks, langOfLocale, openTerminal, padded, widthOf } from './terminal.ts';

function open(looks: Partial<Looks>) {
  const out: string[] = [];
  const note: string[] = [];
  const terminal = openTerminal(
    { write: (text) => out.push(text) },
    { write: (text) => note.push(text) },
    { env: {}, outIsScreen: true, noteIsScreen: true, ...looks },
  );
  return { terminal, out, note };
}

describe('the terminal', () => {
  it('colours a screen, and nothing else', () => {
    const bad = (looks: Partial<Looks>) => open(looks).terminal.bad('!!');
    expect(bad({})).toBe('\u001b[31m!!\u001b[0m');
    expect(bad({ outIsScreen: false })).toBe('!!');
    expect(bad({ env: { NO_COLOR: '1' } })).toBe('!!');
    expect(bad({ env: { TERM: 'dumb' } })).toBe('!!');
    expect(bad({ env: { NO_COLOR: '' } })).toBe('\u001b[31m!!\u001b[0m');
  });

  it('shows progress on standard error, on a screen only', () => {
    const screen = open({});
    screen.terminal.progress('step 5');
    screen.terminal.progress('');
    expect(screen).toMatchObject({ out: [], note: ['\r\u001b[Kstep 5', '\r\u001b[K'] });
    const pipe = open({ noteIsScreen: false });
    pipe.terminal.progress('step 5');
    expect(pipe).toMatchObject({ out: [], note: [] });
  });

  it('speaks the language of the locale, the most specific setting first', () => {
    expect(
      ['zh_CN.UTF-8', 'zh', 'zh-TW', 'en_US.UTF-8', 'C', 'zhuang', ''].map(langOfLocale),
    ).toEqual(['zh-CN', 'zh-CN', 'zh-CN', 'en', 'en', 'en', 'en']);
    expect(open({ env: { LANG: 'zh_CN.UTF-8' } }).terminal.lang).toBe('zh-CN');
    expect(open({ env: { LANG: 'zh_CN.UTF-8', LC_ALL: 'C' } }).terminal.lang).toBe('en');
  });

  it('counts two columns for a Chinese character', () => {
    expect([widthOf('file'), widthOf('文件'), widthOf('\uff0c')]).toEqual([4, 4, 2]);
    expect(padded('文件', 6)).toBe('文件  ');
    expect(padded('too long', 3)).toBe('too long');
  });

  it('leaves no control character in the words of others', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(harmless(text)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
    expect(harmless('bill\u001b[2J\u202e 文件')).toBe('bill\ufffd[2J\ufffd 文件');
  });
});
