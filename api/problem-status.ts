/**
 * The one table from the code of a refusal to an HTTP status. Codes that are not here are a caller's
 * mistake like any other (400); a test demands that every code thrown in `ledger/` and `api/` is.
 */
const CODES_BY_STATUS = {
  400: [
    'bad-accept',
    'bad-cursor',
    'bad-request',
    'bad-seen',
    'bad-tile-path',
    'cursor-mismatch',
    'idempotency-key-bad',
    'idempotency-key-missing',
    'json-syntax',
    'json-utf8',
    'json-depth',
    'site-conflict',
    'site-missing',
  ],
  401: ['token-expired', 'token-invalid', 'token-missing'],
  403: ['forbidden', 'forbidden-site', 'not-your-account', 'share-key-wrong'],
  404: [
    'no-such-page',
    'no-such-tile',
    'no-checkpoint',
    'not-witnessed',
    'page-not-built',
    'unknown-account',
    'unknown-bridge',
    'unknown-meter',
    'unknown-site',
    'unknown-statement',
    'unknown-tariff',
  ],
  405: ['method-not-allowed'],
  409: ['bridge-exists', 'site-exists'],
  410: ['share-expired'],
  413: ['body-too-large', 'batch-too-large'],
  415: ['unsupported-media-type'],
  422: ['idempotency-mismatch', 'bad-tariff'],
  429: ['too-many-requests'],
  500: ['internal'],
  503: ['stopping'],
} as const satisfies Record<number, readonly string[]>;

const STATUS_OF: ReadonlyMap<string, number> = new Map(
  Object.entries(CODES_BY_STATUS).flatMap(([status, codes]) =>
    codes.map((code): [string, number] => [code, Number(status)]),
  ),
);

export function statusOf(code: string): number {
  return STATUS_OF.get(code) ?? 400;
}

export function problemCodes(): readonly string[] {
  return [...STATUS_OF.keys()];
}
