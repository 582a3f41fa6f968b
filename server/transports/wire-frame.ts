/**
 * A frame as Socket.IO viewers get it: packed with msgpack and framed for WebSocket once, whoever shares it.
 * Knows no socket. O(bytes) a frame; kept as long as the frame itself.
 */
import { Encoder, PacketType } from 'socket.io-msgpack-parser';
import { FRAME_EVENT, type Frame } from '#lib/protocol/frames.ts';

export type WireFrame = {
  /** The message alone, for a WebSocket that has to frame it itself. */
  readonly message: Buffer;
  /** The whole WebSocket frame. */
  readonly framed: Buffer;
};

/** The library carries a Buffer as msgpack bin, but of a plain Uint8Array the whole memory behind it, as ext. */
function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function withBuffers(frame: Frame): Frame {
  if (frame.t === 'S') return { ...frame, data: buffer(frame.data) };
  if (frame.t === 'D') return { ...frame, slots: buffer(frame.slots), states: buffer(frame.states) };
  return frame;
}

/** The head of one final, unmasked, binary WebSocket frame (RFC 6455, 5.2). */
function headOf(length: number): Buffer {
  if (length < 126) return Buffer.of(0x82, length);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = 0x82;
  head[1] = length < 65_536 ? 126 : 127;
  // The upper half of the 64 bits stays 0: no frame has 4 GB.
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeUInt32BE(length, 6);
  return head;
}

const encoder = new Encoder();
const wireFrames = new WeakMap<Frame, WireFrame>();

/** Shared like the frame: not to be written to. */
export function wireFrameOf(frame: Frame): WireFrame {
  let wire = wireFrames.get(frame);
  if (wire === undefined) {
    const packet = { type: PacketType.EVENT, nsp: '/', data: [FRAME_EVENT, withBuffers(frame)] };
    // Typed as an ArrayBuffer; it is a list with one Buffer.
    const [message] = encoder.encode(packet) as unknown as [Buffer];
    const head = headOf(message.length);
    const framed = Buffer.concat([head, message]);
    wire = { message: framed.subarray(head.length), framed };
    wireFrames.set(frame, wire);
  }
  return wire;
}
