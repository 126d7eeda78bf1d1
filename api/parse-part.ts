import { z } from 'zod';
import type { Language } from './language.ts';
import { InvalidRequest, type Mistake } from './problem.ts';
import type { Parse, Where } from './route.ts';

/** Parts of a request by strict schemas; all mistakes of a part at once, in the reader's language. */
export function parserIn(language: Language): Parse {
  return (schema, value, where) => {
    const parsed = schema.safeParse(value, { error: SAY[language], reportInput: true });
    if (parsed.success) return parsed.data;
    const errors = parsed.error.issues.flatMap((issue) => mistakesOf(issue, where));
    throw new InvalidRequest(
      'bad-request',
      `Correct the request in ${errors.length === 1 ? 'this place' : 'these places'}: ` +
        `${errors.map(({ pointer }) => pointer).join(', ')}.`,
      errors.slice(0, MOST_MISTAKES),
    );
  };
}

const MOST_MISTAKES = 50;

const SAY = {
  en: z.locales.en().localeError,
  'zh-CN': z.locales.zhCN().localeError,
} as const;

function mistakesOf(issue: z.core.$ZodIssue, where: Where): Mistake[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointerOf([...issue.path, key], where),
      code: 'unknown-field',
      detail: issue.message,
    }));
  }
  const pointer = pointerOf(issue.path, where);
  return [{ pointer, code: codeOf(issue), detail: issue.message }];
}

function codeOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'missing' : 'wrong-type';
    case 'too_big':
    case 'too_small':
      return 'out-of-range';
    case 'invalid_format':
      return 'bad-format';
    case 'invalid_value':
      return 'not-allowed';
    default:
      return 'invalid';
  }
}

/** RFC 6901 in a body; `?name` in the query; `{name}` in the path. */
function pointerOf(path: readonly PropertyKey[], where: Where): string {
  const [first = ''] = path;
  if (where === 'query') return `?${String(first).slice(0, 64)}`;
  if (where === 'params') return `{${String(first)}}`;
  const steps = path.map((step) =>
    String(step).slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1'),
  );
  return steps.length === 0 ? '' : `/${steps.join('/')}`;
}
