import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { type OpenReceiver, ReceiverHarness, send } from '../testing/receiver-harness.ts';
import { findSharedPort, openDgramReceiver } from './dgram.ts';
import { receiverContract } from './receiver.contract.ts';

const ANY = { host: '127.0.0.1', port: 0 };

function opening(shared: number | null): OpenReceiver {
  return async (addresses, sources, _clock, handlers) => {
    const receiver = await openDgramReceiver(addresses, sources, handlers, shared);
    return {
      receiver,
      turn: () => new Promise((resolve) => setImmediate(resolve)),
      close: () => receiver.close(),
    };
  };
}

describe('the contract, on node:dgram', () => {
  receiverContract(opening(null), { cutAt: null, countsDrops: process.platform === 'linux' });
});

describe('several receivers on one port', () => {
  const harnesses: ReceiverHarness[] = [];
  afterEach(async () => {
    for (const harness of harnesses.splice(0)) await harness.close();
  });

  async function openShared(count: number): Promise<ReceiverHarness[]> {
    const addresses = await findSharedPort([ANY, { host: '::1', port: 0 }]);
    for (let i = 0; i < count; i++) {
      const harness = new ReceiverHarness();
      harnesses.push(harness);
      await harness.open(opening(0x5eed), addresses);
      expect(harness.receiver.addresses).toEqual(addresses);
    }
    return harnesses;
  }

  test('E79: the markers of each find their way back, and none of them hands one out', async () => {
    const shards = await openShared(3);
    for (let round = 0; round < 3; round++) {
      const nowMs = shards[0]!.clock();
      await Promise.all(shards.map((harness) => harness.untilReadUpTo(nowMs)));
    }
    // One that stops leaves the others a different way, which they find.
    await harnesses.pop()!.close();
    const nowMs = shards[0]!.clock();
    await Promise.all(harnesses.map((harness) => harness.untilReadUpTo(nowMs)));
    expect(harnesses.flatMap(({ received }) => received)).toEqual([]);
  });

  test('E79: every datagram reaches exactly one of them', async () => {
    const shards = await openShared(2);
    const all = (): number[] => shards.flatMap(({ received }) => received.map(({ bytes }) => bytes[0]!));
    for (let i = 0; i < 40; i++) {
      const sender = await shards[0]!.sender('127.0.0.1');
      await send(sender, new Uint8Array([i]));
    }
    await shards[0]!.until(() => all().length === 40);
    expect(all().sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(shards.every(({ received }) => received.length > 0)).toBe(true);
  });

  test('E79: a port that another server shares among its own shards is in use', async () => {
    const [first] = await openShared(2);
    const { addresses } = first!.receiver;
    await expect(findSharedPort(addresses)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const holder = createSocket('udp4');
    holder.bind(0, '127.0.0.1');
    await once(holder, 'listening');
    await expect(findSharedPort([{ host: '127.0.0.1', port: holder.address().port }])).rejects.toMatchObject({
      code: 'EADDRINUSE',
      address: '127.0.0.1',
    });
    holder.close();
  });
});
