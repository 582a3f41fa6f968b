/**
 * Server-sent events: one response a viewer that never ends, one event a frame. Knows HTTP and a viewer's
 * interface, no state. Main thread; a write costs one shared buffer.
 * Read against the HTML standard, 9.2 (server-sent events), and node:http of Node 24.
 */
import type { ServerResponse } from 'node:http';
import type { Frame } from '#lib/protocol/frames.ts';
import { type Position, parsePosition } from '#lib/protocol/position.ts';
import type { ViewerCloseReason, ViewerLink } from '../live/viewer.ts';
import type { Viewers } from '../live/viewers.ts';
import { answerProblem, LIVE_HEADERS } from './live-response.ts';
import type { AnswerMeter } from './meter.ts';
import { type SseBytes, sseBytes, sseEventOf } from './sse-event.ts';
import { dropRequest, identityOf, ownPosition, positionInQuery, takePlace } from './viewer-request.ts';

/** After which time a browser comes again when the stream has ended. */
export const SSE_RETRY_MS = 2_000;

/** First of all, so that the first bytes do not wait for anything. */
const GREETING = sseBytes(`retry: ${SSE_RETRY_MS}\n\n`);
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
/** A viewer that does not take the end of its stream by then is cut off. */
const END_GRACE_MS = 500;
/** A large event goes out in parts, so that a slow reader shows that it reads. */
const PART_BYTES = 65_536;

/** The position in `Last-Event-ID`: null for none, undefined when it is not of its form. */
function positionInId(id: string | undefined): Position | null | undefined {
  if (id === undefined || id === '') return null;
  const dot = id.indexOf('.');
  return parsePosition(id.slice(0, dot), id.slice(dot + 1)) ?? undefined;
}

/** One response as a viewer's link. */
class SseLink implements ViewerLink {
  readonly #response: ServerResponse;
  readonly #chunked: boolean;
  /** What of an answer has not been handed to the socket: its first part, if it is cut, and the rest. */
  #waiting: Buffer[] = [];

  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, { ...LIVE_HEADERS, 'Content-Type': 'text/event-stream; charset=utf-8' });
    this.#chunked = response.chunkedEncoding;
    // Node would frame each chunk anew for every viewer, in four writes: ours are framed once for all.
    response.chunkedEncoding = false;
    response.write(this.#bytesOf(GREETING));
  }

  ready(): boolean {
    const response = this.#response;
    return (
      this.#waiting.length === 0 &&
      !response.writableNeedDrain &&
      // Neither of which needs a drain any more.
      !response.destroyed &&
      !response.writableEnded
    );
  }

  send(frames: readonly Frame[]): void {
    for (const frame of frames) this.#waiting.push(this.#bytesOf(sseEventOf(frame)));
    this.proceed();
  }

  /** Hands over what waits, until the socket wants a pause. */
  proceed(): void {
    const response = this.#response;
    while (this.#waiting.length > 0 && !response.destroyed) {
      const next = this.#waiting[0]!;
      const isLastPart = next.length <= PART_BYTES;
      if (isLastPart) this.#waiting.shift();
      else this.#waiting[0] = next.subarray(PART_BYTES);
      if (!response.write(isLastPart ? next : next.subarray(0, PART_BYTES))) return;
    }
  }

  close(reason: ViewerCloseReason): void {
    const response = this.#response;
    if (response.destroyed || response.writableEnded) return;
    // An event that has begun cannot be ended cleanly; who takes nothing will not take an ending either.
    if (reason === 'slow' || this.#waiting.length > 0) response.destroy();
    else {
      const { socket } = response;
      // The connection is not kept for another request: the server goes, or the feed.
      response.end(this.#chunked ? LAST_CHUNK : undefined, () => socket?.end());
      // It is no viewer any more, so that nobody else sees when it takes nothing.
      const timer = setTimeout(() => response.destroy(), END_GRACE_MS);
      response.once('close', () => clearTimeout(timer));
    }
  }

  #bytesOf(bytes: SseBytes): Buffer {
    return this.#chunked ? bytes.chunk : bytes.text;
  }
}

/** `GET /rt/sse?e=&s=` (docs/protocol.md 2). */
export function answerSse(
  viewers: Viewers,
  response: ServerResponse,
  url: URL,
  meter: AnswerMeter | null,
): void {
  const identity = identityOf(response);
  if (identity === null) return;
  const known = positionInId(response.req.headers['last-event-id'] as string | undefined);
  if (known === undefined) {
    const detail =
      'Last-Event-ID is the id of the last event: 16 lower-case hex digits, a point, an integer; or leave it out';
    answerProblem(response, 'invalid_parameter', detail);
    return;
  }
  // A browser that reconnects by itself repeats the query of its first request.
  const position = known !== null ? ownPosition(viewers, known) : positionInQuery(viewers, response, url);
  if (position === undefined || !takePlace(viewers, response)) return;
  dropRequest(response.req);
  const link = new SseLink(response);
  // Beats come every five seconds: the server's own limit for a silent connection does not cut a quiet stream.
  const counted = meter?.link(link) ?? link;
  const viewer = viewers.add({ link: counted, position, acknowledges: false, beats: true });
  response.on('drain', () => {
    link.proceed();
    viewer.drained(viewers.clock());
  });
  // Whoever is not signed in any more gets no further event.
  const stopListening = identity.onEnd(() => link.close('shutdown'));
  response.once('close', () => {
    stopListening();
    viewers.remove(viewer);
  });
}
