/**
 * Has a binary datagram a frame: length, version, type and flags that go together? Looks at no host, changes nothing.
 * Pure; no allocation. Source: PROTOCOL 1.2.
 */
import {
  FLAG_TAGGED,
  HEADER_BYTES,
  MAGIC,
  MAX_BUNDLE_BYTES,
  MessageType,
  OFFSET,
  TAG_BYTES,
  WIRE_VERSION,
} from '../../lib/protocol/heartbeat.ts';
import { ACCEPTED, REASON } from './verdict.ts';

const UNTAGGED_VERSION = WIRE_VERSION << 4;
const BEAT_VERSION = UNTAGGED_VERSION | MessageType.beat;
const MIN_HELLO_BYTES = HEADER_BYTES + 2;
/** The longest name and sixteen of the longest labels. */
const MAX_HELLO_BYTES = HEADER_BYTES + 1 + 63 + 1 + 16 * (1 + 32 + 1 + 64);

/** The type, as MessageType, of the message at `at`, which has a frame. */
export function typeAt(bytes: Uint8Array, at: number): number {
  return bytes[at + OFFSET.versionAndType]! - UNTAGGED_VERSION;
}

/** Bytes behind the message at `at`, which has a frame. */
export function tagBytesAt(bytes: Uint8Array, at: number): number {
  return bytes[at + OFFSET.flags] === 0 ? 0 : TAG_BYTES;
}

/** Why the `length` bytes from `at` on, the first of them the magic, are no messages; ACCEPTED when they are. */
export function frameRefusal(bytes: Uint8Array, at: number, length: number): number {
  if (length < HEADER_BYTES) return REASON.too_short;
  const type = typeAt(bytes, at);
  if (type < MessageType.beat || type > MessageType.bye) return REASON.bad_version;
  const flags = bytes[at + OFFSET.flags]!;
  if (flags > FLAG_TAGGED || (flags === 0 && bytes[at + OFFSET.keyId] !== 0)) return REASON.bad_flags;
  const size = HEADER_BYTES + tagBytesAt(bytes, at);
  if (type === MessageType.beat) {
    return length > MAX_BUNDLE_BYTES || length % size !== 0 ? REASON.bad_length : ACCEPTED;
  }
  if (type === MessageType.bye) return length === size ? ACCEPTED : REASON.bad_length;
  const content = length - size + HEADER_BYTES;
  return content < MIN_HELLO_BYTES || content > MAX_HELLO_BYTES ? REASON.bad_length : ACCEPTED;
}

/** Why a bundle's later member cannot be judged as a beat like its `first`; ACCEPTED when it can. */
export function memberRefusal(bytes: Uint8Array, at: number, first: number): number {
  if (bytes[at] !== MAGIC) return REASON.bad_magic;
  if (bytes[at + OFFSET.versionAndType] !== BEAT_VERSION) return REASON.bad_version;
  const flags = bytes[at + OFFSET.flags]!;
  if (flags !== bytes[first + OFFSET.flags]) return REASON.bad_flags;
  return flags === 0 && bytes[at + OFFSET.keyId] !== 0 ? REASON.bad_flags : ACCEPTED;
}
