/**
 * The live frames of docs/protocol.md 2 and their exact encodings. Pure; the same on both sides of the wire.
 * Byte fields are Uint8Array here; JSON transports carry them as base64.
 */
import type { Alert } from './alert.ts';
import type { HostCounts } from './host.ts';
import type { PROTOCOL_VERSION } from './version.ts';

export type ResetReason = 'epoch' | 'gap' | 'digest' | 'slow' | 'old';

/** Everything: the n state bytes, slot 0 first. Moves the position to s. */
export type SnapshotFrame = {
  readonly t: 'S';
  readonly v: typeof PROTOCOL_VERSION;
  readonly e: string;
  readonly s: number;
  readonly ts: number;
  readonly n: number;
  readonly enc: 'raw' | 'gzip';
  readonly data: Uint8Array;
  readonly dig: string;
};

/** Every slot that changed after f, in absolute states. Moves the position from f..s-1 to s. */
export type DiffFrame = {
  readonly t: 'D';
  readonly v: typeof PROTOCOL_VERSION;
  readonly e: string;
  readonly f: number;
  readonly s: number;
  readonly ts: number;
  /** Instant of its oldest change. */
  readonly t0: number;
  readonly slots: Uint8Array;
  readonly states: Uint8Array;
  readonly dig: string;
};

/** Alerts changed since f, absolute. Never moves the position. */
export type AlertsFrame = {
  readonly t: 'A';
  readonly e: string;
  readonly f: number;
  readonly s: number;
  readonly ts: number;
  readonly alerts: readonly Alert[];
  readonly counts: HostCounts;
  /** There are more, or f is too old: read /api/alerts. */
  readonly more?: true;
};

/** A sign of life on a quiet server, and the answer of an empty poll. Never an update. */
export type BeatFrame = {
  readonly t: 'B';
  readonly e: string;
  readonly s: number;
  readonly ts: number;
  readonly dig: string;
  readonly rates: { readonly heartbeatsPerSecond: number; readonly blind: boolean };
};

/** The viewer's position cannot be answered; the snapshot follows in the same answer. */
export type ResetFrame = { readonly t: 'R'; readonly e: string; readonly why: ResetReason };

export type Frame = SnapshotFrame | DiffFrame | AlertsFrame | BeatFrame | ResetFrame;

export const MAX_ALERTS_PER_FRAME = 500;
/** A diff larger than this gives way to a snapshot when that is smaller. */
export const MAX_DIFF_BYTES = 64 * 1024;
export const BEAT_EVERY_MS = 5_000;

/** The event that carries one frame, and the viewer's answer with the s it has applied (Socket.IO). */
export const FRAME_EVENT = 'frame';
export const ACK_EVENT = 'ack';

/** Ascending slots as LEB128 varints: the first slot, then the gaps to the next ones. O(n). */
export function encodeSlots(slots: ArrayLike<number>): Uint8Array {
  let size = 0;
  let previous = 0;
  for (let i = 0; i < slots.length; i++) {
    let gap = slots[i]! - previous;
    previous = slots[i]!;
    do {
      size++;
      gap = Math.floor(gap / 128);
    } while (gap > 0);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  previous = 0;
  for (let i = 0; i < slots.length; i++) {
    let gap = slots[i]! - previous;
    previous = slots[i]!;
    while (gap >= 128) {
      bytes[at++] = (gap & 127) | 128;
      gap = Math.floor(gap / 128);
    }
    bytes[at++] = gap;
  }
  return bytes;
}

/** The slots of a diff. Throws a RangeError when the varints are cut off, not ascending or beyond 2^32. */
export function decodeSlots(bytes: Uint8Array): number[] {
  const slots: number[] = [];
  let previous = 0;
  let at = 0;
  while (at < bytes.length) {
    let gap = 0;
    let scale = 1;
    for (;;) {
      if (at >= bytes.length) throw new RangeError('slots end in the middle of a varint');
      const byte = bytes[at++]!;
      gap += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) break;
      if (scale > 2 ** 35) throw new RangeError('a slot gap is longer than 5 bytes');
    }
    if (slots.length > 0 && gap === 0) throw new RangeError('slots are not ascending');
    previous += gap;
    if (previous > 0xffffffff) throw new RangeError('a slot is beyond 32 bits');
    slots.push(previous);
  }
  return slots;
}

/** A frame as it stands in JSON: byte fields as base64. */
export type JsonFrame =
  | (Omit<SnapshotFrame, 'data'> & { data: string })
  | (Omit<DiffFrame, 'slots' | 'states'> & { slots: string; states: string })
  | AlertsFrame
  | BeatFrame
  | ResetFrame;

export function bytesToBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

export function bytesFromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export function toJsonFrame(frame: Frame): JsonFrame {
  if (frame.t === 'S') return { ...frame, data: bytesToBase64(frame.data) };
  if (frame.t === 'D') {
    return { ...frame, slots: bytesToBase64(frame.slots), states: bytesToBase64(frame.states) };
  }
  return frame;
}

/** Throws when a byte field is not base64; an unknown `t` passes through for the client to ignore. */
export function fromJsonFrame(json: JsonFrame): Frame {
  if (json.t === 'S') return { ...json, data: bytesFromBase64(json.data) };
  if (json.t === 'D') {
    return { ...json, slots: bytesFromBase64(json.slots), states: bytesFromBase64(json.states) };
  }
  return json;
}
