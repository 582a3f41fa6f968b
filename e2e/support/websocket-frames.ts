/** The live frames a page received by Socket.IO, read off its WebSockets by the browser's own protocol tools. */
import { createRequire } from 'node:module';
import type { Page } from 'playwright/test';
import { FRAME_EVENT, type Frame } from '../../lib/protocol/frames.ts';

type Packet = { readonly type: number; readonly data?: unknown };
type Parser = {
  Decoder: new () => {
    add(message: Buffer): void;
    on(event: 'decoded', listener: (packet: Packet) => void): void;
  };
};
const parser = createRequire(import.meta.url)('socket.io-msgpack-parser') as Parser;

export type FrameRecord = { readonly atMs: number; readonly frame: Frame };

/** Call before the page is opened; the array grows as frames arrive. */
export function recordFrames(page: Page): readonly FrameRecord[] {
  const records: FrameRecord[] = [];
  page.on('websocket', (socket) => {
    const decoder = new parser.Decoder();
    decoder.on('decoded', ({ data }) => {
      if (!Array.isArray(data) || data[0] !== FRAME_EVENT) return;
      records.push({ atMs: Date.now(), frame: data[1] as Frame });
    });
    socket.on('framereceived', ({ payload }) => {
      if (typeof payload !== 'string') decoder.add(payload);
    });
  });
  return records;
}
