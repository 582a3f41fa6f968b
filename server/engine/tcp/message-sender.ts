/**
 * Whose heartbeats a message carries, as far as the bytes say it: for its way to the owning shard and for what the
 * end of its connection means. Accepts nothing: that is the shard's. Pure. Cost: nothing allocated for a binary
 * message; a text is parsed and its name hashed, about 3 µs.
 */
import {
  HEADER_BYTES,
  INTERVAL_UNIT_MS,
  MAGIC,
  MessageType,
  OFFSET,
  parseTextHeartbeat,
  TAG_BYTES,
  WIRE_VERSION,
} from '../../../lib/protocol/heartbeat.ts';
import { hostIdBytes } from '../../host-id.ts';
import { u16le, u32be } from '../message-fields.ts';

export class MessageSender {
  /** The host of the message that was read last, of a bundle the first. */
  idHigh = 0;
  idLow = 0;
  /** Does it carry heartbeats of several hosts? */
  several = false;
  /** The longest interval it announces. */
  intervalMs = 0;

  /** False when it has not the form of a heartbeat; then the fields mean nothing. */
  read(bytes: Uint8Array, at: number, length: number): boolean {
    this.several = false;
    return length > 0 && bytes[at] === MAGIC
      ? this.#readBinary(bytes, at, length)
      : this.#readText(bytes, at, length);
  }

  #readText(bytes: Uint8Array, at: number, length: number): boolean {
    const text = parseTextHeartbeat(bytes.subarray(at, at + length));
    if (typeof text === 'string') return false;
    const id = hostIdBytes(text.name);
    this.idHigh = u32be(id, 0);
    this.idLow = u32be(id, 4);
    this.intervalMs = text.intervalMs;
    return true;
  }

  #readBinary(bytes: Uint8Array, at: number, length: number): boolean {
    const type = bytes[at + OFFSET.versionAndType]! - (WIRE_VERSION << 4);
    if (length < HEADER_BYTES || type < MessageType.beat || type > MessageType.bye) return false;
    this.idHigh = u32be(bytes, at + OFFSET.hostId);
    this.idLow = u32be(bytes, at + OFFSET.hostId + 4);
    let interval = u16le(bytes, at + OFFSET.interval);
    if (type === MessageType.beat) {
      const size = HEADER_BYTES + (bytes[at + OFFSET.flags] === 0 ? 0 : TAG_BYTES);
      if (length % size !== 0) return false;
      for (let member = at + size; member < at + length; member += size) {
        interval = Math.max(interval, u16le(bytes, member + OFFSET.interval));
        this.several ||=
          u32be(bytes, member + OFFSET.hostId) !== this.idHigh ||
          u32be(bytes, member + OFFSET.hostId + 4) !== this.idLow;
      }
    }
    this.intervalMs = interval * INTERVAL_UNIT_MS;
    return interval > 0;
  }
}
