/**
 * The s in a viewer's ack, read without a msgpack decoder: the one packet that comes thousands of times a second, in
 * the one form socket.io-client gives it. Anything else goes the general way. Pure; O(1), no allocation.
 */
import { Encoder, PacketType } from 'socket.io-msgpack-parser';
import { ACK_EVENT } from '#lib/protocol/frames.ts';

/** As socket.io-client 4 packs `emit('ack', s)`. */
function ackPacket(s: number): Buffer {
  const packet = { type: PacketType.EVENT, data: [ACK_EVENT, s], options: { compress: true }, nsp: '/' };
  // Typed as an ArrayBuffer; it is a list with one Buffer.
  const [bytes] = new Encoder().encode(packet) as unknown as [Buffer];
  return bytes;
}

/** What stands before s and after it: a small s takes one byte. */
const SAMPLE = ackPacket(0);
const HEAD = SAMPLE.subarray(0, SAMPLE.indexOf(ACK_EVENT) + ACK_EVENT.length);
const TAIL = SAMPLE.subarray(HEAD.length + 1);

/** null: not an ack in the known form, which does not say that it is none. */
export function ackIn(message: Uint8Array): number | null {
  const tailAt = message.length - TAIL.length;
  for (let i = 0; i < HEAD.length; i++) if (message[i] !== HEAD[i]) return null;
  for (let i = 0; i < TAIL.length; i++) if (message[tailAt + i] !== TAIL[i]) return null;
  return unsignedIn(message, HEAD.length, tailAt - HEAD.length);
}

/** An unsigned integer of msgpack, up to 32 bits, that takes exactly so many bytes. */
function unsignedIn(bytes: Uint8Array, at: number, size: number): number | null {
  const prefix = bytes[at]!;
  if (size === 1) return prefix < 0x80 ? prefix : null;
  const isKnown =
    (prefix === 0xcc && size === 2) || (prefix === 0xcd && size === 3) || (prefix === 0xce && size === 5);
  if (!isKnown) return null;
  let value = 0;
  for (let i = 1; i < size; i++) value = value * 256 + bytes[at + i]!;
  return value;
}
