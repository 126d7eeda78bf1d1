/** Whether a header `Accept-Encoding` wants a coding (RFC 9110 12.5.3): named, or by `*`, and not with quality zero. */
export function accepts(coding: 'gzip' | 'br', header: string | undefined): boolean {
  const codings = (header ?? '').toLowerCase().split(',');
  const qualities = new Map(
    codings.map((one) => {
      const [name = '', quality = 'q=1'] = one.trim().split(/\s*;\s*/);
      return [name, !/^q=0(\.0*)?$/.test(quality)];
    }),
  );
  return qualities.get(coding) ?? qualities.get('*') ?? false;
}
