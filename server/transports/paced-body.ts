/**
 * Sends a whole body at its reader's pace and cuts off a reader that takes nothing of it for too long.
 * Node's own socket timeout would take twice the time. Knows no content. One timer a response.
 */
import type { ServerResponse } from 'node:http';
import { STALLED_AFTER_MS } from '../live/viewer.ts';

const CHUNK_BYTES = 65_536;

/** Ends the response with `body`. Its headers, Content-Length among them, are written already. */
export function endPaced(response: ServerResponse, body: Buffer, stalledAfterMs = STALLED_AFTER_MS): void {
  let at = 0;
  const timer = setTimeout(() => response.destroy(), stalledAfterMs);
  const proceed = (): void => {
    timer.refresh();
    while (body.length - at > CHUNK_BYTES) {
      at += CHUNK_BYTES;
      if (!response.write(body.subarray(at - CHUNK_BYTES, at))) return;
    }
    response.off('drain', proceed);
    response.end(body.subarray(at));
  };
  response.on('drain', proceed);
  response.once('close', () => clearTimeout(timer));
  proceed();
}
