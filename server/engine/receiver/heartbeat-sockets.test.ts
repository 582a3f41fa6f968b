import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { clockFrom, clockOrigin } from '../../clock.ts';
import type { BoundAddress } from '../shard-messages.ts';
import { SourceBook } from '../source-book.ts';
import { openDescriptors, send } from '../testing/receiver-harness.ts';
import { type HeartbeatSockets, isRecvmmsgPossible, openHeartbeatSockets } from './heartbeat-sockets.ts';
import { openRecvmmsgReceiver } from './recvmmsg.ts';

const open: HeartbeatSockets[] = [];

function opened(addresses: readonly BoundAddress[], shards: number): HeartbeatSockets {
  const sockets = openHeartbeatSockets(addresses, shards);
  open.push(sockets);
  return sockets;
}

afterEach(() => {
  for (const sockets of open.splice(0)) sockets.close();
});

/** What waits at one shard's sockets. */
function readAll(sockets: HeartbeatSockets, shard: number): Uint8Array[] {
  const read: Uint8Array[] = [];
  const receiver = openRecvmmsgReceiver(sockets.fds[shard]!, new SourceBook(10), clockFrom(clockOrigin()), {
    onBatch: () => {},
    onDatagram: (bytes, at, length) => read.push(bytes.slice(at, at + length)),
    onHorizon: () => {},
    onFault: (error) => {
      throw error;
    },
  });
  while (receiver.read(0) > 0);
  return read;
}

function beatWithOwnerWord(word: number): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes[0] = 0xb7;
  new DataView(bytes.buffer).setUint32(4, word);
  return bytes;
}

describe('sockets of several shards', () => {
  test.each([
    { host: '127.0.0.1', shards: 2 },
    { host: '::1', shards: 3 },
  ])('E75: on $host each of $shards shards gets the beats of its hosts', async ({ host, shards }) => {
    const sockets = opened([{ host, port: 0 }], shards);
    expect(sockets.steered).toBe(true);
    const words = Array.from({ length: 200 }, (_, i) => (i * 0x9e37_79b1) >>> 0);
    words.push(0, 0xffff_ffff, 0x8000_0000, 0x7fff_ffff);
    // Ports of their own, so that without steering the kernel would spread each host's beats over the shards.
    for (let from = 0; from < 4; from++) {
      const sender = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      sender.connect(sockets.addresses[0]!.port, host);
      await once(sender, 'connect');
      for (const word of words) await send(sender, beatWithOwnerWord(word));
      // Too short for a host id: the first shard judges what becomes of it.
      await send(sender, new Uint8Array([0xb7, 1, 2]));
      sender.close();
    }
    for (let shard = 0; shard < shards; shard++) {
      const got = readAll(sockets, shard);
      const owned = words.filter((word) => word % shards === shard);
      const beats = got.filter(({ length }) => length === 32);
      const wordOf = (bytes: Uint8Array) => new DataView(bytes.buffer).getUint32(4);
      expect(beats.map(wordOf)).toEqual([...owned, ...owned, ...owned, ...owned]);
      expect(got.length - beats.length).toBe(shard === 0 ? 4 : 0);
    }
  });

  test('E74: one port for all addresses and shards, and its buffers as large as the kernel gives them', () => {
    const addresses = [
      { host: '127.0.0.1', port: 0 },
      { host: '::1', port: 0 },
    ];
    const sockets = opened(addresses, 2);
    expect(sockets.fds.map(({ length }) => length)).toEqual([2, 2]);
    expect(new Set(sockets.fds.flat()).size).toBe(4);
    expect(new Set(sockets.addresses.map(({ port }) => port)).size).toBe(1);
    expect(sockets.addresses.map(({ host }) => host)).toEqual(['127.0.0.1', '::1']);
    expect(sockets.receiveBufferBytes).toBeLessThanOrEqual(sockets.wantedBufferBytes);
    expect(sockets.receiveBufferBytes).toBeGreaterThanOrEqual(200_000);
  });

  test('E74: a port that another server shares among its own shards is in use', () => {
    const sockets = opened([{ host: '127.0.0.1', port: 0 }], 2);
    const before = openDescriptors();
    const again = [{ host: '::1', port: 0 }, ...sockets.addresses];
    expect(() => openHeartbeatSockets(again, 2)).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE', port: sockets.addresses[0]!.port }),
    );
    expect(openDescriptors()).toBe(before);
    sockets.close();
    opened(sockets.addresses, 2);
  });

  test('E74: port 0 on two addresses ends at one that is free on both', async () => {
    // Other ports are tried when the first address is given one that the second does not have.
    for (let i = 0; i < 50; i++) {
      const sockets = openHeartbeatSockets(
        [
          { host: '127.0.0.1', port: 0 },
          { host: '127.0.0.2', port: 0 },
        ],
        1,
      );
      expect(sockets.addresses[0]!.port).toBe(sockets.addresses[1]!.port);
      sockets.close();
    }
  });

  test('E74: what is no address is named', () => {
    expect(() => openHeartbeatSockets([{ host: 'localhost', port: 1 }], 1)).toThrow(
      '"localhost" is not an IPv4 or IPv6 address',
    );
    expect(() => openHeartbeatSockets([{ host: '127.0.0.1', port: 70_000 }], 1)).toThrow(
      'port 70000 is not one from 0 to 65535',
    );
  });
});

test('E74: here it is possible, and asking leaves nothing open', () => {
  expect(isRecvmmsgPossible()).toEqual({ possible: true });
  const before = openDescriptors();
  isRecvmmsgPossible();
  expect(openDescriptors()).toBe(before);
});
