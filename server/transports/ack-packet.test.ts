import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import * as parser from 'socket.io-msgpack-parser';
import { expect, test } from 'vitest';
import { ACK_EVENT } from '#lib/protocol/frames.ts';
import { ackIn } from './ack-packet.ts';

const BORDERS = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1];

function packed(packet: object): Buffer {
  return (new parser.Encoder().encode(packet as never) as unknown as [Buffer])[0];
}
const ack = (data: readonly unknown[], more: object = { options: { compress: true }, nsp: '/' }): Buffer =>
  packed({ type: 2, data, ...more });

test('L21: an ack is read as the real client sends it', async () => {
  const http = createServer();
  const server = new Server(http, { parser, transports: ['websocket'] });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const client = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, {
    parser,
    transports: ['websocket'],
    forceNew: true,
  });
  try {
    const [socket] = await once(server, 'connection');
    const seen: (number | null)[] = [];
    const all = new Promise<void>((resolve) =>
      socket.conn.on('data', (message: Buffer) => {
        if (seen.push(ackIn(message)) === BORDERS.length) resolve();
      }),
    );
    for (const s of BORDERS) client.emit(ACK_EVENT, s);
    await all;
    expect(seen).toEqual(BORDERS);
  } finally {
    client.disconnect();
    await server.close();
  }
});

test.each([
  ['more than 32 bits', ack(['ack', 2 ** 32])],
  ['a negative number', ack(['ack', -1])],
  ['a fraction', ack(['ack', 1.5])],
  ['a text', ack(['ack', '1'])],
  ['no number', ack(['ack'])],
  ['a second value', ack(['ack', 1, 2])],
  ['another event', ack(['ark', 1])],
  ['another namespace', ack(['ack', 1], { options: { compress: true }, nsp: '/x' })],
  ['an id', ack(['ack', 1], { options: { compress: true }, nsp: '/', id: 1 })],
  ['no options', ack(['ack', 1], { nsp: '/' })],
  ['another order', packed({ type: 2, nsp: '/', data: ['ack', 1] })],
  ['a packet of another type', packed({ type: 3, data: ['ack', 1], options: { compress: true }, nsp: '/' })],
  ['nothing', Buffer.alloc(0)],
])('L21, L36: an ack with %s is left to the decoder', (_, message) => {
  expect(ackIn(message)).toBeNull();
});

test('L21, L36: no part of an ack, and no ack with a byte more or another byte in its form, is taken for one', () => {
  for (const s of BORDERS) {
    const whole = ack(['ack', s]);
    for (let length = 0; length < whole.length; length++) expect(ackIn(whole.subarray(0, length))).toBeNull();
    expect(ackIn(Buffer.concat([whole, Buffer.of(0)]))).toBeNull();
    const sBytes = whole.length - ack(['ack', 0]).length + 1;
    const sAt = whole.indexOf('ack') + 3;
    for (let at = 0; at < whole.length; at++) {
      const other = Buffer.from(whole);
      other[at]! ^= 0x80;
      // Another number is another ack; its first byte says how many follow.
      if (at > sAt && at < sAt + sBytes) expect(ackIn(other)).not.toBeNull();
      else expect(ackIn(other), `byte ${at} of the ack of ${s}`).toBeNull();
    }
  }
});
