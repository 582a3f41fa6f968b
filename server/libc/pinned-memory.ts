/**
 * Memory whose address the kernel may be told: it neither moves nor ends before its thread does. An address of
 * anything else must not leave this folder. For ever means: make a few at the start, never one a call.
 */
import { koffi } from './koffi.ts';

/** Nothing is taken out: a collected buffer the kernel still writes to would corrupt the heap without a word. */
const pinned: ArrayBuffer[] = [];

export class PinnedMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same bytes in the machine's order, which is little-endian on all that are supported. */
  readonly words: Uint32Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** Of the first byte; below 2^53 on every 64-bit Linux. At least 8-byte aligned. */
  readonly address: number;

  /** Zeroed; rounded up to whole words. */
  constructor(sizeBytes: number) {
    // An ArrayBuffer of its own: small typed arrays without one begin inside V8's heap, where they move.
    const buffer = new ArrayBuffer(Math.ceil(sizeBytes / 8) * 8);
    pinned.push(buffer);
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.view = new DataView(buffer);
    this.address = Number(koffi().address(this.bytes));
  }

  /** Writes an address as the kernel reads it: 64 bits at byte `at`. */
  setPointer(at: number, address: number): void {
    this.view.setBigUint64(at, BigInt(address), true);
  }
}
