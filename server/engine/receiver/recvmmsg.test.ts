import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { closeSocket } from '../../libc/udp-socket.ts';
import type { GcFindings } from '../testing/receiver-gc-child.ts';
import { type OpenReceiver, ReceiverHarness, send } from '../testing/receiver-harness.ts';
import { openHeartbeatSockets } from './heartbeat-sockets.ts';
import { receiverContract } from './receiver.contract.ts';
import type { BlockingReceiver } from './receiver.ts';
import { openRecvmmsgReceiver } from './recvmmsg.ts';

const ANY = { host: '127.0.0.1', port: 0 };

const turnOf = (receiver: BlockingReceiver) => async (): Promise<void> => {
  // The senders live in this thread: what they have queued leaves between two readings.
  await new Promise(setImmediate);
  receiver.read(2);
};

const open: OpenReceiver = async (addresses, sources, clock, handlers) => {
  const sockets = openHeartbeatSockets(addresses, 1);
  const receiver = openRecvmmsgReceiver(sockets.fds[0]!, sources, clock, handlers);
  return {
    receiver,
    turn: turnOf(receiver),
    close: async () => {
      await receiver.close();
      sockets.close();
    },
  };
};

describe('the contract, on recvmmsg', () => {
  receiverContract(open, { cutAt: 2_048, countsDrops: true });
});

describe('sockets of the process', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0).reverse()) close();
  });

  test('E73: a receiver that ends leaves its sockets; its successor reads what waits in them', async () => {
    const sockets = openHeartbeatSockets([ANY], 1);
    closers.push(sockets.close);
    const taking: OpenReceiver = async (_addresses, sources, clock, handlers) => {
      const receiver = openRecvmmsgReceiver(sockets.fds[0]!, sources, clock, handlers);
      return { receiver, turn: turnOf(receiver), close: () => receiver.close() };
    };
    const first = new ReceiverHarness();
    await first.open(taking, []);
    expect(first.receiver.addresses).toEqual(sockets.addresses);
    const sender = await first.sender('127.0.0.1');
    closers.push(() => sender.close());
    await send(sender, new Uint8Array([1]));
    await first.until(() => first.received.length === 1);
    await first.receiver.close();
    for (let i = 2; i <= 600; i++) await send(sender, new Uint8Array([i & 255]));
    await first.turn();
    expect(first.received.length).toBe(1);
    const second = new ReceiverHarness();
    await second.open(taking, []);
    await second.until(() => second.received.length === 599);
    expect(second.received.map(({ bytes }) => bytes[0])).toEqual(
      Array.from({ length: 599 }, (_, i) => (i + 2) & 255),
    );
  });

  test('E73: a socket that fails is told once, and the horizon stands from then on', async () => {
    const sockets = openHeartbeatSockets([ANY, { host: '::1', port: 0 }], 1);
    const harness = new ReceiverHarness();
    await harness.open(async (_addresses, sources, clock, handlers) => {
      const receiver = openRecvmmsgReceiver(sockets.fds[0]!, sources, clock, handlers);
      return { receiver, turn: turnOf(receiver), close: () => receiver.close() };
    }, []);
    await harness.turn();
    const [ipv4, ipv6] = sockets.fds[0] as [number, number];
    closers.push(() => closeSocket(ipv4));
    closeSocket(ipv6);
    await harness.turn();
    expect(harness.faults).toEqual([]);
    await harness.until(() => harness.faults.length === 1);
    const horizonMs = harness.receiver.horizonMs();
    const sender = await harness.sender('127.0.0.1');
    closers.push(() => sender.close());
    await send(sender, new Uint8Array(32));
    await harness.until(() => harness.received.length === 1);
    for (let i = 0; i < 3; i++) await harness.turn();
    expect(harness.faults.map(({ message }) => message)).toEqual([
      `recvmmsg EBADF ::1:${sockets.addresses[1]!.port}`,
    ]);
    expect(harness.receiver.horizonMs()).toBe(horizonMs);
    expect(harness.receiver.kernelDrops()).toBe(0);
  });
});

test('E76: under forced collections every byte that arrives is the one that was sent', async () => {
  const child = new URL('../testing/receiver-gc-child.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', child, '3000']);
  const found = JSON.parse(stdout) as GcFindings;
  expect(found.wrong).toBe(0);
  expect(found.read).toBeGreaterThan(2_000);
  expect(found.collections).toBeGreaterThan(20);
});
