/**
 * The catalogue of errors the HTTP API can answer with (RFC 9457). docs/errors.md describes each; a test
 * compares the two both ways.
 */
export const ERRORS = {
  foreign_host: { status: 403, title: 'The Host header names a host this server does not answer for' },
  foreign_origin: { status: 403, title: 'Requests from this origin are not accepted' },
  unsupported_media_type: { status: 415, title: 'A write needs content-type: application/json' },
  invalid_request: { status: 400, title: 'The request is not valid HTTP' },
  headers_too_large: { status: 431, title: 'The address and headers are too large' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  body_too_large: { status: 413, title: 'The body is too large' },
  invalid_parameter: { status: 400, title: 'A parameter has a value that is not accepted' },
  unauthenticated: { status: 401, title: 'Nobody is signed in' },
  wrong_credentials: { status: 401, title: 'The name or the password is wrong' },
  forbidden: { status: 403, title: 'This account may not do that' },
  too_many_attempts: { status: 429, title: 'Too many attempts to sign in' },
  setup_done: { status: 409, title: 'There is an administrator already' },
  already_exists: { status: 409, title: 'There is one of that name already' },
  last_administrator: { status: 409, title: 'The last administrator has to stay one' },
  comment_required: { status: 400, title: 'An acknowledgement needs a comment here' },
  store_unavailable: { status: 503, title: 'Nothing can be stored at the moment' },
  not_found: { status: 404, title: 'There is nothing at this address' },
  host_not_found: { status: 404, title: 'No host has this name or id' },
  method_not_allowed: { status: 405, title: 'This address does not take that method' },
  stale_position: { status: 409, title: 'The position belongs to an earlier run of the server' },
  too_many_hosts: { status: 503, title: 'The server watches as many hosts as it accepts' },
  too_many_exports: { status: 503, title: 'The server has as many exports under way as it accepts' },
  too_many_viewers: { status: 503, title: 'The server has as many viewers as it accepts' },
  too_many_feeds: { status: 503, title: 'The server has as many scratch feeds as it accepts' },
  internal_error: { status: 500, title: 'The server failed; this is a bug' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** `application/problem+json`, with our stable code. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  /** What was wrong here, and what is accepted. */
  readonly detail: string;
};

export const PROBLEM_TYPE = 'application/problem+json';

/** Before the code in a problem's `type`: who reads it knows it for ours without the catalogue. */
export const PROBLEM_URN = 'urn:pulsewatch:error:';

/** `detail`: what was wrong here, and what is accepted. */
export function problemOf(code: ErrorCode, detail: string): Problem {
  const { status, title } = ERRORS[code];
  return { type: `${PROBLEM_URN}${code}`, title, status, code, detail };
}
