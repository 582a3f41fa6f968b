/**
 * The heartbeat's bytes (docs/protocol.md 1): offsets, limits, encoders for agents, parsers for the text form and
 * for a hello's body. The binary header is read in place by the shard, with the offsets given here.
 */
import { canonicalLabels, isHostName, isLabelKey, isLabelValue, type Labels, MAX_LABELS } from './host.ts';

/** Why a heartbeat was not accepted. accepted + the sum of these = everything read. */
export const REJECT_REASONS = [
  'too_short',
  'bad_magic',
  'bad_version',
  'bad_flags',
  'bad_length',
  'bad_name',
  'bad_label',
  'bad_interval',
  'bad_tag',
  'unknown_key',
  'untagged',
  'replay',
  'old_incarnation',
  'future_incarnation',
  'unknown_host',
  'host_limit',
  'rate_limit',
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

export const MAGIC = 0xb7;
export const WIRE_VERSION = 1;
export const MessageType = { beat: 1, hello: 2, bye: 3 } as const;
export const FLAG_TAGGED = 1;

export const HEADER_BYTES = 32;
export const TAG_BYTES = 16;
export const MAX_TEXT_BYTES = 1_400;
export const MAX_BUNDLE_BYTES = 1_472;

/** Byte offsets of the binary header. */
export const OFFSET = {
  magic: 0,
  versionAndType: 1,
  flags: 2,
  keyId: 3,
  hostId: 4,
  incarnation: 12,
  seq: 20,
  clock: 24,
  interval: 28,
  late: 30,
} as const;

/** A binary interval counts in these. */
export const INTERVAL_UNIT_MS = 10;
export const MIN_INTERVAL_MS = 10;
export const MAX_INTERVAL_MS = 655_000;
export const DEFAULT_INTERVAL_MS = 1_000;
export const MAX_LATE_MS = 65_535;
export const MAX_CLOCK_AHEAD_MS = 24 * 3_600_000;

export type BeatHeader = {
  readonly type: (typeof MessageType)[keyof typeof MessageType];
  /** 8 bytes. */
  readonly hostId: Uint8Array;
  /** ms since the epoch at the agent's start. */
  readonly incarnation: number;
  readonly seq: number;
  /** The sender's monotonic clock, ms; wraps at 2^32. */
  readonly clockMs: number;
  readonly intervalMs: number;
  /** How late the sender was with this beat, ms. */
  readonly lateMs: number;
};

/** Writes the 32 bytes of an untagged header at `at`. */
export function encodeHeader(view: DataView, at: number, header: BeatHeader): void {
  view.setUint8(at + OFFSET.magic, MAGIC);
  view.setUint8(at + OFFSET.versionAndType, (WIRE_VERSION << 4) | header.type);
  view.setUint8(at + OFFSET.flags, 0);
  view.setUint8(at + OFFSET.keyId, 0);
  for (let i = 0; i < 8; i++) view.setUint8(at + OFFSET.hostId + i, header.hostId[i]!);
  view.setUint32(at + OFFSET.incarnation, header.incarnation % 2 ** 32, true);
  view.setUint32(at + OFFSET.incarnation + 4, Math.floor(header.incarnation / 2 ** 32), true);
  view.setUint32(at + OFFSET.seq, header.seq, true);
  view.setUint32(at + OFFSET.clock, Math.floor(header.clockMs) % 2 ** 32, true);
  view.setUint16(at + OFFSET.interval, Math.max(1, Math.ceil(header.intervalMs / INTERVAL_UNIT_MS)), true);
  view.setUint16(at + OFFSET.late, Math.min(MAX_LATE_MS, Math.max(0, Math.round(header.lateMs))), true);
}

const encoder = new TextEncoder();

/** A whole untagged hello: header, name, labels. The caller has checked name and labels. */
export function encodeHello(header: BeatHeader, name: string, labels: Labels): Uint8Array {
  const parts: Uint8Array[] = [];
  const push = (text: string): void => {
    const bytes = encoder.encode(text);
    parts.push(Uint8Array.of(bytes.length), bytes);
  };
  push(name);
  const pairs = Object.entries(labels);
  parts.push(Uint8Array.of(pairs.length));
  for (const [key, value] of pairs) {
    push(key);
    push(value);
  }
  const bytes = new Uint8Array(HEADER_BYTES + parts.reduce((sum, part) => sum + part.length, 0));
  encodeHeader(new DataView(bytes.buffer), 0, header);
  let at = HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

export type HelloBody = { readonly name: string; readonly labels: Labels };

/** A hello's bytes after the header and before the tag. Must be used up exactly, else `bad_length`. */
export function parseHelloBody(bytes: Uint8Array): HelloBody | RejectReason {
  let at = 0;
  const field = (): Uint8Array | null => {
    if (at >= bytes.length) return null;
    const length = bytes[at]!;
    if (at + 1 + length > bytes.length) return null;
    const slice = bytes.subarray(at + 1, at + 1 + length);
    at += 1 + length;
    return slice;
  };
  const nameBytes = field();
  if (nameBytes === null || at >= bytes.length) return 'bad_length';
  const name = decodeUtf8(nameBytes);
  if (name === null || !isHostName(name)) return 'bad_name';
  const labelCount = bytes[at++]!;
  if (labelCount > MAX_LABELS) return 'bad_label';
  const labels = new Map<string, string>();
  for (let i = 0; i < labelCount; i++) {
    const keyBytes = field();
    const valueBytes = field();
    if (keyBytes === null || valueBytes === null) return 'bad_length';
    const key = decodeUtf8(keyBytes);
    const value = decodeUtf8(valueBytes);
    if (key === null || value === null || !isLabelKey(key) || !isLabelValue(value) || labels.has(key)) {
      return 'bad_label';
    }
    labels.set(key, value);
  }
  if (at !== bytes.length) return 'bad_length';
  return { name, labels: canonicalLabels(labels) };
}

export type TextHeartbeat = {
  readonly name: string;
  readonly intervalMs: number;
  readonly seq: number | null;
  readonly bye: boolean;
  readonly labels: Labels;
};

const INTERVAL = /^([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s|m)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** `10ms` to `655s` in ms, rounded up to the wire's 10 ms; null when it is not of that form or range. */
export function parseInterval(text: string): number | null {
  const match = INTERVAL.exec(text);
  if (match === null) return null;
  const intervalMs = Number(match[1]) * UNIT_MS[match[2]!]!;
  if (intervalMs < MIN_INTERVAL_MS || intervalMs > MAX_INTERVAL_MS) return null;
  return Math.ceil(intervalMs / INTERVAL_UNIT_MS) * INTERVAL_UNIT_MS;
}

const SPACE = 0x20;
const SEQ = /^[1-9][0-9]{0,9}$/;

function isAlphanumeric(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);
}

/** One text datagram (or line), with or without its final newline. O(bytes); allocates, unlike the binary form. */
export function parseTextHeartbeat(bytes: Uint8Array): TextHeartbeat | RejectReason {
  if (bytes.length === 0) return 'too_short';
  if (!isAlphanumeric(bytes[0]!)) return 'bad_magic';
  if (bytes.length > MAX_TEXT_BYTES) return 'bad_length';
  let text = decodeUtf8(bytes);
  if (text === null) {
    const nameEnd = bytes.indexOf(SPACE);
    return decodeUtf8(nameEnd === -1 ? bytes : bytes.subarray(0, nameEnd)) === null
      ? 'bad_name'
      : 'bad_label';
  }
  if (text.endsWith('\n')) text = text.slice(0, text.endsWith('\r\n') ? -2 : -1);
  const [name, ...pairs] = text.split(' ');
  if (!isHostName(name!)) return 'bad_name';
  let intervalMs = DEFAULT_INTERVAL_MS;
  let seq: number | null = null;
  let bye = false;
  const seen = new Set<string>();
  const labels: [string, string][] = [];
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    if (equals <= 0) return 'bad_label';
    const key = pair.slice(0, equals);
    const value = pair.slice(equals + 1);
    if (seen.has(key)) return 'bad_label';
    seen.add(key);
    if (key === 'interval') {
      const parsed = parseInterval(value);
      if (parsed === null) return 'bad_interval';
      intervalMs = parsed;
    } else if (key === 'seq') {
      if (!SEQ.test(value) || Number(value) > 0xffffffff) return 'bad_label';
      seq = Number(value);
    } else if (key === 'bye') {
      if (value !== '1') return 'bad_label';
      bye = true;
    } else {
      if (!isLabelKey(key) || !isLabelValue(value) || labels.length === MAX_LABELS) return 'bad_label';
      labels.push([key, value]);
    }
  }
  return { name: name!, intervalMs, seq, bye, labels: canonicalLabels(labels) };
}
