/**
 * A viewer that sees the whole fleet as a page does: Socket.IO's own client, the browser's own code for frames, and the
 * instants at which its counts came to what one waits for. Runs in the benchmark's process.
 */
import { gunzipSync } from 'node:zlib';
import { io, type Socket } from 'socket.io-client';
import * as msgpack from 'socket.io-msgpack-parser';
import { ACK_EVENT } from '#lib/protocol/frames.ts';
import type { HostCounts } from '#lib/protocol/host.ts';
import { FrameApplier } from '../../lib/client/apply.ts';
import { parseFrame } from '../../lib/client/parse-frame.ts';
import { View } from '../../lib/client/view.ts';

type Waiting = {
  readonly done: (counts: HostCounts) => boolean;
  readonly resolve: (atMs: number) => void;
};

export class FleetViewer {
  readonly #view = new View();
  readonly #applier = new FrameApplier(this.#view);
  readonly #socket: Socket;
  readonly #waiting = new Set<Waiting>();
  /** Snapshots after the first: each is a view that had to be taken anew. */
  snapshots = 0;

  constructor(origin: string) {
    this.#socket = io(origin, { transports: ['websocket'], parser: msgpack, auth: {}, reconnection: false });
    this.#socket.on('frame', (value: unknown) => this.#take(value));
  }

  counts(): HostCounts {
    return this.#view.counts();
  }

  /** The instant, on this process's clock since the epoch, of the frame after which `done` says so. */
  until(done: (counts: HostCounts) => boolean, withinMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        done,
        resolve: (atMs) => {
          clearTimeout(patience);
          resolve(atMs);
        },
      };
      const patience = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(new Error(`after ${withinMs} ms the view has ${JSON.stringify(this.counts())}`));
      }, withinMs);
      this.#waiting.add(waiting);
      this.#look();
    });
  }

  end(): void {
    this.#socket.disconnect();
  }

  #take(value: unknown): void {
    const parsed = parseFrame(value);
    if (parsed.kind !== 'frame') throw new Error(`not a frame: ${JSON.stringify(parsed)}`);
    const { frame } = parsed;
    const gzipped = frame.t === 'S' && frame.enc === 'gzip';
    const { demand } = this.#applier.apply(
      gzipped ? { ...frame, enc: 'raw', data: gunzipSync(frame.data) } : frame,
    );
    if (demand !== null) throw new Error(`the view would ask for a new snapshot: ${demand}`);
    if (frame.t === 'S') this.snapshots++;
    if (frame.t !== 'S' && frame.t !== 'D') return;
    this.#socket.emit(ACK_EVENT, this.#view.seq);
    this.#look();
  }

  #look(): void {
    if (this.#waiting.size === 0) return;
    const counts = this.counts();
    const atMs = performance.timeOrigin + performance.now();
    for (const waiting of this.#waiting) {
      if (!waiting.done(counts)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve(atMs);
    }
  }
}
