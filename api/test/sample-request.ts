import { z } from 'zod';
import type { JsonSchema } from '../openapi.ts';
import type { Route } from '../route.ts';

export interface SampleRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** Values by the name of a parameter or member, over those that only fit. */
export type Chosen = Readonly<Record<string, string>>;

/** Texts of every form that a schema of ours asks for. */
const TEXTS = [
  ...['a-1', 'K1', 'quay', 'electricity', '2026-09', '2026-09-01', '1.000000', '0.50', '1', 'CNY'],
  ...[
    '2026-09-01T00:00:00.000Z',
    'Asia/Shanghai',
    'quay.example/log',
    '00'.repeat(32),
    'A'.repeat(43),
  ],
  ...['0123456789abcdef', 'anna~0123456789ab', 'ORDER001', '1-0:1.8.0', 'an umbrella', 'kWh'],
  'ours-only.0000001',
  `${'9'.repeat(13)}~msg_test_0`,
  `${'9'.repeat(13)}${'0'.repeat(12)}`,
];

/**
 * A request that a route's own schemas take: its parameters, and of query and body what they demand and
 * what is chosen. So a new route has one without a line here.
 */
export function sampleRequest(route: Route, chosen: Chosen = {}): SampleRequest {
  const params = sampleOf(schemaOf(route.params), 'params', chosen);
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    return encodeURIComponent(String(memberOf(params, name)));
  });
  const query = sampleOf(schemaOf(route.query), 'query', chosen);
  const search = new URLSearchParams(
    Object.entries(asObject(query)).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  const body = route.body && asObject(sampleOf(schemaOf(route.body), 'body', chosen));
  return { path: search === '' ? path : `${path}?${search}`, body };
}

/** Whether one of the parts has a member of that name at its top. */
export function placesOf(route: Route, name: string): ('params' | 'query' | 'body')[] {
  return (['params', 'query', 'body'] as const).filter((part) => {
    return Object.hasOwn(route[part]?.shape ?? {}, name);
  });
}

function sampleOf(schema: JsonSchema, name: string, chosen: Chosen): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first !== undefined) return sampleOf(asSchema(first), name, chosen);
  switch (schema.type) {
    case 'string':
      return textOf(schema, name, chosen);
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'array':
      return [sampleOf(asSchema(schema.items), name, chosen)];
    default:
      return membersOf(schema, chosen);
  }
}

function membersOf(schema: JsonSchema, chosen: Chosen): Record<string, unknown> {
  const members = Object.entries(schema.properties ?? {}).filter(
    ([name]) => schema.required?.includes(name) || Object.hasOwn(chosen, name),
  );
  return Object.fromEntries(
    members.map(([name, member]) => [name, sampleOf(asSchema(member), name, chosen)]),
  );
}

function textOf(schema: JsonSchema, name: string, chosen: Chosen): string {
  if (schema.format === 'uri') return 'https://bills.example.com/portal';
  const patterns = [schema.pattern, ...(schema.allOf ?? []).map((one) => asSchema(one).pattern)];
  const texts = Object.hasOwn(chosen, name) ? [chosen[name] ?? ''] : TEXTS;
  const found = texts.find(
    (text) =>
      text.length >= (schema.minLength ?? 0) &&
      text.length <= (schema.maxLength ?? Number.MAX_SAFE_INTEGER) &&
      patterns.every((pattern) => pattern === undefined || new RegExp(pattern, 'u').test(text)),
  );
  if (found !== undefined) return found;
  throw new Error(`no text here fits ${name} (${patterns.join(', ')}): add one to TEXTS`);
}

function schemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input' });
}

/** JSON Schema knows `true` for anything. */
function asSchema(schema: unknown): JsonSchema {
  return typeof schema === 'object' && schema !== null ? { ...schema } : {};
}

function memberOf(value: unknown, name: string): unknown {
  return asObject(value)[name];
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {};
}
