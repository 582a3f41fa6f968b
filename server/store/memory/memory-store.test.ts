import { expect, test } from 'vitest';
import { hostEvent, openAlert, storeContract } from '../store.contract.ts';
import { MemoryStore } from './memory-store.ts';

storeContract('memory', async () => new MemoryStore());
storeContract('memory, with the ring wrapped around', async () => {
  const store = new MemoryStore({ eventsPerHost: 6, events: 6, resolvedAlerts: 10 });
  return store;
});

const limits = { eventsPerHost: 3, events: 8, resolvedAlerts: 2 };
const hostId = (n: number): string => n.toString(16).padStart(16, '0');

test('it says that it does not outlive the process', () => {
  expect(new MemoryStore()).toMatchObject({ kind: 'memory', durable: false });
});

test('one busy host keeps its newest events and takes nothing from the others', async () => {
  const store = new MemoryStore(limits);
  await store.append({ events: [hostEvent(0, { hostId: hostId(1) })], alerts: [] });
  for (let at = 1; at <= 5; at++)
    await store.append({ events: [hostEvent(at, { hostId: hostId(2) })], alerts: [] });
  const instants = async (id?: string) =>
    (await store.events({ limit: 99, hostId: id })).events.map((event) => event.at);
  expect(await instants(hostId(2))).toEqual([5, 4, 3]);
  expect(await instants(hostId(1))).toEqual([0]);
  expect(await instants()).toEqual([5, 4, 3, 0]);
});

test('the whole is bounded and hosts agree with it, over many turns of the ring', async () => {
  const store = new MemoryStore(limits);
  for (let at = 0; at < 1_000; at++) {
    await store.append({ events: [hostEvent(at, { hostId: hostId((at * 7) % 5) })], alerts: [] });
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
  const alerts = [1, 2, 3, 4, 5].map((episode) => openAlert(episode, episode));
  await store.append({ events: [], alerts });
  expect((await store.alerts({ status: 'open', limit: 99 })).alerts).toHaveLength(5);
  await store.append({
    events: [],
    alerts: alerts.map((alert) => ({ ...alert, closedAt: 50 - alert.episode })),
  });
  const resolved = (await store.alerts({ status: 'resolved', limit: 99 })).alerts;
  expect(resolved.map((alert) => alert.episode)).toEqual([4, 5]);
});
