/**
 * Type and seq of a live frame from the first bytes of its exact encoding, for viewers too many to decode each
 * frame. Pure; a few reads a frame. Viewers that decode compare: an encoding that changed is noticed.
 */

export type FrameHead = { readonly t: string; readonly s: number };

/** A Socket.IO packet up to its event's name, as msgpack: {type: 2, nsp: '/', data: ['frame', {t: 'D', … */
const PACKET_TYPE_AT = 6;
const EVENT = 2;
const FRAME_TYPE_AT = 29;
/** v, then e: 'a1 76 01', 'a1 65 b0' and 16 digits; R, A and B have no v. */
const AFTER_FRAME_TYPE = FRAME_TYPE_AT + 1;
const VERSION_BYTES = 3;
const EPOCH_BYTES = 2 + 1 + 16;

function unsignedAt(bytes: Buffer, at: number): number {
  const prefix = bytes[at]!;
  if (prefix < 0x80) return prefix;
  if (prefix === 0xcc) return bytes[at + 1]!;
  if (prefix === 0xcd) return bytes.readUInt16BE(at + 1);
  if (prefix === 0xce) return bytes.readUInt32BE(at + 1);
  throw new Error(`no unsigned integer at ${at} of ${bytes.toString('hex', 0, 80)}`);
}

function unsignedBytes(prefix: number): number {
  return prefix < 0x80 ? 1 : 1 + 2 ** (prefix - 0xcc);
}

/** null: a packet that carries no frame. */
export function headOfPacket(packet: Buffer): FrameHead | null {
  if (packet[PACKET_TYPE_AT] !== EVENT) return null;
  const t = String.fromCharCode(packet[FRAME_TYPE_AT]!);
  if (t === 'R') return { t, s: 0 };
  let at = AFTER_FRAME_TYPE + (t === 'S' || t === 'D' ? VERSION_BYTES : 0) + EPOCH_BYTES;
  if (t === 'D' || t === 'A') at += 2 + unsignedBytes(packet[at + 2]!);
  return { t, s: unsignedAt(packet, at + 2) };
}

const JSON_S = Buffer.from('"s":');
const JSON_T = Buffer.from('"t":"');

/** The head of the first frame in text that holds one: the fields of the protocol in its order. */
export function headOfJson(text: Buffer): FrameHead | null {
  const typeAt = text.indexOf(JSON_T);
  if (typeAt === -1) return null;
  const t = String.fromCharCode(text[typeAt + JSON_T.length]!);
  if (t === 'R') return { t, s: 0 };
  let at = text.indexOf(JSON_S, typeAt) + JSON_S.length;
  let s = 0;
  for (; text[at]! >= 0x30 && text[at]! <= 0x39; at++) s = s * 10 + text[at]! - 0x30;
  return { t, s };
}
