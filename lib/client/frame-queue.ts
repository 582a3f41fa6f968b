/**
 * One FIFO for all frames of all connections: a snapshot takes a moment to unpack and to count, and nothing may
 * overtake it. With nothing waiting any other frame, and a small snapshot, passes straight through in the caller's turn.
 */
import type { Frame } from '#lib/protocol/frames.ts';
import { type ByteCount, COUNT_SLICE_SLOTS, countInSlices } from './byte-count.ts';

/** n bytes out of gzip. Rejects when it is not gzip or does not hold exactly n bytes; never holds more than that. */
export async function gunzip(data: Uint8Array, n: number): Promise<Uint8Array> {
  const source = new Blob([data as Uint8Array<ArrayBuffer>]).stream();
  const reader = source.pipeThrough(new DecompressionStream('gzip')).getReader();
  const bytes = new Uint8Array(n);
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > n) {
      await reader.cancel();
      throw new RangeError(`the snapshot holds more than its ${n} bytes`);
    }
    bytes.set(value, at);
    at += value.length;
  }
  if (at !== n) throw new RangeError(`the snapshot holds ${at} bytes instead of ${n}`);
  return bytes;
}

/** What a frame came with; handed back with it. */
type Job<Tag> = { readonly frame: Frame; readonly tag: Tag };

export type FrameQueueSink<Tag> = {
  /** Still wanted? Asked right before a frame is unpacked and again before it is delivered. */
  wants(tag: Tag): boolean;
  /** In order of arrival; `enc` is always `raw`. `count`: of a snapshot's bytes, unless it is a small one. */
  frame(frame: Frame, tag: Tag, count: ByteCount | null): void;
  /** A snapshot that cannot be unpacked; the frames behind it still come. */
  broken(problem: string, tag: Tag): void;
};

const takesAMoment = (frame: Frame): boolean =>
  frame.t === 'S' && (frame.enc === 'gzip' || frame.data.length > COUNT_SLICE_SLOTS);

export class FrameQueue<Tag> {
  readonly #sink: FrameQueueSink<Tag>;
  #waiting: Job<Tag>[] = [];
  #busy = false;

  constructor(sink: FrameQueueSink<Tag>) {
    this.#sink = sink;
  }

  push(frame: Frame, tag: Tag): void {
    if (this.#busy) {
      this.#waiting.push({ frame, tag });
    } else if (takesAMoment(frame)) {
      this.#busy = true;
      void this.#drain({ frame, tag });
    } else {
      this.#deliver(frame, tag, null);
    }
  }

  async #drain(first: Job<Tag>): Promise<void> {
    try {
      for (let job: Job<Tag> | undefined = first; job !== undefined; job = this.#waiting.shift()) {
        await this.#run(job);
      }
    } finally {
      this.#busy = false;
    }
  }

  async #run({ frame, tag }: Job<Tag>): Promise<void> {
    if (frame.t !== 'S' || !takesAMoment(frame)) {
      this.#deliver(frame, tag, null);
      return;
    }
    if (!this.#sink.wants(tag)) return;
    let data = frame.data;
    if (frame.enc === 'gzip') {
      try {
        data = await gunzip(frame.data, frame.n);
      } catch (error) {
        if (this.#sink.wants(tag))
          this.#sink.broken(error instanceof Error ? error.message : String(error), tag);
        return;
      }
    }
    const count = await countInSlices(data);
    this.#deliver({ ...frame, enc: 'raw', data }, tag, count);
  }

  #deliver(frame: Frame, tag: Tag, count: ByteCount | null): void {
    if (this.#sink.wants(tag)) this.#sink.frame(frame, tag, count);
  }
}
