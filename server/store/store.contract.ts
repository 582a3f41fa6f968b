/** What every store must do, whatever it keeps its rows in. Each adapter's test calls this with a fresh store. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Alert } from '#lib/protocol/alert.ts';
import type { HostEvent } from '#lib/protocol/host.ts';
import type { Store } from './store.ts';

const HOSTS = ['00000000000000a1', '00000000000000a2'] as const;

export function hostEvent(at: number, over: Partial<HostEvent> = {}): HostEvent {
  return {
    at,
    hostId: HOSTS[0],
    host: 'web-01',
    kind: 'up',
    reason: null,
    evidence: null,
    by: null,
    ...over,
  };
}

export function openAlert(episode: number, openedAt: number, over: Partial<Alert> = {}): Alert {
  return {
    id: `${HOSTS[0]}-${episode}`,
    hostId: HOSTS[0],
    host: 'web-01',
    episode,
    openedAt,
    closedAt: null,
    reason: 'no heartbeat for 5.0 s',
    evidence: null,
    incidentId: null,
    ack: null,
    ...over,
  };
}

const ack = { by: 'ada', at: 5, comment: null, expiresAt: null };

export function storeContract(name: string, create: () => Promise<Store>): void {
  describe(`store contract: ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await create();
    });
    afterEach(() => store.close());

    const openIds = async (status: 'open' | 'acknowledged' | 'resolved') =>
      (await store.alerts({ status, limit: 100 })).alerts.map((alert) => alert.id);

    test('a new store is empty', async () => {
      expect(await store.events({ limit: 10 })).toEqual({ events: [], next: null });
      expect(await store.alerts({ status: 'open', limit: 10 })).toEqual({ alerts: [], next: null });
      expect(await store.alert(`${HOSTS[0]}-1`)).toBeNull();
    });

    test('events come back whole, newest first, in the order of appending', async () => {
      const evidence = {
        kind: 'timeout',
        silentMs: 5_000,
        intervalMs: 1_000,
        source: '10.1.4.7',
        lostBeats: 1,
        expectedBeats: 64,
      } as const;
      const down = hostEvent(9, { kind: 'down', reason: 'silent', evidence });
      const acknowledged = hostEvent(8, { kind: 'acknowledged', by: 'ada' });
      await store.append({ events: [hostEvent(1), down], alerts: [] });
      await store.append({ events: [acknowledged], alerts: [] });
      expect((await store.events({ limit: 10 })).events).toEqual([acknowledged, down, hostEvent(1)]);
    });

    test('appends nobody waits for keep their order', async () => {
      const appends = [1, 2, 3, 4].map((at) => store.append({ events: [hostEvent(at)], alerts: [] }));
      await Promise.all(appends);
      expect((await store.events({ limit: 10 })).events.map((event) => event.at)).toEqual([4, 3, 2, 1]);
    });

    test('events of one host, of a span, and page by page', async () => {
      const events = [1, 2, 3, 4, 5, 6].map((at) => hostEvent(at, { hostId: HOSTS[at % 2]! }));
      await store.append({ events, alerts: [] });
      const instants = async (query: object) =>
        (await store.events({ limit: 10, ...query })).events.map((event) => event.at);
      expect(await instants({ hostId: HOSTS[1] })).toEqual([5, 3, 1]);
      expect(await instants({ hostId: 'ffffffffffffffff' })).toEqual([]);
      expect(await instants({ fromMs: 2, toMs: 4 })).toEqual([4, 3, 2]);
      for (const query of [{}, { hostId: HOSTS[1] }]) {
        const paged: number[] = [];
        let before: number | undefined;
        do {
          const page = await store.events({ ...query, limit: 2, before });
          expect(page.events.length).toBeLessThanOrEqual(2);
          paged.push(...page.events.map((event) => event.at));
          before = page.next ?? undefined;
        } while (before !== undefined);
        expect(paged).toEqual(await instants(query));
      }
    });

    test('a page goes on where it ended although newer events arrive', async () => {
      await store.append({ events: [1, 2, 3, 4].map((at) => hostEvent(at)), alerts: [] });
      const first = await store.events({ limit: 2 });
      await store.append({ events: [hostEvent(5)], alerts: [] });
      const second = await store.events({ limit: 2, before: first.next! });
      expect(second).toEqual({ events: [hostEvent(2), hostEvent(1)], next: null });
    });

    test('an alert is replaced under its id and moves between the statuses', async () => {
      const opened = openAlert(1, 10);
      await store.append({ events: [], alerts: [opened] });
      expect([await openIds('open'), await openIds('acknowledged'), await openIds('resolved')]).toEqual([
        [opened.id],
        [],
        [],
      ]);
      await store.append({ events: [], alerts: [{ ...opened, ack }] });
      expect([await openIds('open'), await openIds('acknowledged')]).toEqual([[opened.id], [opened.id]]);
      await store.append({ events: [], alerts: [{ ...opened, ack, closedAt: 20 }] });
      expect([await openIds('open'), await openIds('acknowledged'), await openIds('resolved')]).toEqual([
        [],
        [],
        [opened.id],
      ]);
      expect(await store.alert(opened.id)).toEqual({ ...opened, ack, closedAt: 20 });
      await store.append({ events: [], alerts: [{ ...opened, ack }] });
      expect([await openIds('open'), await openIds('resolved')]).toEqual([[opened.id], []]);
    });

    test('alerts: open by their opening, resolved by their closing, newest first, page by page', async () => {
      const alerts = [1, 2, 3, 4, 5].map((episode) => openAlert(episode, 100 - 10 * (episode % 3)));
      await store.append({ events: [], alerts });
      const order = [3, 1, 4, 2, 5].map((episode) => `${HOSTS[0]}-${episode}`);
      expect(await openIds('open')).toEqual(order);
      const paged: string[] = [];
      let after: { atMs: number; id: string } | undefined;
      do {
        const page = await store.alerts({ status: 'open', limit: 2, after });
        paged.push(...page.alerts.map((alert) => alert.id));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(paged).toEqual(order);
      await store.append({ events: [], alerts: alerts.map((a) => ({ ...a, closedAt: 200 + a.episode })) });
      expect(await openIds('resolved')).toEqual([5, 4, 3, 2, 1].map((episode) => `${HOSTS[0]}-${episode}`));
    });

    test('a page of alerts skips nothing when others open and close in between', async () => {
      const alerts = [1, 2, 3, 4].map((episode) => openAlert(episode, episode));
      await store.append({ events: [], alerts });
      const first = await store.alerts({ status: 'open', limit: 2 });
      await store.append({ events: [], alerts: [{ ...alerts[2]!, closedAt: 9 }, openAlert(5, 5)] });
      const second = await store.alerts({ status: 'open', limit: 2, after: first.next! });
      expect(second.alerts.map((alert) => alert.episode)).toEqual([2, 1]);
      expect(second.next).toBeNull();
    });
  });
}
