import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { BATCH_ROUTE } from './batch-endpoint.ts';
import { SHEET_TYPES } from './lists/sheet.ts';
import { rolesThatMay } from './permissions.ts';
import { PROBLEM_TYPE } from './problem.ts';
import { statusOf } from './problem-status.ts';
import type { Example, JsonRoute, PlainRoute, Route } from './route.ts';

export type JsonSchema = z.core.JSONSchema.JSONSchema;
type Fields = Record<string, unknown>;

/** The OpenAPI 3.1 document of exactly the routes that the router serves, from the same objects. */
export function openApiDocument(routes: readonly Route[], publicUrl: string): Fields {
  const paths: Record<string, Fields> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Billproof', version: '1', license: LICENSE, description: ABOUT },
    servers: [{ url: publicUrl }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: PROBLEM_SCHEMA },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        shareKey: { type: 'apiKey', in: 'header', name: 'Billproof-Key' },
      },
    },
  };
}

const LICENSE = { name: 'Apache-2.0', identifier: 'Apache-2.0' };
const ABOUT = [
  'Utility bills that the people who pay them can check for themselves.',
  'Money and quantities are decimal texts with 6 decimals; times are UTC with milliseconds.',
  'Every route of a site takes `?site=`, unless the token is bound to one.',
  'Lists answer `{data, next}`; give `next` back as `cursor`.',
  'Mistakes are answered as RFC 9457 problems with a stable `code`, in English or Chinese.',
].join(' ');

const text = { type: 'string' } as const;
const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: text,
    title: text,
    status: { type: 'integer' },
    detail: { ...text, description: 'What is wrong, and what to do' },
    code: { ...text, description: 'Stable; scripts may rely on it' },
    requestId: text,
    params: { type: 'object' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: {
          pointer: { ...text, description: 'JSON pointer into the body, `?name` or `{name}`' },
          code: text,
          detail: text,
        },
      },
    },
  },
} as const;

function operation(route: Route): Fields {
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.kind === 'json' && {
      description: `Roles: ${rolesThatMay(route.permission).join(', ')}.`,
    }),
    security: securityOf(route),
    parameters: parametersOf(route),
    ...requestBodyOf(route),
    responses: { ...repliesOf(route), ...problemsOf(route) },
  };
}

/** `get_v1_accounts_account_balance`: unique, and stable as long as the path is. */
function operationId({ method, path }: Route): string {
  return `${method.toLowerCase()}${path.replaceAll(/[{}]/g, '').replaceAll(/[^A-Za-z0-9]+/g, '_')}`;
}

function securityOf(route: Route): Fields[] {
  if (route.kind === 'json') return [{ token: [] }];
  if (route.security === 'token') return [{ token: [] }];
  return route.security === 'none' ? [] : [{ token: [] }, { shareKey: [] }];
}

function parametersOf(route: Route): Fields[] {
  return [
    ...fieldsOf(route.params, 'path', route.example?.params),
    ...fieldsOf(route.query, 'query', route.example?.query),
    ...headersOf(route),
  ];
}

function headersOf(route: Route): Fields[] {
  if (route.kind === 'plain') {
    return Object.entries(route.headers ?? {}).map(([name, description]) => {
      return { name, in: 'header', required: false, description, schema: text };
    });
  }
  if (route.method === 'GET') return [];
  const schema = { ...text, pattern: '^[\\x21-\\x7e]{1,128}$' };
  const description = 'The same key, sent again with the same request, gives the first answer.';
  const example = '5f6b1f0e-2f6c-4b0a-9a51-2b8a2a8d6c11';
  const { once: required } = route;
  return [{ name: 'Idempotency-Key', in: 'header', required, description, schema, example }];
}

function fieldsOf(schema: z.ZodObject, where: 'path' | 'query', example?: Fields): Fields[] {
  return Object.entries(schema.shape).map(([name, field]) => ({
    name,
    in: where,
    required: where === 'path' || !z.safeParse(field, undefined).success,
    ...bare(field, 'output'),
    ...(example?.[name] !== undefined && { example: example[name] }),
  }));
}

