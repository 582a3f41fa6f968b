/**
 * One browser's place in the live log, over whatever carries its frames. Holds a position instead of a queue:
 * a viewer that cannot be written to gets one bigger diff later. Pure; driven by Viewers and by its link.
 */
import { BEAT_EVERY_MS, type Frame, type ResetReason } from '#lib/protocol/frames.ts';
import type { Position } from '#lib/protocol/position.ts';
import type { LiveLog } from './live-log.ts';

/** Most S and D frames a viewer that acknowledges may leave unanswered. */
export const MAX_UNACKED_FRAMES = 8;
/** A viewer that neither acknowledges nor drains for so long while data waits for it is closed. */
export const STALLED_AFTER_MS = 10_000;

export type ViewerCloseReason = Extract<ResetReason, 'slow'> | 'shutdown';

/** What a transport gives a viewer. */
export type ViewerLink = {
  /** Writable, and nothing handed over earlier still waits in this process. */
  ready(): boolean;
  /** One answer, in order. Called only when ready. The frames are shared: not to be written to. */
  send(frames: readonly Frame[]): void;
  /** Ends the connection; `slow` = it took nothing for ten seconds. */
  close(reason: ViewerCloseReason): void;
};

export type ViewerOptions = {
  readonly log: LiveLog;
  readonly link: ViewerLink;
  /** Where the viewer says it stands; null = it knows nothing. */
  readonly position: Position | null;
  /** Does the other side acknowledge? Otherwise draining alone shows that it reads. */
  readonly acknowledges: boolean;
  /** Is it sent a beat after five quiet seconds? Not where every answer has to be asked for. */
  readonly beats: boolean;
  readonly nowMs: number;
};

export class Viewer {
  readonly #log: LiveLog;
  readonly #link: ViewerLink;
  readonly #acknowledges: boolean;
  readonly #beats: boolean;
  #position: Position | null;
  /** The s of S and D frames in flight, oldest first; at most MAX_UNACKED_FRAMES. */
  #unacked: number[] = [];
  /** Has anything been sent? The first frame is what tells a browser that the link works. */
  #greeted = false;
  #lastSentAtMs: number;
  #lastProgressAtMs: number;
  /** Since when data has been waiting for this viewer; null = nothing waits. */
  #pendingSinceMs: number | null = null;

  constructor(options: ViewerOptions) {
    this.#log = options.log;
    this.#link = options.link;
    this.#acknowledges = options.acknowledges;
    this.#beats = options.beats;
    this.#position = options.position;
    this.#lastSentAtMs = options.nowMs;
    this.#lastProgressAtMs = options.nowMs;
  }

  /** What the viewer will know once all that was sent has arrived. */
  get position(): Position | null {
    return this.#position;
  }

  /** Is the viewer at the log's present position? */
  get isCurrent(): boolean {
    const position = this.#position;
    return position !== null && position.e === this.#log.epoch && position.s === this.#log.seq;
  }

  /** Sends what is new, if there is anything and the viewer can take it; a beat to a newcomer that knows all. */
  update(nowMs: number): void {
    if (this.isCurrent) {
      const isReady = this.#link.ready();
      if (isReady) this.#pendingSinceMs = null;
      if (this.#beats && !this.#greeted && isReady) this.beat(nowMs);
      return;
    }
    if (this.#unacked.length >= MAX_UNACKED_FRAMES || !this.#link.ready()) {
      this.#pendingSinceMs ??= nowMs;
      return;
    }
    this.#pendingSinceMs = null;
    const frames = this.#log.framesFrom(this.#position, nowMs);
    this.#position = this.#log.position;
    if (this.#acknowledges) this.#unacked.push(this.#position.s);
    this.#send(frames, nowMs);
  }

  /** The viewer has applied everything up to `s`. Values it cannot have applied change nothing. */
  acknowledge(s: number, nowMs: number): void {
    if (this.#position === null || s > this.#position.s) return;
    let acked = 0;
    while (acked < this.#unacked.length && this.#unacked[acked]! <= s) acked++;
    if (acked === 0) return;
    this.#unacked.splice(0, acked);
    this.#lastProgressAtMs = nowMs;
    this.update(nowMs);
  }

  /** The link has become writable again. */
  drained(nowMs: number): void {
    this.#lastProgressAtMs = nowMs;
    this.update(nowMs);
  }

  /** Called now and then: beats on a quiet server, and the end of a viewer that takes nothing. */
  tick(nowMs: number): void {
    // What has been handed over and is not taken waits as well.
    if (!this.#link.ready()) this.#pendingSinceMs ??= nowMs;
    if (this.#pendingSinceMs !== null) {
      if (nowMs - Math.max(this.#pendingSinceMs, this.#lastProgressAtMs) >= STALLED_AFTER_MS) {
        this.#link.close('slow');
        return;
      }
      this.update(nowMs);
    }
    if (!this.#beats || nowMs - this.#lastSentAtMs < BEAT_EVERY_MS) return;
    if (this.isCurrent && this.#link.ready()) this.beat(nowMs);
  }

  /** Answers with the present position although nothing is new. Only when the link is ready. */
  beat(nowMs: number): void {
    this.#send([this.#log.beat(nowMs)], nowMs);
  }

  close(reason: ViewerCloseReason): void {
    this.#link.close(reason);
  }

  #send(frames: readonly Frame[], nowMs: number): void {
    this.#greeted = true;
    this.#lastSentAtMs = nowMs;
    this.#link.send(frames);
  }
}
