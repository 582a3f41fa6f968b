/**
 * A frame as SSE viewers get it: one event in one HTTP/1.1 chunk, made once, whoever shares the frame.
 * Knows no socket. O(bytes) a frame; kept as long as the frame itself.
 */
import type { Frame } from '#lib/protocol/frames.ts';
import { formatPosition } from '#lib/protocol/position.ts';
import { frameText } from './live-response.ts';

/** Text of an event stream, with and without the chunk around it; both are views of the same bytes. */
export type SseBytes = {
  /** For HTTP/1.1: length in hex, CRLF, the text, CRLF (RFC 9112, 7.1). */
  readonly chunk: Buffer;
  /** For HTTP/1.0, whose body ends with the connection. */
  readonly text: Buffer;
};

export function sseBytes(text: string): SseBytes {
  const head = `${Buffer.byteLength(text).toString(16)}\r\n`;
  const chunk = Buffer.from(`${head}${text}\r\n`);
  return { chunk, text: chunk.subarray(head.length, -2) };
}

/**
 * The id is where a viewer stands after the event, so that a reconnect names it. R and A carry none: what they
 * belong to is complete only with the S or D that follows.
 */
function eventText(frame: Frame): string {
  const id = frame.t === 'S' || frame.t === 'D' || frame.t === 'B' ? `id: ${formatPosition(frame)}\n` : '';
  // JSON has no line breaks of its own: those inside of strings are escaped.
  return `${id}data: ${frameText(frame)}\n\n`;
}

const events = new WeakMap<Frame, SseBytes>();

/** Shared like the frame: not to be written to. */
export function sseEventOf(frame: Frame): SseBytes {
  let event = events.get(frame);
  if (event === undefined) {
    event = sseBytes(eventText(frame));
    events.set(frame, event);
  }
  return event;
}
