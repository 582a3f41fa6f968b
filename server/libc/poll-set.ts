/** Waiting for several descriptors at once, poll(2), in pinned memory. Blocks the thread; allocates nothing. */
import { libc } from './libc.ts';
import { PinnedMemory } from './pinned-memory.ts';

const STRIDE_BYTES = 8;
const EVENTS = 4;
const POLLIN = 0x1;

export class PollSet {
  readonly #memory: PinnedMemory;
  readonly #count: number;

  constructor(fds: readonly number[]) {
    this.#count = fds.length;
    this.#memory = new PinnedMemory(Math.max(1, fds.length) * STRIDE_BYTES);
    for (const [i, fd] of fds.entries()) {
      this.#memory.view.setInt32(i * STRIDE_BYTES, fd, true);
      this.#memory.view.setInt16(i * STRIDE_BYTES + EVENTS, POLLIN, true);
    }
  }

  /**
   * Until something can be read or `timeoutMs` are over, in whole ms; a signal, or the process being stopped and
   * continued, ends it early. true: something can be read, or a descriptor failed and reading will say how.
   */
  wait(timeoutMs: number): boolean {
    return libc().poll(this.#memory.address, this.#count, timeoutMs) > 0;
  }

  /** No longer looked at: a negative descriptor is passed over. */
  leaveOut(place: number): void {
    this.#memory.view.setInt32(place * STRIDE_BYTES, -1, true);
  }
}
