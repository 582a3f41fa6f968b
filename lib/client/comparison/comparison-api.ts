/**
 * What a comparison asks the server for beside the frames: scratch hosts, the instants of changes, the bytes of
 * each lane. Its traffic is the measuring's own and counted in no lane.
 */
import type { Changes, MeterReadings, ScratchFeedInfo } from '#lib/protocol/api.ts';

/** No answer by then is none, ms. */
const TIMEOUT_MS = 10_000;

/**
 * `gone`: the server does not know that feed (any more). `failed`: anything else but what was asked for. `silent`:
 * no answer at all, the server cannot be reached.
 */
export type Answer<T> =
  | { readonly kind: 'ok'; readonly body: T }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly detail: string; readonly retryAfterMs: number | null }
  | { readonly kind: 'silent'; readonly detail: string };

export type ComparisonApi = {
  /** Ticks after s, oldest first; perhaps not all of them. `feed` null = the fleet's. */
  changes(after: number, feed: string | null, signal: AbortSignal): Promise<Answer<Changes>>;
  /** At most 8 names. */
  meters(names: readonly string[], signal: AbortSignal): Promise<Answer<MeterReadings>>;
  makeScratch(changesPerSecond: number): Promise<Answer<ScratchFeedInfo>>;
  changeScratch(feed: string, changesPerSecond: number): Promise<Answer<ScratchFeedInfo>>;
  /** Also while the page is being left. */
  removeScratch(feed: string): Promise<Answer<unknown>>;
};

/** How many hosts change in a comparison. */
export const SCRATCH_HOSTS = 1_000;

export function createComparisonApi(origin: string): ComparisonApi {
  async function call<T>(path: string, init: RequestInit): Promise<Answer<T>> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    let answered = false;
    try {
      const response = await fetch(origin + path, { ...init, signal, cache: 'no-store' });
      answered = true;
      if (response.status === 404 || response.status === 410) return { kind: 'gone' };
      const body = (await response.json()) as { detail?: unknown };
      if (response.ok) return { kind: 'ok', body: body as T };
      const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
      const detail = typeof body.detail === 'string' ? body.detail : `status ${response.status}`;
      const retryAfterMs = Number.isFinite(retryAfterS) ? retryAfterS * 1_000 : null;
      return { kind: 'failed', detail, retryAfterMs };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return answered ? { kind: 'failed', detail, retryAfterMs: null } : { kind: 'silent', detail };
    }
  }
  const write = <T>(method: string, path: string, body: unknown): Promise<Answer<T>> =>
    call(path, {
      method,
      keepalive: true,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  return {
    changes: (after, feed, signal) =>
      call(`/rt/changes?after=${after}${feed === null ? '' : `&feed=${feed}`}`, { signal }),
    meters: (names, signal) => call(`/rt/meter?meter=${names.join(',')}`, { signal }),
    makeScratch: (changesPerSecond) =>
      write('POST', '/api/scratch', { hosts: SCRATCH_HOSTS, changesPerSecond }),
    changeScratch: (feed, changesPerSecond) => write('PUT', `/api/scratch/${feed}`, { changesPerSecond }),
    removeScratch: (feed) => write('DELETE', `/api/scratch/${feed}`, {}),
  };
}
