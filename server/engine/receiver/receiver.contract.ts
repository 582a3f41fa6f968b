/** What every receiver must do, whatever it reads with. Run by the test file of each. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { patternOf, readStamp } from '../testing/datagram-bytes.ts';
import { type OpenReceiver, openDescriptors, ReceiverHarness, send } from '../testing/receiver-harness.ts';
import type { StampingSender } from '../testing/stamping-sender-child.ts';

const IPV4 = { host: '127.0.0.1', port: 0 };
const IPV6 = { host: '::1', port: 0 };
const LONGEST = 65_507;
/** Two threads' clocks agree within some µs. */
const CLOCKS_APART_MS = 0.02;

export type ReceiverTraits = {
  /** Longer datagrams are handed out with this length; null: each with its own. */
  readonly cutAt: number | null;
  readonly countsDrops: boolean;
};

export function receiverContract(open: OpenReceiver, traits: ReceiverTraits): void {
  let harness: ReceiverHarness;

  beforeEach(() => {
    harness = new ReceiverHarness();
  });
  afterEach(() => harness.close());

  describe('datagrams', () => {
    test('E70: all of them, in order, byte for byte, with the address they came from', async () => {
      await harness.open(open, [IPV4, IPV6]);
      const one = await harness.sender('127.0.0.1');
      const two = await harness.sender('127.0.0.2');
      const six = await harness.sender('::1', 1);
      const senders = [one, two, six];
      const froms = ['127.0.0.1', '127.0.0.2', '::1'];
      const count = 1_200;
      for (let i = 0; i < count; i++) await send(senders[i % 3]!, patternOf(i, 32 + (i % 90)));
      await harness.until(() => harness.received.length >= count);
      const expected = Array.from({ length: count }, (_, i) => ({
        bytes: patternOf(i, 32 + (i % 90)),
        length: 32 + (i % 90),
        from: froms[i % 3],
      }));
      // Order holds within a socket.
      const of = (list: readonly { readonly from?: string }[], ipv6: boolean) =>
        list.filter(({ from }) => (from === '::1') === ipv6);
      expect(of(harness.received, false)).toEqual(of(expected, false));
      expect(of(harness.received, true)).toEqual(of(expected, true));
      expect(harness.batches).toBeGreaterThan(0);
    });

    test('E70: every length a slot can hold, and longer ones up to 65,507', async () => {
      await harness.open(open, [IPV4]);
      const sender = await harness.sender('127.0.0.1');
      const lengths: number[] = [];
      const wrong: string[] = [];
      const bytes = patternOf(7, LONGEST);
      harness.onDatagram = (got, at, length) => {
        const sent = lengths.shift()!;
        const kept = traits.cutAt === null ? sent : Math.min(sent, traits.cutAt);
        const last = Math.max(0, kept - 1);
        const same = length === 0 || (got[at] === bytes[0] && got[at + last] === bytes[last]);
        if (length !== kept || !same) wrong.push(`${sent} came as ${length}`);
      };
      const all = Array.from({ length: LONGEST + 1 }, (_, length) => length).filter(
        (length) => length <= 2_500 || length % 31 === 0 || length >= LONGEST - 3,
      );
      // The kernel counts up to twice a long one's length.
      const atOnce = Math.max(2, Math.floor(harness.receiver.receiveBufferBytes / (4 * LONGEST)));
      while (all.length > 0) {
        const some = all.splice(0, atOnce);
        lengths.push(...some);
        await Promise.all(some.map((length) => send(sender, bytes.subarray(0, length))));
        await harness.until(() => lengths.length === 0);
      }
      expect(wrong).toEqual([]);
    });
  });

  describe('horizon', () => {
    test('E71: it moves on an idle socket, and stands before the first look', async () => {
      await harness.open(open, [IPV4, IPV6]);
      expect(harness.receiver.horizonMs()).toBe(Number.NEGATIVE_INFINITY);
      for (let i = 0; i < 3; i++) {
        const nowMs = harness.clock();
        await harness.untilReadUpTo(nowMs);
        expect(harness.receiver.horizonMs()).toBeLessThanOrEqual(harness.clock());
      }
      expect(harness.horizonCalls).toBeGreaterThanOrEqual(3);
      expect(harness.received).toEqual([]);
    });

    test.each([
      { load: 'under steady load', waiting: 0 },
      { load: 'while the socket is never found empty', waiting: 1_500 },
    ])('E71: it moves $load, and is never ahead of what was handed out', async ({ waiting }) => {
      await harness.open(open, [IPV4]);
      const sender = await harness.sender('127.0.0.1');
      /** Instant by which datagram i waited in the socket. */
      const arrivedByMs: number[] = [];
      let handedOut = 0;
      let horizonMs = Number.NEGATIVE_INFINITY;
      let moves = 0;
      harness.onDatagram = (bytes, at) => {
        expect(new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0)).toBe(handedOut);
        handedOut++;
      };
      harness.onHorizon = () => {
        const nextMs = harness.receiver.horizonMs();
        if (nextMs > horizonMs) moves++;
        horizonMs = nextMs;
        const oldestWaiting = arrivedByMs[handedOut];
        if (oldestWaiting !== undefined) expect(horizonMs).toBeLessThanOrEqual(oldestWaiting);
      };
      const sendOne = async (): Promise<void> => {
        const bytes = new Uint8Array(32);
        new DataView(bytes.buffer).setUint32(0, arrivedByMs.length);
        await send(sender, bytes);
        arrivedByMs.push(harness.clock());
      };
      const neverBelow = async (left: number): Promise<void> => {
        while (arrivedByMs.length - handedOut < left) await sendOne();
      };
      await neverBelow(waiting);
      const deadlineMs = harness.clock() + 12_000;
      for (let turns = 0; moves < 4 || handedOut < 5_000; turns++) {
        if (turns % 3 === 0) harness.receiver.mark(harness.clock());
        await neverBelow(waiting + 40);
        await harness.turn();
        expect(harness.clock(), `${moves} moves after ${handedOut} datagrams`).toBeLessThan(deadlineMs);
      }
      // All that is left is read, and only then.
      await harness.until(() => handedOut === arrivedByMs.length);
      await harness.untilReadUpTo(arrivedByMs.at(-1)!);
    });
  });

  test('E71: it is never ahead of what another thread has sent meanwhile', async () => {
    await harness.open(open, [IPV4]);
    const stop = new SharedArrayBuffer(4);
    const setup: StampingSender = {
      port: harness.receiver.addresses[0]!.port,
      clockOrigin: harness.clockOrigin,
      stop,
    };
    let handedOut = 0;
    /** When the datagram before this one was handed out. */
    let horizonMs = Number.NEGATIVE_INFINITY;
    const wrong: string[] = [];
    harness.onDatagram = (bytes, at, length) => {
      const stamp = readStamp(bytes, at, length);
      // The one before waited in the socket before this one was stamped.
      if (stamp === null || horizonMs > stamp.atMs + CLOCKS_APART_MS)
        wrong.push(`${handedOut}: ${stamp?.atMs} ${horizonMs}`);
      horizonMs = harness.receiver.horizonMs();
      handedOut++;
    };
    const sender = new Worker(new URL('../testing/stamping-sender-child.ts', import.meta.url), {
      workerData: setup,
    });
    try {
      const endMs = harness.clock() + 1_000;
      await harness.until(() => {
        harness.receiver.mark(harness.clock());
        return handedOut > 5_000 && harness.clock() > endMs;
      });
    } finally {
      Atomics.store(new Int32Array(stop), 0, 1);
      await once(sender, 'exit');
    }
    expect(wrong).toEqual([]);
  });

  describe('drops', () => {
    test('E72: what was sent is what was handed out and what the kernel dropped, where that is counted', async () => {
      await harness.open(open, [IPV4]);
      const sender = await harness.sender('127.0.0.1');
      // Each takes its length of the receive buffer and more.
      const bytes = new Uint8Array(60_000);
      const count = Math.ceil((2 * harness.receiver.receiveBufferBytes) / bytes.length);
      let handedOut = 0;
      harness.onDatagram = (_bytes, _at, length) => {
        expect(length).toBe(traits.cutAt ?? bytes.length);
        handedOut++;
      };
      // All at once, so that the loop does not come round to read meanwhile.
      const sent: Promise<void>[] = [];
      for (let i = 0; i < count; i++) sent.push(send(sender, bytes));
      await Promise.all(sent);
      await harness.untilReadUpTo(harness.clock());
      expect(handedOut).toBeGreaterThan(0);
      if (traits.countsDrops) {
        expect(handedOut).toBeLessThan(count);
        // Markers may be among what was dropped.
        const dropped = (): number => harness.receiver.kernelDrops();
        await expect.poll(() => handedOut + dropped()).toBeGreaterThanOrEqual(count);
        expect(handedOut + dropped()).toBeLessThan(count + 100);
      } else expect(harness.receiver.kernelDrops()).toBe(0);
    });
  });

  describe('sockets', () => {
    test('E47: closing frees the port and every descriptor', async () => {
      // What the first opening loads stays.
      await harness.open(open, [IPV4]);
      await harness.close();
      const before = openDescriptors();
      await harness.open(open, [IPV4, IPV6]);
      const { addresses, receiveBufferBytes } = harness.receiver;
      expect(openDescriptors()).toBeGreaterThan(before);
      expect(receiveBufferBytes).toBeGreaterThanOrEqual(200_000);
      expect(addresses[0]!.port).toBe(addresses[1]!.port);
      await harness.close();
      expect(openDescriptors()).toBe(before);
      await harness.open(open, addresses);
      expect(harness.receiver.addresses).toEqual(addresses);
    });

    test('E47: a port in use, and an address that is not ours, in the words of Node; nothing stays open', async () => {
      await harness.open(open, [IPV4]);
      const { port } = harness.receiver.addresses[0]!;
      const before = openDescriptors();
      const other = new ReceiverHarness();
      const refused = [
        {
          addresses: [
            { host: '::1', port },
            { host: '127.0.0.1', port },
          ],
          error: {
            code: 'EADDRINUSE',
            syscall: 'bind',
            address: '127.0.0.1',
            port,
            message: `bind EADDRINUSE 127.0.0.1:${port}`,
          },
        },
        {
          addresses: [{ host: '203.0.113.9', port: 9 }],
          error: { code: 'EADDRNOTAVAIL', syscall: 'bind', address: '203.0.113.9', port: 9 },
        },
      ];
      for (const { addresses, error } of refused) {
        await expect(other.open(open, addresses)).rejects.toMatchObject(error);
        expect(openDescriptors()).toBe(before);
      }
    });
  });
}
