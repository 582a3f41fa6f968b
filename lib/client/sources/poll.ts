/**
 * Live frames by short polling: one request every POLL_MS, from wherever the view stands. Browsers slow timers
 * of hidden pages down, so becoming visible asks at once. One failed request ends the source.
 */
import type { CloseReason, Source, SourceOptions } from '../source.ts';

export const POLL_MS = 2_000;
/** A request without an answer is given up after this, well inside the watchdog. */
export const POLL_TIMEOUT_MS = 10_000;

/** Seconds or an HTTP date as ms from now; undefined when absent or neither. */
function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const waitMs = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isFinite(waitMs) && waitMs >= 0 ? waitMs : undefined;
}

async function refusal(response: Response): Promise<CloseReason> {
  const body: unknown = await response.json().catch(() => null);
  const told = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : '';
  const detail = `polling: ${told === '' ? `status ${response.status}` : told}`;
  const waitMs = retryAfterMs(response.headers.get('retry-after'), Date.now());
  return waitMs === undefined
    ? { kind: 'refused', detail }
    : { kind: 'refused', detail, retryAfterMs: waitMs };
}

export function openPoll({ origin, position, sink }: SourceOptions, pollMs: number = POLL_MS): Source {
  const stopping = new AbortController();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let asking = false;
  let opened = false;

  const close = (reason: CloseReason): void => {
    if (stopping.signal.aborted) return;
    stop();
    sink.closed(reason);
  };

  async function ask(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    asking = true;
    try {
      const at = position();
      const query = at === null ? 'wait=0' : `e=${at.e}&s=${at.s}&wait=0`;
      const response = await fetch(`${origin}/rt/poll?${query}`, {
        cache: 'no-store',
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(POLL_TIMEOUT_MS)]),
      });
      if (!response.ok) return close(await refusal(response));
      const body: unknown = await response.json();
      if (stopping.signal.aborted) return;
      if (typeof body !== 'object' || body === null || !('frames' in body) || !Array.isArray(body.frames)) {
        return close({ kind: 'refused', detail: 'polling: the answer is not {"frames":[…]}' });
      }
      if (!opened) {
        opened = true;
        sink.opened();
      }
      for (const value of body.frames) if (!stopping.signal.aborted) sink.frame(value);
    } catch (error) {
      close({ kind: 'lost', detail: `polling: ${error instanceof Error ? error.message : String(error)}` });
    } finally {
      asking = false;
    }
    if (!stopping.signal.aborted) timer = setTimeout(ask, pollMs);
  }

  const askIfVisible = (): void => {
    if (document.visibilityState === 'visible' && !asking) void ask();
  };
  const page = typeof document === 'undefined' ? null : document;

  function stop(): void {
    if (stopping.signal.aborted) return;
    stopping.abort();
    if (timer !== null) clearTimeout(timer);
    page?.removeEventListener('visibilitychange', askIfVisible);
  }

  page?.addEventListener('visibilitychange', askIfVisible);
  void ask();

  return {
    // The next request's position is the acknowledgement.
    ack() {},
    stop,
  };
}
