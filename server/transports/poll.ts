/**
 * Polling: one answer a request, at once (`wait=0`) or as soon as there is news (long polling).
 * Knows HTTP and a viewer's interface, no state. Main thread.
 */
import type { ServerResponse } from 'node:http';
import type { Frame } from '#lib/protocol/frames.ts';
import type { Position } from '#lib/protocol/position.ts';
import type { Identity } from '../auth/identity.ts';
import type { Viewer, ViewerLink } from '../live/viewer.ts';
import type { Viewers } from '../live/viewers.ts';
import { answerFrames, answerProblem } from './live-response.ts';
import type { AnswerMeter } from './meter.ts';
import { answerSignedOut, dropRequest, identityOf, positionInQuery, takePlace } from './viewer-request.ts';

export const MAX_WAIT_S = 25;
const WAIT = /^(0|[1-9][0-9]?)$/;

/** The seconds asked for, or null when the text is not an integer of 0 to 25. Absent = 0. */
function parseWait(text: string | null): number | null {
  if (text === null) return 0;
  return WAIT.test(text) && Number(text) <= MAX_WAIT_S ? Number(text) : null;
}

/** `GET /rt/poll?e=&s=&wait=` (docs/protocol.md 2). */
export function answerPoll(
  viewers: Viewers,
  response: ServerResponse,
  url: URL,
  meter: AnswerMeter | null,
): void {
  const identity = identityOf(response);
  if (identity === null) return;
  const position = positionInQuery(viewers, response, url);
  if (position === undefined) return;
  const waitS = parseWait(url.searchParams.get('wait'));
  if (waitS === null) {
    const detail = `wait is an integer of 0 to ${MAX_WAIT_S} (seconds)`;
    answerProblem(response, 'invalid_parameter', detail);
    return;
  }
  if (!takePlace(viewers, response)) return;
  if (waitS > 0) {
    new HeldPoll(viewers, response, identity).hold(position, waitS * 1_000, meter);
    return;
  }
  const frames = viewers.log.framesFrom(position, viewers.clock());
  meter?.count(frames);
  answerFrames(response, frames);
}

/** A request held until there is news, or until the wait is over. Thousands may be held: it is small. */
class HeldPoll implements ViewerLink {
  readonly #viewers: Viewers;
  readonly #response: ServerResponse;
  readonly #identity: Identity;
  #answered = false;
  #viewer: Viewer | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopListening: (() => void) | null = null;

  constructor(viewers: Viewers, response: ServerResponse, identity: Identity) {
    this.#viewers = viewers;
    this.#response = response;
    this.#identity = identity;
  }

  /** Holds it for `waitMs`, spread by 1/16, so that those who came together do not come again together. */
  hold(position: Position | null, waitMs: number, meter: AnswerMeter | null): void {
    const viewers = this.#viewers;
    // Registered, then checked: the answer may be there before `add` returns.
    const link = meter?.link(this) ?? this;
    const viewer = viewers.add({ link, position, acknowledges: false, beats: false });
    this.#viewer = viewer;
    if (this.#answered) {
      this.#release();
      return;
    }
    dropRequest(this.#response.req);
    this.#timer = setTimeout(() => this.#giveUp(viewer), waitMs + (Math.random() * waitMs) / 16);
    this.#stopListening = this.#identity.onEnd(() => this.#signedOut());
    // The viewer may give up.
    this.#response.once('close', () => this.#release());
  }

  ready(): boolean {
    return !this.#answered;
  }

  send(frames: readonly Frame[]): void {
    this.#answered = true;
    this.#release();
    answerFrames(this.#response, frames);
  }

  close(): void {
    // The server goes, or the feed: the connection is not kept for another request.
    this.#response.setHeader('Connection', 'close');
    this.send([this.#viewers.log.beat(this.#viewers.clock())]);
  }

  /** Its turn in the round of a tick may not have come yet: then there is news, and a beat would look like a gap. */
  #giveUp(viewer: Viewer): void {
    const nowMs = this.#viewers.clock();
    if (viewer.isCurrent) viewer.beat(nowMs);
    else viewer.update(nowMs);
  }

  #signedOut(): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#release();
    answerSignedOut(this.#response);
  }

  #release(): void {
    this.#stopListening?.();
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#viewer !== null) this.#viewers.remove(this.#viewer);
  }
}
