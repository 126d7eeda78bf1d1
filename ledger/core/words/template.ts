/** A piece of a template: text as it is, a place that a parameter fills, or a group of pieces. */
export type Part =
  | { readonly is: 'text'; readonly text: string }
  | {
      readonly is: 'value';
      readonly name: string;
      readonly kind: string;
      readonly other: string | undefined;
    }
  | { readonly is: 'choice'; readonly name: string; readonly one: string; readonly many: string }
  /** Left out as a whole where one of its parameters is absent. */
  | { readonly is: 'optional'; readonly parts: readonly Part[] };

const PLACE = /\{(\w+)(?:\?([^|{}]*)\|([^|{}]*)|(?::(\w+))?(?::(\w+))?)\}|\[([^\]]*)\]/g;

/**
 * Reads `{name}`, `{name:kind}`, `{name:kind:other}`, `{name?one|many}` and `[optional {name}]`.
 * What has none of these forms stays text: a template can be wrong but never throws.
 */
export function parseTemplate(template: string): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of template.matchAll(PLACE)) {
    const [whole, name = '', one, many, kind = '', other, inner] = match;
    if (match.index > end) parts.push({ is: 'text', text: template.slice(end, match.index) });
    if (inner !== undefined) parts.push({ is: 'optional', parts: parseTemplate(inner) });
    else if (one !== undefined && many !== undefined) parts.push({ is: 'choice', name, one, many });
    else parts.push({ is: 'value', name, kind, other });
    end = match.index + whole.length;
  }
  if (end < template.length) parts.push({ is: 'text', text: template.slice(end) });
  return parts;
}

/** Names of the parameters among the parts, each once. */
export function namesIn(parts: readonly Part[], withOptional = true): readonly string[] {
  const names = parts.flatMap((part) => {
    if (part.is === 'text') return [];
    if (part.is === 'optional') return withOptional ? namesIn(part.parts) : [];
    if (part.is === 'choice' || part.other === undefined) return [part.name];
    return [part.name, part.other];
  });
  return [...new Set(names)];
}
