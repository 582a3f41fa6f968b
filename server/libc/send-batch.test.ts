import { afterEach, describe, expect, test } from 'vitest';
import { freeUdpPort } from '../testing/free-port.ts';
import { UdpListener } from '../testing/udp-listener.ts';
import { ERRNO, whyNoLibc } from './libc.ts';
import { PinnedMemory } from './pinned-memory.ts';
import {
  isSegmentsRefused,
  knowsSegments,
  MAX_SEGMENTS,
  openSendSocket,
  pendingError,
  SendLane,
} from './send-batch.ts';
import { closeSocket } from './udp-socket.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const BUFFER = { sendBufferBytes: 1 << 20, waitMs: 20 };

async function listening(host = '127.0.0.1'): Promise<{ listener: UdpListener; fd: number }> {
  const listener = await UdpListener.bind(0, host);
  closing.push(() => listener.close());
  const fd = openSendSocket({ host, port: listener.port }, host === '::1' ? 6 : 4, BUFFER);
  closing.push(() => closeSocket(fd));
  return { listener, fd };
}

/** Memory in which every byte tells where it stands. */
function numbered(sizeBytes: number): PinnedMemory {
  const memory = new PinnedMemory(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) memory.bytes[i] = (i * 7) % 251;
  return memory;
}

const inOrder = (listener: UdpListener): Buffer[] => listener.arrivals.map((each) => each.bytes);

describe.skipIf(whyNoLibc() !== null)('many datagrams with one call', () => {
  test.each(['127.0.0.1', '::1'])('G93: they arrive in order and whole, over %s', async (host) => {
    const { listener, fd } = await listening(host);
    const memory = numbered(10 + 1_500 * 48);
    const lane = new SendLane(memory, { at: 10, strideBytes: 48, messages: 1_500, segmentBytes: 0 });
    lane.setLength(3, 1);
    lane.setLength(1_499, 20);
    // More than the kernel takes at once.
    expect(lane.send(fd, 0, 1_500)).toBe(1_024);
    expect(lane.send(fd, 1_024, 1_500)).toBe(476);
    await listener.until((arrivals) => arrivals.length === 1_500);
    const lengths = Array.from({ length: 1_500 }, (_, i) => (i === 3 ? 1 : i === 1_499 ? 20 : 48));
    expect(inOrder(listener)).toEqual(
      lengths.map((length, i) => Buffer.from(memory.bytes.slice(10 + 48 * i, 10 + 48 * i + length))),
    );
    lane.setFull(3);
    expect(lane.send(fd, 3, 5)).toBe(2);
    await listener.until((arrivals) => arrivals.length === 1_502);
    expect(inOrder(listener)[1_500]).toEqual(Buffer.from(memory.bytes.slice(10 + 48 * 3, 10 + 48 * 4)));
  });

  test('G97: a message of segments arrives as single datagrams, the last as short as it is', async () => {
    const { listener, fd } = await listening();
    expect(knowsSegments(fd)).toBe(true);
    const strideBytes = 32 * MAX_SEGMENTS;
    const memory = numbered(2 * strideBytes);
    const lane = new SendLane(memory, { at: 0, strideBytes, messages: 2, segmentBytes: 32 });
    lane.setLength(1, 3 * 32 + 5);
    expect(lane.send(fd, 0, 2)).toBe(2);
    await listener.until((arrivals) => arrivals.length === MAX_SEGMENTS + 4);
    expect(inOrder(listener)).toEqual(
      Array.from({ length: MAX_SEGMENTS + 4 }, (_, i) =>
        Buffer.from(memory.bytes.slice(32 * i, 32 * i + (i === MAX_SEGMENTS + 3 ? 5 : 32))),
      ),
    );
  });

  test('G101: an error is told by its number, for the first message alone', async () => {
    const { listener, fd } = await listening();
    const memory = numbered(3 * 70_000);
    const lane = new SendLane(memory, { at: 0, strideBytes: 70_000, messages: 3, segmentBytes: 0 });
    lane.setLength(0, 9);
    lane.setLength(2, 9);
    expect(lane.send(fd, 0, 3)).toBe(1);
    expect(lane.send(fd, 1, 3)).toBe(-ERRNO.EMSGSIZE);
    expect(lane.send(fd, 2, 3)).toBe(1);
    await listener.until((arrivals) => arrivals.length === 2);
    expect(isSegmentsRefused(-ERRNO.EMSGSIZE)).toBe(true);
    expect(isSegmentsRefused(-ERRNO.EAGAIN)).toBe(false);
  });

  test('G109: what came back for an earlier datagram is told once', async () => {
    const fd = openSendSocket({ host: '127.0.0.1', port: await freeUdpPort() }, 4, BUFFER);
    closing.push(() => closeSocket(fd));
    const lane = new SendLane(new PinnedMemory(8), { at: 0, strideBytes: 8, messages: 1, segmentBytes: 0 });
    expect(pendingError(fd)).toBe(0);
    expect(lane.send(fd, 0, 1)).toBe(1);
    // On loopback the answer is there before the call returns.
    expect(pendingError(fd)).toBe(ERRNO.ECONNREFUSED);
    expect(pendingError(fd)).toBe(0);
  });

  test('G109: no way to an address: an error as Node makes it, and nothing stays open', () => {
    expect(() => openSendSocket({ host: '255.255.255.255', port: 9 }, 4, BUFFER)).toThrow(
      expect.objectContaining({ code: 'EACCES', syscall: 'connect', address: '255.255.255.255', port: 9 }),
    );
  });

  test('G97: what does not fit the memory or the kernel is refused when it is made', () => {
    const memory = new PinnedMemory(100);
    expect(() => new SendLane(memory, { at: 8, strideBytes: 10, messages: 10, segmentBytes: 0 })).toThrow(
      /10 messages of 10 bytes from 8 on are past the memory/,
    );
    expect(() => new SendLane(memory, { at: 0, strideBytes: 65, messages: 1, segmentBytes: 1 })).toThrow(
      /65 bytes are more than 64 segments of 1/,
    );
  });
});
