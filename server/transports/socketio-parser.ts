/**
 * The msgpack parser of Socket.IO with what a server of many viewers needs: a frame shared by viewers is
 * encoded once, and a message from outside is looked over before it is decoded. One WebSocket frame each.
 */
import { Decoder, Encoder, PacketType, protocol } from 'socket.io-msgpack-parser';
import { FRAME_EVENT, type Frame } from '#lib/protocol/frames.ts';
import { assertBoundedMsgpack } from './bounded-msgpack.ts';

/** The library carries a Buffer as msgpack bin, but of a plain Uint8Array the whole memory behind it, as ext. */
function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function withBuffers(frame: Frame): Frame {
  if (frame.t === 'S') return { ...frame, data: buffer(frame.data) };
  if (frame.t === 'D') return { ...frame, slots: buffer(frame.slots), states: buffer(frame.states) };
  return frame;
}

type Packet = { readonly type: number; readonly nsp: string; readonly data?: unknown };

/** The frame that a packet carries and nothing else, or null. */
function frameOf(packet: Packet): Frame | null {
  if (packet.type !== PacketType.EVENT || packet.nsp !== '/' || !Array.isArray(packet.data)) return null;
  return packet.data.length === 2 && packet.data[0] === FRAME_EVENT ? (packet.data[1] as Frame) : null;
}

class SharedFrameEncoder extends Encoder {
  #encoded = new WeakMap<Frame, ArrayBuffer>();

  override encode(packet: Packet): ArrayBuffer {
    const frame = frameOf(packet);
    if (frame === null) return super.encode(packet);
    let encoded = this.#encoded.get(frame);
    if (encoded === undefined) {
      encoded = super.encode({ ...packet, data: [FRAME_EVENT, withBuffers(frame)] });
      this.#encoded.set(frame, encoded);
    }
    return encoded;
  }
}

class BoundedDecoder extends Decoder {
  override add(message: unknown): void {
    if (!(message instanceof Uint8Array)) throw new TypeError('a message is not binary');
    assertBoundedMsgpack(message);
    super.add(message);
  }
}

/** For Socket.IO's `parser` option. */
export const socketIoParser = {
  protocol,
  PacketType: { CONNECT: 0, DISCONNECT: 1, EVENT: 2, ACK: 3, CONNECT_ERROR: 4 },
  Encoder: SharedFrameEncoder,
  Decoder: BoundedDecoder,
};
