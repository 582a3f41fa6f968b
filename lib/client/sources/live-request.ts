/**
 * One request for live frames: its address, its refusals in words, its failures. Shared by every transport that
 * asks by plain HTTP; knows nothing of when to ask.
 */
import { PROBLEM_URN } from '#lib/protocol/errors.ts';
import { retryAfterMs } from '../retry-after.ts';
import type { CloseReason, ConnectionFailure, SourceOptions, SourceSink } from '../source.ts';

/** The `type` of the problem `unauthenticated`. */
const SIGNED_OUT = `${PROBLEM_URN}unauthenticated`;

/** What ends the requests of one source: its owner by `stop`, silently, or itself by `close`; whichever is first. */
export function requestsOf(sink: SourceSink): {
  readonly signal: AbortSignal;
  readonly stop: () => void;
  readonly close: (reason: CloseReason) => void;
} {
  const stopping = new AbortController();
  const { signal } = stopping;
  return {
    signal,
    stop: () => stopping.abort(),
    close: (reason) => {
      if (signal.aborted) return;
      stopping.abort();
      sink.closed(reason);
    },
  };
}

/** An address below `/rt/` with the view's position and what the options add. */
export function liveAddress(
  { origin, position, query }: SourceOptions,
  path: string,
  own: Readonly<Record<string, string>> = {},
): string {
  const at = position();
  const all = new URLSearchParams({ ...(at === null ? {} : { e: at.e, s: String(at.s) }), ...own, ...query });
  return `${origin}${path}${all.size === 0 ? '' : `?${all}`}`;
}

/** What an answer other than 2xx says, with its problem's detail where there is one. */
export async function refusal(name: string, response: Response): Promise<CloseReason> {
  const body: unknown = await response.json().catch(() => null);
  const problem: { detail?: unknown; type?: unknown } = typeof body === 'object' && body !== null ? body : {};
  const detail = `${name}: ${'detail' in problem ? String(problem.detail) : `status ${response.status}`}`;
  // Of the server's own saying: a proxy that wants a password of its own is not asked for by our sign-in.
  if (problem.type === SIGNED_OUT) return { kind: 'signed-out', detail };
  const waitMs = retryAfterMs(response.headers.get('retry-after'), Date.now());
  return waitMs === undefined
    ? { kind: 'refused', detail }
    : { kind: 'refused', detail, retryAfterMs: waitMs };
}

export function failure(name: string, error: unknown): ConnectionFailure {
  return { kind: 'lost', detail: `${name}: ${error instanceof Error ? error.message : String(error)}` };
}

/** The frames of one answer of `/rt/poll`, or why there are none. Rejects when the request fails. */
export async function askForFrames(
  name: string,
  options: SourceOptions,
  waitS: number,
  signal: AbortSignal,
): Promise<readonly unknown[] | CloseReason> {
  const ask = options.fetch ?? fetch;
  const address = liveAddress(options, '/rt/poll', { wait: String(waitS) });
  const response = await ask(address, { cache: 'no-store', signal });
  if (!response.ok) return refusal(name, response);
  const body: unknown = await response.json();
  if (typeof body === 'object' && body !== null && 'frames' in body && Array.isArray(body.frames)) {
    return body.frames;
  }
  return { kind: 'refused', detail: `${name}: the answer is not {"frames":[…]}` };
}
