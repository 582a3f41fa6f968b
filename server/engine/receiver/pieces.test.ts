/** Datagrams that came as one piece: sent with UDP_SEGMENT over loopback, where the kernel takes nothing apart. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PinnedMemory } from '../../libc/pinned-memory.ts';
import { openSendSocket, SendLane } from '../../libc/send-batch.ts';
import { closeSocket } from '../../libc/udp-socket.ts';
import { patternOf } from '../testing/datagram-bytes.ts';
import { type OpenReceiver, ReceiverHarness, send } from '../testing/receiver-harness.ts';
import { openHeartbeatSockets } from './heartbeat-sockets.ts';
import { openRecvmmsgReceiver } from './recvmmsg.ts';

const SEGMENTS = 64;

/** `onRead`: how many datagrams each reading handed out. */
const opening =
  (onRead: (datagrams: number) => void): OpenReceiver =>
  async (addresses, sources, clock, handlers) => {
    const sockets = openHeartbeatSockets(addresses, 1);
    const receiver = openRecvmmsgReceiver(sockets.fds[0]!, sources, clock, handlers);
    return {
      receiver,
      turn: async () => {
        await new Promise(setImmediate);
        onRead(receiver.read(2));
      },
      close: async () => {
        await receiver.close();
        sockets.close();
      },
    };
  };

describe.each([
  { host: '127.0.0.1', family: 4 as const },
  { host: '::1', family: 6 as const },
])('over $host', ({ host, family }) => {
  let harness: ReceiverHarness;
  let readings: number[];
  const senders: number[] = [];

  beforeEach(async () => {
    harness = new ReceiverHarness();
    readings = [];
    await harness.open(
      opening((datagrams) => readings.push(datagrams)),
      [{ host, port: 0 }],
    );
  });
  afterEach(async () => {
    for (const fd of senders.splice(0)) closeSocket(fd);
    await harness.close();
  });

  /** Messages of `segments` datagrams of `bytes` each; the last of each message has `lastBytes`. */
  function sender(bytes: number, segments: number, messages: number, lastBytes = bytes) {
    const strideBytes = bytes * segments;
    const memory = new PinnedMemory(strideBytes * messages);
    const lane = new SendLane(memory, { at: 0, strideBytes, messages, segmentBytes: bytes });
    for (let i = 0; i < messages; i++) lane.setLength(i, strideBytes - bytes + lastBytes);
    const fd = openSendSocket(harness.receiver.addresses[0]!, family, {
      sendBufferBytes: 1 << 20,
      waitMs: 100,
    });
    senders.push(fd);
    const sendAll = (): void => {
      for (let from = 0; from < messages; ) {
        const sent = lane.send(fd, from, messages);
        if (sent < 0) throw new Error(`sendmmsg failed with ${-sent}`);
        from += sent;
      }
    };
    return { memory, sendAll };
  }

  test('E170: each is handed out by itself, in order, byte for byte, also a shorter last one, between single ones', async () => {
    const [bytes, lastBytes, messages] = [90, 33, 5];
    const { memory, sendAll } = sender(bytes, SEGMENTS, messages, lastBytes);
    const expected: Uint8Array[] = [];
    for (let i = 0; i < messages * SEGMENTS; i++) {
      const isLast = i % SEGMENTS === SEGMENTS - 1;
      const pattern = patternOf(i, isLast ? lastBytes : bytes);
      memory.bytes.set(pattern, i * bytes);
      expected.push(pattern);
    }
    const single = await harness.sender(host);
    await send(single, patternOf(9_001, 45));
    sendAll();
    await send(single, patternOf(9_002, 46));
    await harness.until(() => harness.received.length >= expected.length + 2);
    const all = [patternOf(9_001, 45), ...expected, patternOf(9_002, 46)];
    expect(harness.received.map(({ bytes }) => bytes)).toEqual(all);
    expect(new Set(harness.received.map(({ from }) => from))).toEqual(new Set([host]));
    // They did come in pieces, else none of this is tried here: one call took more than its 256 places hold singly.
    expect(Math.max(...readings)).toBeGreaterThan(256);
  });

  test('E170: those longer than a heartbeat are cut one by one, and what follows stays whole', async () => {
    const { memory, sendAll } = sender(8_000, 8, 2);
    for (let i = 0; i < 16; i++) memory.bytes.set(patternOf(i, 8_000), i * 8_000);
    sendAll();
    const { sendAll: sendNext, memory: next } = sender(32, 3, 1);
    for (let i = 0; i < 3; i++) next.bytes.set(patternOf(100 + i, 32), i * 32);
    sendNext();
    await harness.until(() => harness.received.length >= 19);
    const cut = Array.from({ length: 16 }, (_, i) => patternOf(i, 8_000).subarray(0, 2_048));
    const whole = Array.from({ length: 3 }, (_, i) => patternOf(100 + i, 32));
    expect(harness.received.map(({ bytes }) => bytes)).toEqual(
      [...cut, ...whole].map((b) => new Uint8Array(b)),
    );
  });

  test('E171: a piece that was dropped counts as the datagrams of those that were read', async () => {
    const perRound = 64;
    const { sendAll } = sender(512, SEGMENTS, perRound);
    let handedOut = 0;
    harness.onDatagram = () => {
      handedOut++;
    };
    let sent = 0;
    // One piece takes its 32 KiB and more.
    while (sent * 512 < 2 * harness.receiver.receiveBufferBytes) {
      sendAll();
      sent += perRound * SEGMENTS;
    }
    await harness.untilReadUpTo(harness.clock());
    expect(handedOut).toBeGreaterThan(0);
    expect(handedOut).toBeLessThan(sent);
    expect(handedOut % SEGMENTS).toBe(0);
    expect(handedOut + harness.receiver.kernelDrops()).toBe(sent);
  });
});
