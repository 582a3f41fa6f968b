import { expect, test } from 'vitest';
import { storeContract } from '../store.contract.ts';
import { hostEvent, openEpisode } from '../testing/samples.ts';
import { MemoryStore } from './memory-store.ts';

storeContract('memory', { create: async () => new MemoryStore(), restart: async (store) => store });

const limits = { eventsPerHost: 3, events: 8, resolvedAlerts: 2 };
const hostId = (n: number): string => n.toString(16).padStart(16, '0');

test('it says that it does not outlive the process', () => {
  expect(new MemoryStore()).toMatchObject({ kind: 'memory', durable: false });
});

test('one busy host keeps its newest events and takes nothing from the others', async () => {
  const store = new MemoryStore(limits);
  await store.append({ events: [hostEvent(0, { hostId: hostId(1) })] }, 'history');
  for (let at = 1; at <= 5; at++) {
    await store.append({ events: [hostEvent(at, { hostId: hostId(2) })] }, 'history');
  }
  const instants = async (id?: string) =>
    (await store.events({ limit: 99, hostId: id })).events.map((event) => event.at);
  expect(await instants(hostId(2))).toEqual([5, 4, 3]);
  expect(await instants(hostId(1))).toEqual([0]);
  expect(await instants()).toEqual([5, 4, 3, 0]);
});

test('the whole is bounded and hosts agree with it, over many turns of the ring and with trimming', async () => {
  const store = new MemoryStore(limits);
  for (let at = 0; at < 1_000; at++) {
    await store.append({ events: [hostEvent(at, { hostId: hostId((at * 7) % 5) })] }, 'history');
    if (at % 11 === 0) await store.trim(at - 2);
    const all = (await store.events({ limit: 99 })).events;
    expect(all.length).toBeLessThanOrEqual(limits.events);
    for (let host = 0; host < 5; host++) {
      const own = (await store.events({ limit: 99, hostId: hostId(host) })).events;
      expect(own).toEqual(all.filter((event) => event.hostId === hostId(host)));
      expect(own.length).toBeLessThanOrEqual(limits.eventsPerHost);
    }
  }
});

test('of resolved alerts the last closed stay; open ones all stay', async () => {
  const store = new MemoryStore(limits);
  const episodes = [1, 2, 3, 4, 5].map((n) => openEpisode(n, n));
  await store.append({ episodes }, 'history');
  expect((await store.alerts({ status: 'open', limit: 99, staleBeforeMs: 0 })).alerts).toHaveLength(5);
  const closed = episodes.map((e) => ({ ...e, alert: { ...e.alert, closedAt: 50 - e.alert.episode } }));
  await store.append({ episodes: closed }, 'history');
  const resolved = (await store.alerts({ status: 'resolved', limit: 99, staleBeforeMs: 0 })).alerts;
  expect(resolved.map((alert) => alert.episode)).toEqual([4, 5]);
});
