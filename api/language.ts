/** Languages that problems are told in. */
export type Language = 'en' | 'zh-CN';

/** The better loved of our two languages in an Accept-Language header (RFC 9110 12.5.4); else English. */
export function languageOf(header: string | undefined): Language {
  let best: Language = 'en';
  let weight = 0;
  for (const part of (header ?? '').slice(0, 512).split(',')) {
    const [range = '', ...parameters] = part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    const language = range === 'zh' || range.startsWith('zh-') ? 'zh-CN' : 'en';
    const known = language === 'zh-CN' || range === 'en' || range.startsWith('en-');
    const quality = qualityOf(parameters);
    if (known && quality > weight) [best, weight] = [language, quality];
  }
  return best;
}

/** In thousandths; a quality that cannot be read does not count. */
function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith('q='));
  if (given === undefined) return 1000;
  const [, whole, decimals = ''] = /^q=([01])(?:\.(\d{0,3}))?$/.exec(given) ?? [];
  if (whole === undefined) return 0;
  return Math.min(1000, Number(whole) * 1000 + Number(decimals.padEnd(3, '0')));
}
