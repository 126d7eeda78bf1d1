/** For answers that are data: nothing in them may run, be framed, or be guessed at. */
export const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** For what any origin may read, such as a copy of the verification page hosted elsewhere. */
export const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Retry-After, X-Request-Id',
  'cross-origin-resource-policy': 'cross-origin',
} as const;

export const PREFLIGHT_HEADERS = {
  ...CORS_HEADERS,
  'access-control-allow-headers': 'Accept-Language, Authorization, Billproof-Code, Billproof-Key',
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-max-age': '86400',
} as const;