/** A parameter tells its description beside its schema. */
function bare(field: z.core.$ZodType, io: 'input' | 'output'): Fields {
  const { description, ...schema } = schemaOf(field, io);
  return { ...(description !== undefined && { description }), schema };
}

function requestBodyOf(route: Route): Fields {
  if (route.body === undefined) return {};
  const example = route.example?.body;
  const media = {
    schema: schemaOf(route.body, 'input'),
    ...(example !== undefined && { example }),
  };
  const required = !z.safeParse(route.body, {}).success;
  return { requestBody: { required, content: { 'application/json': media } } };
}

function repliesOf(route: Route): Record<string, Fields> {
  if (route.kind === 'plain') {
    return Object.fromEntries(
      route.replies.map(({ status, type, description, schema }) => {
        const media = schema === undefined ? {} : { schema: schemaOf(schema, 'output') };
        return [String(status), { description, content: { [type]: media } }];
      }),
    );
  }
  const content = {
    'application/json': { schema: schemaOf(route.reply, 'output') },
    ...(Object.hasOwn(route.query.shape, 'format') && SHEET_CONTENT),
  };
  const replayed = {
    'Idempotent-Replayed': {
      description: '`true` when this is the answer to an earlier request with the same key',
      schema: text,
    },
  };
  const headers = route.method === 'POST' ? { headers: replayed } : {};
  const description = DONE[route.status];
  return { [String(route.status)]: { description, ...headers, content } };
}

const DONE = { 200: 'As asked', 201: 'Made, and durable', 202: 'Taken, and durable; ask for it' };

/** What a list is as a file; the bytes of either have no schema. */
const SHEET_CONTENT = { [SHEET_TYPES.csv]: {}, [SHEET_TYPES.xlsx]: {} };

/** One entry a status, naming the codes that come with it. */
function problemsOf(route: Route): Record<string, Fields> {
  const byStatus = Map.groupBy(codesOf(route), statusOf);
  const content = { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      return [
        String(status),
        { description: `${STATUS_CODES[status]}: ${codes.sort().join(', ')}`, content },
      ];
    }),
  );
}

/** Every code that a route may refuse with, as its document says. */
export function codesOf(route: Route): string[] {
  return [...new Set([...commonCodes(route), ...route.codes])];
}

function commonCodes(route: Route): string[] {
  const limited = ['too-many-requests', 'internal'];
  if (route.kind === 'plain') return route.path === BATCH_ROUTE ? limited : plainCodes(route);
  return [
    ...limited,
    ...TOKEN_CODES,
    ...['token-missing', 'bad-request'],
    ...(route.scope === 'site' ? ['site-missing', 'forbidden-site', 'site-unknown'] : []),
    ...(route.method === 'POST' ? bodyCodes(route) : []),
  ];
}

/** What may be wrong with a token that was sent, and with whom it is for. */
const TOKEN_CODES = ['token-invalid', 'token-expired', 'session-ended', 'forbidden'];

function plainCodes(route: PlainRoute): string[] {
  const ofToken = route.security === 'none' ? [] : TOKEN_CODES;
  return route.tag === 'System' ? [] : [...ofToken, 'too-many-requests'];
}

function bodyCodes({ once }: JsonRoute): string[] {
  const ofBody = ['json-syntax', 'json-utf8', 'json-depth', 'body-too-large'];
  const ofKey = ['idempotency-key-bad', 'idempotency-mismatch'];
  const all = [...ofBody, ...ofKey, 'unsupported-media-type'];
  return once ? [...all, 'idempotency-key-missing'] : all;
}

function schemaOf(schema: z.core.$ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  return rest;
}

/** The examples by operation, for the test that runs them. */
export function examplesOf(routes: readonly Route[]): ReadonlyMap<Route, Example> {
  const found = new Map<Route, Example>();
  for (const route of routes) if (route.example !== undefined) found.set(route, route.example);
  return found;
}
