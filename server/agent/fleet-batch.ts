/**
 * What leaves a fleet together: beats of one size, one behind the other, so that they go as single datagrams, as
 * bundles of a relay or as segments without being copied; beside them hellos and byes, each a datagram of its own.
 * Pure memory; knows no socket and no host.
 */
import { MAX_BUNDLE_BYTES } from '../../lib/protocol/heartbeat.ts';

export type BatchShape = {
  /** Of one beat, with its tag when it has one. */
  readonly beatBytes: number;
  /** Beats in one datagram: 1, or more for a relay. */
  readonly beatsPerDatagram: number;
  /** Datagrams in one message to the kernel: 1, or more with segments. */
  readonly datagramsPerMessage: number;
  /** The longest of the others. */
  readonly otherBytes: number;
};

/** How many beats a relay may put into one datagram. */
export function beatsPerBundle(beatBytes: number): number {
  return Math.floor(MAX_BUNDLE_BYTES / beatBytes);
}

/** Beats that wait together at most, and others: little enough to stay in the processor's caches. */
const BEATS = 1_024;
const OTHERS = 256;
const ALIGNED_BYTES = 16;

const ceilTo = (n: number, unit: number): number => Math.ceil(n / unit) * unit;

export class FleetBatch {
  readonly shape: BatchShape;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Room for so many beats: whole messages, at least one. */
  readonly maxBeats: number;
  readonly maxOthers = OTHERS;
  /** Where the others begin, and from one to the next. */
  readonly othersAt: number;
  readonly otherStride: number;
  readonly otherLengths = new Uint16Array(OTHERS);
  beats = 0;
  others = 0;
  /** When the first and the last of them were due; ms. */
  firstDueMs = 0;
  lastDueMs = 0;

  /** `memory`: gives at least so many bytes, zeroed; ordinary memory unless the kernel reads it itself. */
  constructor(shape: BatchShape, memory: (sizeBytes: number) => Uint8Array = (size) => new Uint8Array(size)) {
    this.shape = shape;
    this.maxBeats = ceilTo(BEATS, shape.beatsPerDatagram * shape.datagramsPerMessage);
    this.othersAt = ceilTo(this.maxBeats * shape.beatBytes, ALIGNED_BYTES);
    this.otherStride = ceilTo(shape.otherBytes, ALIGNED_BYTES);
    this.bytes = memory(this.othersAt + OTHERS * this.otherStride);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  /** Heartbeats in it. */
  get heartbeats(): number {
    return this.beats + this.others;
  }

  get isFull(): boolean {
    return this.beats === this.maxBeats || this.others === OTHERS;
  }

  /** Where the next beat is to be written; it counts from now on. */
  takeBeat(dueMs: number): number {
    this.#stamp(dueMs);
    return this.beats++ * this.shape.beatBytes;
  }

  /** Where the next hello or bye is to be written; it counts from `endOther` on. */
  get nextOtherAt(): number {
    return this.othersAt + this.others * this.otherStride;
  }

  endOther(lengthBytes: number, dueMs: number): void {
    this.#stamp(dueMs);
    this.otherLengths[this.others++] = lengthBytes;
  }

  clear(): void {
    this.beats = 0;
    this.others = 0;
  }

  /** Datagrams its beats make. */
  get beatDatagrams(): number {
    return Math.ceil(this.beats / this.shape.beatsPerDatagram);
  }

  /** Beats in each message but the last, which may have fewer. */
  get beatsPerMessage(): number {
    return this.shape.beatsPerDatagram * this.shape.datagramsPerMessage;
  }

  #stamp(dueMs: number): void {
    if (this.beats + this.others === 0) this.firstDueMs = dueMs;
    this.lastDueMs = dueMs;
  }
}
