/**
 * How the live endpoints answer over HTTP: headers, JSON frames, problems. Knows no position and no viewer.
 */
import type { ServerResponse } from 'node:http';
import { type ErrorCode, PROBLEM_TYPE, problemOf } from '#lib/protocol/errors.ts';
import type { Frame, JsonFrame } from '#lib/protocol/frames.ts';
import { endPaced } from './paced-body.ts';

/** On every live response: neither stored, nor recompressed, nor held back by a proxy (docs/protocol.md 2). */
export const LIVE_HEADERS = {
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
} as const;

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function jsonFrame(frame: Frame): JsonFrame {
  if (frame.t === 'S') return { ...frame, data: base64(frame.data) };
  if (frame.t === 'D') return { ...frame, slots: base64(frame.slots), states: base64(frame.states) };
  return frame;
}

const textOfFrame = new WeakMap<Frame, string>();

/** A frame as one line of JSON; made once for all viewers that share the frame. */
export function frameText(frame: Frame): string {
  let text = textOfFrame.get(frame);
  if (text === undefined) {
    text = JSON.stringify(jsonFrame(frame));
    textOfFrame.set(frame, text);
  }
  return text;
}

/** Of an answer; kept as long as the live log gives the same answer to others. */
const bodyOfFrames = new WeakMap<readonly Frame[], Buffer>();

/** The body of a poll's answer; made once for all that are given the same frames. Shared: not to be written to. */
export function framesBody(frames: readonly Frame[]): Buffer {
  let body = bodyOfFrames.get(frames);
  if (body === undefined) {
    body = Buffer.from(`{"frames":[${frames.map(frameText).join(',')}]}`);
    bodyOfFrames.set(frames, body);
  }
  return body;
}

/** A whole JSON answer, at its reader's pace. */
export function answerJson(
  response: ServerResponse,
  status: number,
  json: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = typeof json === 'string' ? Buffer.from(json) : json;
  response.writeHead(status, {
    ...LIVE_HEADERS,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': body.length,
    ...headers,
  });
  endPaced(response, body);
}

export function answerFrames(response: ServerResponse, frames: readonly Frame[]): void {
  answerJson(response, 200, framesBody(frames));
}

/** An RFC 9457 answer. `detail`: what was wrong here and what is accepted. */
export function answerProblem(
  response: ServerResponse,
  code: ErrorCode,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const problem = problemOf(code, detail);
  answerJson(response, problem.status, JSON.stringify(problem), {
    'Content-Type': PROBLEM_TYPE,
    ...headers,
  });
}
