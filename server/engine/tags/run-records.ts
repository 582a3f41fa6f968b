/**
 * Runs of hosts that speak with a tag, packed to be stored: id, incarnation, newest seq, 20 bytes each. Pure.
 * Cost: some ns a record, no object.
 */

const RECORD_BYTES = 20;
const AT = { idHigh: 0, idLow: 4, incarnation: 8, seq: 16 } as const;

/** Fills one buffer of `capacity` records. */
export class RunPacker {
  readonly #view: DataView<ArrayBuffer>;
  #length = 0;

  constructor(capacity: number) {
    this.#view = new DataView(new ArrayBuffer(capacity * RECORD_BYTES));
  }

  add(idHigh: number, idLow: number, incarnation: number, seq: number): void {
    const at = this.#length * RECORD_BYTES;
    this.#view.setUint32(at + AT.idHigh, idHigh);
    this.#view.setUint32(at + AT.idLow, idLow);
    this.#view.setFloat64(at + AT.incarnation, incarnation);
    this.#view.setUint32(at + AT.seq, seq);
    this.#length++;
  }

  /** A copy of what was added. */
  finish(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#view.buffer.slice(0, this.#length * RECORD_BYTES));
  }
}

type OnRun = (idHigh: number, idLow: number, incarnation: number, seq: number) => void;

/** What cannot be a record is left out: bytes that were cut off, a seq of 0, an incarnation that is no number. */
export function eachRun(packed: Uint8Array, each: OnRun): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let at = 0; at + RECORD_BYTES <= packed.byteLength; at += RECORD_BYTES) {
    const incarnation = view.getFloat64(at + AT.incarnation);
    const seq = view.getUint32(at + AT.seq);
    if (seq === 0 || !Number.isFinite(incarnation)) continue;
    each(view.getUint32(at + AT.idHigh), view.getUint32(at + AT.idLow), incarnation, seq);
  }
}

export function runsIn(packed: Uint8Array): number {
  return Math.floor(packed.byteLength / RECORD_BYTES);
}
