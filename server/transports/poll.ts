/**
 * Polling: one answer a request, at once (`wait=0`) or as soon as there is news (long polling).
 * Knows HTTP and a viewer's interface, no state. Main thread.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Frame } from '#lib/protocol/frames.ts';
import { type Position, parsePosition } from '#lib/protocol/position.ts';
import type { Viewer } from '../live/viewer.ts';
import { RETRY_AFTER_MS, type Viewers } from '../live/viewers.ts';
import { answerFrames, answerProblem } from './live-response.ts';

export const MAX_WAIT_S = 25;
const WAIT = /^(0|[1-9][0-9]?)$/;

/** The seconds asked for, or null when the text is not an integer of 0 to 25. Absent = 0. */
function parseWait(text: string | null): number | null {
  if (text === null) return 0;
  return WAIT.test(text) && Number(text) <= MAX_WAIT_S ? Number(text) : null;
}

/** `GET /rt/poll?e=&s=&wait=` (PROTOCOL.md 2). */
export function answerPoll(
  viewers: Viewers,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): void {
  const e = url.searchParams.get('e') || null;
  const s = url.searchParams.get('s') || null;
  const position = parsePosition(e, s);
  if (position === null && (e !== null || s !== null)) {
    const detail = 'e and s name a position: e is 16 lower-case hex digits, s an integer; or leave out both';
    answerProblem(response, 'invalid_parameter', detail);
    return;
  }
  const waitS = parseWait(url.searchParams.get('wait'));
  if (waitS === null) {
    const detail = `wait is an integer of 0 to ${MAX_WAIT_S} (seconds)`;
    answerProblem(response, 'invalid_parameter', detail);
    return;
  }
  const place = viewers.take(request.socket.remoteAddress ?? '');
  if (place === null) {
    const detail = 'all viewers this server accepts, in all or from one address, are connected: try again';
    answerProblem(response, 'too_many_viewers', detail, {
      'Retry-After': String(RETRY_AFTER_MS / 1_000),
    });
    return;
  }
  response.on('close', () => place.release());
  if (waitS === 0) answerFrames(response, viewers.log.framesFrom(position, viewers.clock()));
  else holdPoll(viewers, response, position, waitS * 1_000);
}

/** Answers on the first tick that brings news, or with a beat when the wait, spread by 1/16, is over. */
function holdPoll(
  viewers: Viewers,
  response: ServerResponse,
  position: Position | null,
  waitMs: number,
): void {
  let answered = false;
  let viewer: Viewer | null = null;
  let timer: NodeJS.Timeout | null = null;
  const release = (): void => {
    if (timer !== null) clearTimeout(timer);
    if (viewer !== null) viewers.remove(viewer);
  };
  const answer = (frames: readonly Frame[]): void => {
    answered = true;
    release();
    answerFrames(response, frames);
  };
  // Registered, then checked: the answer may be there before `add` returns.
  viewer = viewers.add({
    link: {
      ready: () => !answered,
      send: answer,
      close: () => answer([viewers.log.beat(viewers.clock())]),
    },
    position,
    acknowledges: false,
    beats: false,
  });
  if (answered) {
    release();
    return;
  }
  const held = viewer;
  timer = setTimeout(() => held.beat(viewers.clock()), waitMs + (Math.random() * waitMs) / 16);
  // The viewer may give up.
  response.once('close', release);
}
