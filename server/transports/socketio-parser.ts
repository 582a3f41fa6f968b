/**
 * The msgpack parser of Socket.IO for a server that strangers talk to: a message from outside is looked over
 * before it is decoded.
 */
import { Decoder, Encoder, protocol } from 'socket.io-msgpack-parser';
import { assertBoundedMsgpack } from './bounded-msgpack.ts';

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
  Encoder,
  Decoder: BoundedDecoder,
};
