/**
 * Cuts one TCP connection's bytes into messages, however they were split: lines, or frames behind a big-endian u16
 * length. The connection's first byte says which: below 0x20 a length. Pure; judges no heartbeat. What is kept is
 * less than one message. Cost: a message that lies within one chunk is not copied. Source: PROTOCOL 1.4.
 */
import { MAX_TEXT_BYTES } from '../../../lib/protocol/heartbeat.ts';

/** Longest message in a frame. */
export const MAX_FRAME_BYTES = 8_191;

const LENGTH_BYTES = 2;
const FIRST_TEXT_BYTE = 0x20;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** A line of the longest form may end in both. */
const MAX_LINE_BYTES = MAX_TEXT_BYTES + 1;

const NOTHING: Uint8Array = new Uint8Array(0);

/** `message`: see `bytes`, `at`, `length`; `more`: feed the next chunk; `oversized`: nothing after it can be read. */
export type Framed = 'message' | 'more' | 'oversized';

export class HeartbeatFramer {
  /** The message that `next` found last; valid until the next call. */
  bytes = NOTHING;
  at = 0;
  length = 0;
  #binary: boolean | null = null;
  #chunk = NOTHING;
  #read = 0;
  /** The beginning of a message that an earlier chunk ended in, with its length bytes. */
  #kept = NOTHING;
  #keptBytes = 0;
  #keptIsMessage = false;
  #oversized = false;

  /** Was the first byte that of a text? null before there was any. */
  get isText(): boolean | null {
    return this.#binary === null ? null : !this.#binary;
  }

  /** Has a message begun that has not come to its end? To be asked when `next` wants more. */
  get isUnfinished(): boolean {
    return this.#keptBytes > 0;
  }

  /** Bytes held for an unfinished message. */
  get heldBytes(): number {
    return this.#kept.length;
  }

  /** The next bytes of the stream, which must stay as they are until `next` wants more; not before it does. */
  feed(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#read = 0;
    if (this.#binary === null && chunk.length > 0) this.#binary = chunk[0]! < FIRST_TEXT_BYTE;
  }

  /** The next message, if it is whole. */
  next(): Framed {
    if (this.#keptIsMessage) {
      this.#keptIsMessage = false;
      this.#keptBytes = 0;
    }
    if (this.#oversized) return 'oversized';
    if (this.#read === this.#chunk.length) return this.#wantMore();
    return this.#binary ? this.#nextFrame() : this.#nextLine();
  }

  #wantMore(): 'more' {
    // A connection that waits holds no chunk and, between two messages, nothing at all.
    this.bytes = NOTHING;
    this.#chunk = NOTHING;
    this.#read = 0;
    if (this.#keptBytes === 0) this.#kept = NOTHING;
    return 'more';
  }

  #nextLine(): Framed {
    const end = this.#chunk.indexOf(NEWLINE, this.#read);
    const to = end === -1 ? this.#chunk.length : end;
    if (this.#keptBytes + to - this.#read > MAX_LINE_BYTES) return this.#refuse();
    if (end === -1) {
      this.#keep(this.#chunk.length, MAX_LINE_BYTES);
      return this.#wantMore();
    }
    this.#take(to, 0);
    this.#read = end + 1;
    if (this.length > 0 && this.bytes[this.at + this.length - 1] === RETURN) this.length--;
    return this.length > MAX_TEXT_BYTES ? this.#refuse() : 'message';
  }

  #nextFrame(): Framed {
    const left = this.#chunk.length - this.#read;
    if (this.#keptBytes + left < LENGTH_BYTES) {
      this.#keep(this.#chunk.length, LENGTH_BYTES);
      return this.#wantMore();
    }
    const length = (this.#byteOfLength(0) << 8) | this.#byteOfLength(1);
    if (length > MAX_FRAME_BYTES) return this.#refuse();
    const missing = LENGTH_BYTES + length - this.#keptBytes;
    if (left < missing) {
      this.#keep(this.#chunk.length, LENGTH_BYTES + length);
      return this.#wantMore();
    }
    const to = this.#read + missing;
    this.#take(to, LENGTH_BYTES);
    this.#read = to;
    return 'message';
  }

  #byteOfLength(i: number): number {
    return i < this.#keptBytes ? this.#kept[i]! : this.#chunk[this.#read + i - this.#keptBytes]!;
  }

  /** The message that ends before `to` in the chunk, without its first `skipped` bytes. */
  #take(to: number, skipped: number): void {
    if (this.#keptBytes === 0) {
      this.bytes = this.#chunk;
      this.at = this.#read + skipped;
      this.length = to - this.at;
      return;
    }
    this.#keep(to, this.#keptBytes + to - this.#read);
    this.bytes = this.#kept;
    this.at = skipped;
    this.length = this.#keptBytes - skipped;
    this.#keptIsMessage = true;
  }

  /** Copies the chunk's bytes up to `to`; the message will need `most` bytes at most. */
  #keep(to: number, most: number): void {
    const needed = this.#keptBytes + to - this.#read;
    if (needed > this.#kept.length) {
      const grown = new Uint8Array(Math.max(needed, Math.min(most, 2 * needed)));
      grown.set(this.#kept.subarray(0, this.#keptBytes));
      this.#kept = grown;
    }
    this.#kept.set(this.#chunk.subarray(this.#read, to), this.#keptBytes);
    this.#keptBytes = needed;
    this.#read = to;
  }

  #refuse(): 'oversized' {
    this.#oversized = true;
    this.#keptBytes = 0;
    this.#wantMore();
    return 'oversized';
  }
}
