/** A viewer of the load generator that does all a browser does with a frame, by the browser's own code. */
import { gunzipSync } from 'node:zlib';
import { Decoder } from 'socket.io-msgpack-parser';
import type { Frame } from '#lib/protocol/frames.ts';
import { FrameApplier } from '../../lib/client/apply.ts';
import { parseFrame } from '../../lib/client/parse-frame.ts';
import { View } from '../../lib/client/view.ts';

export class ApplyingView {
  readonly #applier = new FrameApplier(new View());
  readonly #decoder = new Decoder();
  #packet: { readonly data: readonly unknown[] } | null = null;

  constructor() {
    this.#decoder.on('decoded', (packet: { readonly data: readonly unknown[] }) => {
      this.#packet = packet;
    });
  }

  /** A Socket.IO packet with one frame. Returns the frame. Throws when the browser would not have been content. */
  takePacket(bytes: Buffer): Frame {
    // The view keeps none of its bytes, but the library's binary values are views of them.
    this.#decoder.add(Buffer.from(bytes));
    return this.take(this.#packet!.data[1]);
  }

  take(value: unknown): Frame {
    const parsed = parseFrame(value);
    if (parsed.kind !== 'frame') throw new Error(`not a frame: ${JSON.stringify(parsed)}`);
    const { frame } = parsed;
    const gzipped = frame.t === 'S' && frame.enc === 'gzip';
    const { demand } = this.#applier.apply(
      gzipped ? { ...frame, enc: 'raw', data: gunzipSync(frame.data) } : frame,
    );
    if (demand !== null) throw new Error(`a viewer would ask for a new snapshot: ${demand}`);
    return frame;
  }

  get digest(): string {
    return this.#applier.view.digest.toString();
  }
}
