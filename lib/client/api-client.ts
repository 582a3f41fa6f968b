/**
 * Typed calls of the HTTP API for pages. Every failure is an ApiError with the catalogue's code, or `network`
 * when no answer came. Knows no store and no React.
 */
import type { AckAnswer, AlertStatus, UnackAnswer } from '#lib/protocol/alert.ts';
import type {
  About,
  AckRequest,
  AlertPage,
  EventPage,
  FleetSamples,
  Health,
  HostDetail,
  HostPage,
  HostSort,
  UnackRequest,
} from '#lib/protocol/api.ts';
import { type ErrorCode, PROBLEM_URN, type Problem } from '#lib/protocol/errors.ts';
import { retryAfterMs } from './retry-after.ts';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** From the catalogue; `network`: no answer came; `bad_answer`: an answer that is not of the API. */
  readonly code: ErrorCode | 'network' | 'bad_answer';
  /** What was wrong, and what is accepted. */
  readonly detail: string;
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** The server asked to be left alone for so long (Retry-After), ms. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode | 'network' | 'bad_answer',
    status: number,
    detail: string,
    retryAfterMs?: number,
  ) {
    super(detail);
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.retryAfterMs = retryAfterMs;
  }
}

export type HostQuery = {
  readonly state?: string;
  readonly q?: string;
  /** `k:v`, repeatable. */
  readonly label?: string | readonly string[];
  readonly sort?: HostSort;
  readonly limit?: number;
  readonly cursor?: string;
};
export type AlertQuery = {
  readonly status?: AlertStatus;
  readonly limit?: number;
  readonly cursor?: string;
};
/** Instants in ms since the epoch. */
export type EventQuery = {
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
  readonly cursor?: string;
};

/** All reject with an ApiError, or with the signal's reason when aborted. */
export type ApiClient = {
  health(signal?: AbortSignal): Promise<Health>;
  about(signal?: AbortSignal): Promise<About>;
  samples(sinceMs?: number, signal?: AbortSignal): Promise<FleetSamples>;
  hosts(query?: HostQuery, signal?: AbortSignal): Promise<HostPage>;
  /** At most 500 slots. */
  hostsBySlot(slots: readonly number[], signal?: AbortSignal): Promise<HostPage>;
  host(nameOrId: string, signal?: AbortSignal): Promise<HostDetail>;
  hostEvents(nameOrId: string, query?: EventQuery, signal?: AbortSignal): Promise<EventPage>;
  events(query?: EventQuery, signal?: AbortSignal): Promise<EventPage>;
  alerts(query?: AlertQuery, signal?: AbortSignal): Promise<AlertPage>;
  ack(request: AckRequest): Promise<AckAnswer>;
  unack(request: UnackRequest): Promise<UnackAnswer>;
  /** Any call that has no method here: for what is fetched after the page, which brings the types along. */
  read<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T>;
  /** A write that has no method here. An answer without a body (204) is `undefined`. */
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>;
};

export type ApiClientOptions = {
  /** Origin with scheme; '' = the page's own. */
  readonly origin?: string;
  readonly fetch?: typeof fetch;
  /** An answer said that nobody is signed in; told before the call rejects. */
  readonly onSignedOut?: () => void;
  /** While true every call is refused as `unauthenticated` at once, and nothing is asked. */
  readonly isSignedOut?: () => boolean;
};

/** Undefined and empty values are left out. */
export type Query = Readonly<
  Record<string, string | number | readonly string[] | readonly number[] | undefined>
>;

function withQuery(path: string, query: Query): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === '') continue;
    if (typeof value === 'object') for (const one of value) params.append(key, String(one));
    else params.append(key, String(value));
  }
  const text = params.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Known by its `type`: the catalogue's titles, which come with the problem, need not be in every page. */
function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'type' in body && 'code' in body
    ? body.type === PROBLEM_URN + String(body.code)
    : false;
}

async function errorOf(response: Response): Promise<ApiError> {
  const status = response.status;
  try {
    const body: unknown = await response.json();
    if (isProblem(body)) {
      const waitMs = retryAfterMs(response.headers.get('retry-after'), Date.now());
      return new ApiError(body.code, status, String(body.detail || body.title), waitMs);
    }
  } catch {
    // Not JSON: a proxy's page, say. The status is all there is to tell.
  }
  return new ApiError('bad_answer', status, `the server answered with status ${status}`);
}

export function createApiClient(options: ApiClientOptions = {}): ApiClient {
  const origin = options.origin ?? '';
  const doFetch = options.fetch ?? ((input, init) => fetch(input, init));

  async function call<T>(path: string, init: RequestInit): Promise<T> {
    if (options.isSignedOut?.()) throw new ApiError('unauthenticated', 401, 'nobody is signed in.');
    let response: Response;
    try {
      response = await doFetch(origin + path, { ...init, cache: 'no-store' });
    } catch (error) {
      if (init.signal?.aborted) throw init.signal.reason;
      throw new ApiError('network', 0, error instanceof Error ? error.message : 'the server did not answer');
    }
    if (!response.ok) {
      const error = await errorOf(response);
      if (error.code === 'unauthenticated') options.onSignedOut?.();
      throw error;
    }
    if (response.status === 204) return undefined as T;
    try {
      return (await response.json()) as T;
    } catch {
      if (init.signal?.aborted) throw init.signal.reason;
      throw new ApiError('bad_answer', response.status, 'the answer is not JSON');
    }
  }
  const get = <T>(path: string, query: Query, signal?: AbortSignal): Promise<T> =>
    call<T>(withQuery(path, query), { signal: signal ?? null });
  const send = <T>(method: string, path: string, body: unknown = {}): Promise<T> =>
    call<T>(path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  return {
    health: (signal) => get('/api/health', {}, signal),
    about: (signal) => get('/api/about', {}, signal),
    samples: (since, signal) => get('/api/samples', { since }, signal),
    hosts: (query = {}, signal) => get('/api/hosts', query, signal),
    hostsBySlot: (slots, signal) => get('/api/hosts', { slots: slots.join(',') }, signal),
    host: (nameOrId, signal) => get(`/api/hosts/${encodeURIComponent(nameOrId)}`, {}, signal),
    hostEvents: (nameOrId, query = {}, signal) =>
      get(`/api/hosts/${encodeURIComponent(nameOrId)}/events`, query, signal),
    events: (query = {}, signal) => get('/api/events', query, signal),
    alerts: (query = {}, signal) => get('/api/alerts', query, signal),
    ack: (request) => send('POST', '/api/alerts/ack', request),
    unack: (request) => send('POST', '/api/alerts/unack', request),
    read: (path, query = {}, signal) => get(path, query, signal),
    send,
  };
}
