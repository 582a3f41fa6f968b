/**
 * The state bytes of every slot with what is derived from them: digest, histogram, version. One array grown by
 * doubling and changed in place, never copied per diff. No time, no I/O. O(1) a change, O(n) a snapshot.
 */
import type { StateDigest } from '#lib/protocol/digest.ts';
import type { HostCounts } from '#lib/protocol/host.ts';
import { hostCountsOf } from '#lib/protocol/host-counts.ts';
import { AlertView } from './alert-view.ts';
import { ByteCount } from './byte-count.ts';
import type { Rates } from './view-store.ts';

/** Told of each change of a byte before it happens; for a recount under way. */
export type ByteListener = (slot: number, before: number, after: number) => void;

export class View {
  epoch: string | null = null;
  seq = 0;
  /** The newest server instant seen in this epoch: an older frame proves nothing about now. */
  newestTs = 0;
  /** The next snapshot is taken whatever its s: the server reset us, or our bytes are not the server's. */
  wantsSnapshot = true;
  rates: Rates | null = null;
  readonly alerts = new AlertView();
  onByte: ByteListener | null = null;
  #buffer = new Uint8Array(0);
  #states: Uint8Array = this.#buffer;
  #count = new ByteCount();
  #version = 0;

  /** Length = number of slots. Replaced when that changes, else the same array changed in place. */
  get states(): Uint8Array {
    return this.#states;
  }

  /** Of all bytes, kept with each change. Another object after a snapshot. */
  get digest(): StateDigest {
    return this.#count.digest;
  }

  get version(): number {
    return this.#version;
  }

  /** To be called once per applied frame. */
  touch(): void {
    this.#version++;
  }

  set(slot: number, after: number): void {
    if (slot >= this.#states.length) this.#resize(slot + 1);
    const before = this.#states[slot]!;
    this.onByte?.(slot, before, after);
    const { digest, hostsByByte } = this.#count;
    digest.replace(slot, before, after);
    hostsByByte[before]!--;
    hostsByByte[after]!++;
    this.#states[slot] = after;
  }

  /** All bytes at once. `bytes` is copied; their `count` is kept, and made here when there is none: O(bytes). */
  replaceAll(bytes: Uint8Array, count: ByteCount | null = null): void {
    this.#resize(bytes.length);
    this.#states.set(bytes);
    this.#count = count ?? new ByteCount();
    if (count === null) this.#count.advance(bytes, bytes.length);
  }

  counts(): HostCounts {
    return hostCountsOf(this.#count.hostsByByte);
  }

  #resize(slots: number): void {
    const before = this.#states.length;
    if (slots > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(slots, this.#buffer.length * 2, 1_024));
      grown.set(this.#states);
      this.#buffer = grown;
    } else if (slots < before) {
      this.#buffer.fill(0, slots, before);
    }
    this.#count.hostsByByte[0]! += slots - before;
    this.#states = this.#buffer.subarray(0, slots);
  }
}
