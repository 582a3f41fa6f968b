/**
 * What is known of a snapshot once each of its bytes was looked at: digest and histogram. Counted in slices, so that
 * a million hosts hold up no frame of the screen. Pure but for `countInSlices`, which waits. O(bytes).
 */
import { StateDigest } from '#lib/protocol/digest.ts';

/** 1 to 2 ms of work, some four times that on a phone. */
export const COUNT_SLICE_SLOTS = 131_072;

export class ByteCount {
  readonly digest = new StateDigest();
  /** How many slots hold each byte. */
  readonly hostsByByte = new Uint32Array(256);
  #counted = 0;

  /** Counts the next `slots` bytes; true when all are counted. */
  advance(bytes: Uint8Array, slots: number): boolean {
    const to = Math.min(bytes.length, this.#counted + slots);
    this.digest.addRange(bytes, this.#counted, to);
    for (let slot = this.#counted; slot < to; slot++) this.hostsByByte[bytes[slot]!]!++;
    this.#counted = to;
    return to === bytes.length;
  }
}

/** Resolves in a task of its own, with whatever waits for its turn before it. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Each slice in a task of its own. */
export async function countInSlices(bytes: Uint8Array): Promise<ByteCount> {
  const count = new ByteCount();
  while (!count.advance(bytes, COUNT_SLICE_SLOTS)) await nextTask();
  return count;
}
