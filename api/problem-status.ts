/**
 * The one table from the code of a refusal to an HTTP status. Codes that are not here are a caller's
 * mistake like any other (400); a test demands that every code thrown behind the API is.
 */
const CODES_BY_STATUS = {
  400: [
    'bad-account-id',
    'bad-batch',
    'bad-bridge-id',
    'bad-currency',
    'bad-cursor',
    'bad-date',
    'bad-decimal',
    'bad-device-key',
    'bad-interval',
    'bad-limit',
    'bad-method',
    'bad-origin',
    'bad-period',
    'bad-reading',
    'bad-request',
    'bad-shape',
    'bad-site-id',
    'bad-tile-path',
    'bad-time',
    'bad-wallet',
    'body-cut-short',
    'code-mistyped',
    'cursor-mismatch',
    'idempotency-key-bad',
    'idempotency-key-missing',
    'json-depth',
    'json-syntax',
    'json-utf8',
    'site-conflict',
    'site-missing',
    'time-out-of-range',
    'too-many-decimals',
    'unknown-zone',
  ],
  401: [
    'batch-signature',
    'device-key-unknown',
    'enrolment-token',
    'token-expired',
    'token-invalid',
    'token-missing',
  ],
  403: ['forbidden', 'forbidden-site', 'not-your-account'],
  404: [
    'account-unknown',
    'bridge-unknown',
    'meter-unknown',
    'no-checkpoint',
    'no-such-page',
    'no-such-tile',
    'not-witnessed',
    'page-not-built',
    'site-unknown',
    'statement-unknown',
    'tariff-unknown',
  ],
  405: ['method-not-allowed'],
  409: [
    'account-exists',
    'bridge-exists',
    'equivocation',
    'meter-bound',
    'not-yet-signed',
    'nothing-held',
    'origin-taken',
    'period-not-ended',
    'site-exists',
    'statement-exists',
    'statement-order',
    'tariff-version-exists',
    'tariff-version-order',
  ],
  410: ['key-erased', 'share-expired'],
  413: ['batch-too-large', 'body-too-large'],
  415: ['unsupported-media-type'],
  422: [
    'amount-not-positive',
    'bad-stay',
    'bad-tariff',
    'basis-missing',
    'batch-count',
    'batch-other-bridge',
    'batch-root',
    'enrolment-proof',
    'event-day-late',
    'event-day-twice',
    'event-day-unplanned',
    'idempotency-mismatch',
    'interval-crosses-window',
    'interval-overlap',
    'interval-too-long',
    'jump',
    'no-tariff',
    'pool-step',
    'price-list-gap',
    'price-list-step',
    'price-list-twice',
    'quota-missing',
    'reading-chain-broken',
    'reading-other-bridge',
    'reading-other-epoch',
    'recovery-percent',
    'register-fell',
    'share-key-empty',
    'share-price-missing',
    'share-unknown',
    'share-weight',
    'split-empty',
    'split-wallet-twice',
    'tariff-late',
    'tariff-not-in-force',
    'tariff-not-metered',
    'tariff-unit',
    'tariff-zone',
    'term-missing',
    'term-negative',
    'time-in-future',
  ],
  429: ['too-many-requests'],
  500: ['internal', 'store-damaged'],
  503: [
    'checkpoint-taken',
    'kek-wrong',
    'log-behind',
    'log-forked',
    'log-key-differs',
    'site-moved',
    'storage-full',
    'store-unavailable',
    'writer-busy',
  ],
} as const satisfies Record<number, readonly string[]>;

/**
 * Codes of the core's parsers of files, notes and canonical bytes. No route lets them reach a caller
 * as they are, except by a member that a caller sent: so they too are the caller's mistake.
 */
const PARSER_CODES = [
  ...['bad-base64', 'bad-compact-range', 'bad-entries', 'bad-hex', 'bad-key-name', 'bad-tile'],
  ...['bad-utf8', 'bad-verifier-key', 'bundle-too-large', 'checkpoint-extension'],
  ...['checkpoint-lines', 'checkpoint-origin', 'checkpoint-root', 'checkpoint-size'],
  ...['close-empty', 'close-order', 'close-too-large', 'close-utilities', 'entry-too-long'],
  ...['json-lone-surrogate', 'json-not-canonical', 'json-not-object', 'json-number', 'json-type'],
  ...['lone-surrogate', 'note-control-character', 'note-signature-line', 'note-too-long'],
  ...['note-too-many-signatures', 'note-without-signatures', 'policy-character'],
  ...['policy-too-long', 'policy-without-quorum', 'proof-file-extra', 'proof-file-hash'],
  ...[
    'proof-file-header',
    'proof-file-index',
    'submission-form',
    'unknown-format',
    'verifier-key-id',
  ],
] as const;

/** Said on the console and in the log, by a service that does not start or a log that must stop. */
const OPERATOR_CODES = [
  ...[
    'clock-is-real',
    'data-in-use',
    'data-missing',
    'database-empty',
    'target-exists',
    'kek-length',
    'key-file',
  ],
  ...['policy-other-log', 'port-in-use', 'schema-newer'],
  ...['token-key-unusable', 'witness-name-missing', 'witness-renamed', 'witness-state-missing'],
] as const;

const STATUS_OF: ReadonlyMap<string, number> = new Map([
  ...[...PARSER_CODES, ...OPERATOR_CODES].map((code): [string, number] => [code, 400]),
  ...Object.entries(CODES_BY_STATUS).flatMap(([status, codes]) =>
    codes.map((code): [string, number] => [code, Number(status)]),
  ),
]);

export function statusOf(code: string): number {
  return STATUS_OF.get(code) ?? 400;
}

export function isListed(code: string): boolean {
  return STATUS_OF.has(code);
}

/** The codes that callers meet, each of which has words in every language. */
export function problemCodes(): readonly string[] {
  return Object.values(CODES_BY_STATUS).flat();
}
