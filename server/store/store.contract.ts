/** What every store must do, whatever it keeps its rows in. Each adapter's test calls this with a fresh store. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEntry } from '#lib/protocol/account.ts';
import type { AlertStatus } from '#lib/protocol/alert.ts';
import { eachHost } from './host-page.ts';
import type {
  AlertKey,
  Store,
  StoredHost,
  StoredSession,
  StoredToken,
  StoredUser,
  TimelineQuery,
} from './store.ts';
import { HOSTS, hostEvent, openEpisode } from './testing/samples.ts';
import { availabilityOf } from './timeline.ts';

const ack = { by: 'ada', at: 5, comment: null, expiresAt: null };
const START_MS = 1_000_000;

const user = (name: string, over: Partial<StoredUser> = {}): StoredUser => ({
  name,
  role: 'operator',
  passwordHash: `hash of ${name}`,
  createdAt: 1,
  lastSeenAt: null,
  ...over,
});
const session = (id: string, owner: string): StoredSession => ({
  id,
  secretHash: `secret of ${id}`,
  user: owner,
  createdAt: 1,
  lastSeenAt: 2,
  expiresAt: 3,
  address: '::1',
  userAgent: null,
});
const token = (id: string, owner: string): StoredToken => ({
  id,
  secretHash: `secret of ${id}`,
  name: 'ci',
  user: owner,
  role: 'viewer',
  createdAt: 1,
  lastUsedAt: null,
  expiresAt: null,
});
const entry = (at: number, over: Partial<AuditEntry> = {}): AuditEntry => ({
  at,
  actor: 'ada',
  action: 'acknowledge',
  target: null,
  detail: null,
  ...over,
});
const storedHost = (id: string, over: Partial<StoredHost> = {}): StoredHost => ({
  id,
  name: `host-${id}`,
  labels: { dc: 'fra', rack: 'r1' },
  intervalMs: 1_000,
  registeredAt: 7,
  confirmed: true,
  left: null,
  ...over,
});

export type StoreUnderTest = {
  create(): Promise<Store>;
  /** The store a new run would get; a store that ends with the process gives itself. */
  restart(store: Store): Promise<Store>;
};

export function storeContract(name: string, { create, restart }: StoreUnderTest): void {
  describe(`store contract: ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await create();
      await store.load(START_MS);
    });
    afterEach(() => store.close());

    const again = async (nowMs: number) => {
      store = await restart(store);
      return store.load(nowMs);
    };
    const ids = async (status: AlertStatus, staleBeforeMs = 0) =>
      (await store.alerts({ status, limit: 100, staleBeforeMs })).alerts.map((alert) => alert.id);
    const instants = async (query: object = {}) =>
      (await store.events({ limit: 100, ...query })).events.map((event) => event.at);
    const register = async () => {
      const hosts: StoredHost[] = [];
      for await (const host of eachHost(store.hosts())) hosts.push(host);
      return hosts.sort((a, b) => (a.id < b.id ? -1 : 1));
    };

    test('S1: a new store is empty, can be written to and begins with the default settings', async () => {
      expect(await store.events({ limit: 10 })).toEqual({ events: [], next: null });
      expect(await ids('open')).toEqual([]);
      expect(await store.alert(`${HOSTS[0]}-1`)).toBeNull();
      expect(await store.audit({ limit: 10 })).toEqual({ entries: [], next: null });
      expect(await register()).toEqual([]);
      expect(await again(START_MS + 1)).toEqual({
        episodes: [],
        tombstones: [],
        episodeNumbers: [],
        accounts: { users: [], sessions: [], tokens: [] },
        settings: { commentRequired: false },
      });
      expect(store.health()).toMatchObject({ writable: true, detail: null, waiting: 0, dropped: 0 });
    });

    const pages = async () => {
      const found: Buffer[] = [];
      for await (const windows of store.replayWindows()) found.push(Buffer.from(windows));
      return found.sort((a, b) => a.length - b.length);
    };
    const windows = async () => (await pages()).map(String).sort();
    const page = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text));

    test('S29: a page of replay windows replaces what the same run saved under its number, to the byte', async () => {
      expect(await windows()).toEqual([]);
      const large = Uint8Array.from({ length: 82_000 }, (_, i) => (i * 7) & 255);
      await store.saveReplayWindows('e1', 0, page('first'));
      await store.saveReplayWindows('e1', 1, page('second'));
      await store.saveReplayWindows('e1', 0, page('again'));
      await store.saveReplayWindows('e1', 2, new Uint8Array(0));
      expect(await windows()).toEqual(['', 'again', 'second']);
      await store.saveReplayWindows('e1', 1, large);
      await again(START_MS + 1);
      const kept = await pages();
      expect([kept.length, kept[2]!.equals(large)]).toEqual([3, true]);
    });

    test('S30: pages of earlier runs stay until a run says that it has saved all it knows', async () => {
      for (let i = 0; i < 40; i++) await store.saveReplayWindows('e1', i, page(`old ${i}`));
      await again(START_MS + 1);
      await store.saveReplayWindows('e2', 0, page('new'));
      expect(await windows()).toHaveLength(41);
      await store.keepReplayWindowsOf('e2');
      expect(await windows()).toEqual(['new']);
      await again(START_MS + 2);
      expect(await windows()).toEqual(['new']);
    });

    test('S1: events come back whole, newest first, in the order of appending', async () => {
      const evidence = {
        kind: 'timeout',
        silentMs: 5_000,
        intervalMs: 1_000,
        source: '10.1.4.7',
        lostBeats: 1,
        expectedBeats: 64,
      } as const;
      const down = hostEvent(9, { kind: 'down', reason: 'silent', evidence });
      const unheard = hostEvent(9, { kind: 'down', evidence: { ...evidence, source: null, unheard: true } });
      const connected = hostEvent(9, { kind: 'down', evidence: { ...evidence, connected: true } });
      const acknowledged = hostEvent(8, { kind: 'acknowledged', by: 'ada' });
      const named = hostEvent(10, { kind: 'registered', by: 'ada' });
      await store.append({ events: [hostEvent(1), down] }, 'history');
      await store.append({ events: [acknowledged, named, connected, unheard] }, 'command');
      await again(START_MS + 1);
      expect((await store.events({ limit: 10 })).events).toEqual([
        unheard,
        connected,
        named,
        acknowledged,
        down,
        hostEvent(1),
      ]);
    });

    test('S1: appends nobody waits for keep their order, history and commands alike', async () => {
      const appends = [1, 2, 3, 4].map((at) =>
        store.append(
          { events: [hostEvent(at)], episodes: [openEpisode(1, at)] },
          at % 2 === 0 ? 'command' : 'history',
        ),
      );
      await Promise.all(appends);
      expect(await instants()).toEqual([4, 3, 2, 1]);
      expect((await store.alert(`${HOSTS[0]}-1`))?.openedAt).toBe(4);
    });

    test('S1: a batch of many rows is kept as one of few is', async () => {
      const events = Array.from({ length: 9_000 }, (_, i) => hostEvent(i, { hostId: HOSTS[i % 2]! }));
      const hosts = Array.from({ length: 5_000 }, (_, i) => storedHost(i.toString(16).padStart(16, '0')));
      await store.append({ events, hosts }, 'command');
      expect(await register()).toHaveLength(5_000);
      expect(await instants({ limit: 3 })).toEqual([8_999, 8_998, 8_997]);
    });

    test('S3: events of one host, of a span, and page by page', async () => {
      const events = [1, 2, 3, 4, 5, 6].map((at) => hostEvent(at, { hostId: HOSTS[at % 2]! }));
      await store.append({ events }, 'history');
      expect(await instants({ hostId: HOSTS[1] })).toEqual([5, 3, 1]);
      expect(await instants({ hostId: 'ffffffffffffffff' })).toEqual([]);
      expect(await instants({ fromMs: 2, toMs: 4 })).toEqual([4, 3, 2]);
      expect(await instants({ hostId: HOSTS[0], fromMs: 3, toMs: 5 })).toEqual([4]);
      for (const query of [{}, { hostId: HOSTS[1] }, { fromMs: 2, toMs: 5 }]) {
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

    test('S3: a page of events goes on where it ended although newer events arrive', async () => {
      await store.append({ events: [1, 2, 3, 4].map((at) => hostEvent(at)) }, 'history');
      const first = await store.events({ limit: 2 });
      await store.append({ events: [hostEvent(5)] }, 'history');
      const second = await store.events({ limit: 2, before: first.next! });
      expect(second).toEqual({ events: [hostEvent(2), hostEvent(1)], next: null });
    });

    test('S3: a page of audit entries goes on where it ended although newer ones arrive', async () => {
      const entries = [1, 2, 3].map((at) => entry(at, { target: `t${at}`, detail: 'x\n"<b>' }));
      await store.append({ audit: entries }, 'command');
      const first = await store.audit({ limit: 2 });
      expect(first.entries).toEqual([entries[2], entries[1]]);
      await store.append({ audit: [entry(4)] }, 'history');
      expect(await store.audit({ limit: 2, before: first.next! })).toEqual({
        entries: [entries[0]],
        next: null,
      });
    });

    test('S2: an episode is replaced under its id and moves between the statuses', async () => {
      const opened = openEpisode(1, 10);
      const { id } = opened.alert;
      const statuses = async () => [
        await ids('open'),
        await ids('unhandled'),
        await ids('acknowledged'),
        await ids('resolved'),
      ];
      await store.append({ episodes: [opened] }, 'history');
      expect(await statuses()).toEqual([[id], [id], [], []]);
      const taken = { ...opened, alert: { ...opened.alert, ack }, batchId: 'b1' };
      await store.append({ episodes: [taken] }, 'command');
      expect(await statuses()).toEqual([[id], [], [id], []]);
      const closed = { ...taken, alert: { ...taken.alert, closedAt: 20 }, closedBy: 'up' as const };
      await store.append({ episodes: [closed] }, 'history');
      expect(await statuses()).toEqual([[], [], [], [id]]);
      expect(await store.alert(id)).toEqual(closed.alert);
      await store.append({ episodes: [taken] }, 'history');
      expect(await statuses()).toEqual([[id], [], [id], []]);
    });

    test('S4: stale ones first, then newest first, page by page', async () => {
      const episodes = [1, 2, 3, 4, 5].map((n) => openEpisode(n, 100 - 10 * (n % 3)));
      await store.append({ episodes }, 'history');
      const named = (numbers: number[]) => numbers.map((n) => `${HOSTS[0]}-${n}`);
      expect(await ids('open')).toEqual(named([3, 1, 4, 2, 5]));
      expect(await ids('open', 90)).toEqual(named([2, 5, 3, 1, 4]));
      expect(await ids('open', 95)).toEqual(named([1, 4, 2, 5, 3]));
      const acked = episodes[1]!;
      await store.append(
        { episodes: [{ ...acked, alert: { ...acked.alert, ack }, batchId: 'b' }] },
        'command',
      );
      expect(await ids('unhandled', 90)).toEqual(named([5, 3, 1, 4]));
      for (const status of ['open', 'unhandled', 'acknowledged'] as const) {
        for (const limit of [1, 2, 3]) {
          const paged: string[] = [];
          let after: AlertKey | undefined;
          do {
            const page = await store.alerts({ status, limit, after, staleBeforeMs: 90 });
            paged.push(...page.alerts.map((alert) => alert.id));
            after = page.next ?? undefined;
          } while (after !== undefined);
          expect(paged, `${status} by ${limit}`).toEqual(await ids(status, 90));
        }
      }
      const closed = episodes.map((e) => ({ ...e, alert: { ...e.alert, closedAt: 200 + e.alert.episode } }));
      await store.append({ episodes: closed }, 'history');
      expect(await ids('resolved', 90)).toEqual(named([5, 4, 3, 2, 1]));
      const page = await store.alerts({ status: 'resolved', limit: 2, staleBeforeMs: 90 });
      const next = await store.alerts({ status: 'resolved', limit: 2, staleBeforeMs: 90, after: page.next! });
      expect(next.alerts.map((alert) => alert.id)).toEqual(named([3, 2]));
    });

    test('S3: a page of alerts skips nothing when others open and close in between', async () => {
      const episodes = [1, 2, 3, 4].map((n) => openEpisode(n, n));
      await store.append({ episodes }, 'history');
      const first = await store.alerts({ status: 'open', limit: 2, staleBeforeMs: 0 });
      const closing = { ...episodes[2]!, alert: { ...episodes[2]!.alert, closedAt: 9 } };
      await store.append({ episodes: [closing, openEpisode(5, 5)] }, 'history');
      const second = await store.alerts({ status: 'open', limit: 2, staleBeforeMs: 0, after: first.next! });
      expect(second.alerts.map((alert) => alert.episode)).toEqual([2, 1]);
      expect(second.next).toBeNull();
    });

    test('S2: the register is the hosts as they were last put', async () => {
      const evidence = {
        kind: 'bye',
        silentMs: 1,
        intervalMs: 2_500.5,
        source: null,
        lostBeats: 0,
        expectedBeats: 0,
      } as const;
      const left = storedHost(HOSTS[1], { name: null, labels: {}, left: { at: 9, evidence } });
      const unheard = { unheard: true } as const;
      await store.append({ hosts: [storedHost(HOSTS[0], unheard), storedHost(HOSTS[1])] }, 'history');
      await again(START_MS);
      expect(await register()).toEqual([storedHost(HOSTS[0], unheard), storedHost(HOSTS[1])]);
      await store.append(
        { hosts: [storedHost(HOSTS[0], { intervalMs: 2_500.5, confirmed: false }), left] },
        'history',
      );
      await again(START_MS + 1);
      expect(await register()).toEqual([
        storedHost(HOSTS[0], { intervalMs: 2_500.5, confirmed: false }),
        left,
      ]);
    });

    test('S5: a removed host leaves the register and keeps its tombstone, history and number', async () => {
      const closed = openEpisode(3, 10);
      await store.append(
        {
          events: [hostEvent(1)],
          hosts: [storedHost(HOSTS[0])],
          episodes: [{ ...closed, closedBy: 'removed', alert: { ...closed.alert, closedAt: 11 } }],
        },
        'history',
      );
      await store.append({ removed: [{ id: HOSTS[0], at: 12 }], events: [hostEvent(12)] }, 'command');
      const state = await again(START_MS);
      expect(state.tombstones).toEqual([HOSTS[0]]);
      expect(state.episodes).toEqual([]);
      expect(state.episodeNumbers).toEqual([[HOSTS[0], 3]]);
      expect(await register()).toEqual([]);
      expect(await instants({ hostId: HOSTS[0] })).toEqual([12, 1]);
      expect(await store.alert(`${HOSTS[0]}-3`)).not.toBeNull();
      await store.append({ hosts: [storedHost(HOSTS[0])] }, 'history');
      expect((await again(START_MS + 1)).tombstones).toEqual([]);
      expect(await register()).toEqual([storedHost(HOSTS[0])]);
    });

    test('S5: a host that was removed and returned within one batch is in the register', async () => {
      await store.append({ removed: [{ id: HOSTS[0], at: 1 }], hosts: [storedHost(HOSTS[0])] }, 'history');
      expect((await again(START_MS + 1)).tombstones).toEqual([]);
      expect(await register()).toHaveLength(1);
    });

    test('S7: a start is given what is open, what may be resumed, and the numbers of the others', async () => {
      const now = START_MS + 500_000;
      const on = (
        host: number,
        episode: number,
        openedAt: number,
        closedAt: number | null,
        timeoutMs = 5_000,
      ) => {
        const hostId = host.toString(16).padStart(16, '0');
        const { alert } = openEpisode(episode, openedAt);
        return {
          alert: { ...alert, id: `${hostId}-${episode}`, hostId, closedAt },
          timeoutMs,
          closedBy: closedAt === null ? null : ('up' as const),
          batchId: null,
          downAt: openedAt + 1,
        };
      };
      const open = [on(1, 4, 50, null), on(2, 1, 40, null)];
      const resumable = [on(4, 1, 45, now - 900_000, 300_000), on(3, 9, 45, now - 60_000)];
      const over = [on(5, 7, 30, now - 60_001), on(6, 1, 30, 90), on(6, 12, 100, 110), on(1, 1, 1, 2)];
      const byLeaving = { ...on(7, 2, 45, now - 10), closedBy: 'left' as const };
      // A machine's clock can be set back: what closed before the newest episode of its host is over all the same.
      const ahead = [on(1, 3, 20, now + 9), on(8, 1, 20, now + 9)];
      const left = { ...on(8, 2, 30, 35), closedBy: 'left' as const };
      await store.append(
        { episodes: [...ahead, left, ...over, ...open, ...resumable, byLeaving] },
        'history',
      );
      const state = await again(now);
      expect(state.episodes).toEqual([open[1], open[0], ...resumable]);
      const numbers = state.episodeNumbers.map(([id, n]) => [Number.parseInt(id, 16), n]).sort();
      expect(numbers).toEqual([
        [5, 7],
        [6, 12],
        [7, 2],
        [8, 2],
      ]);
    });

    test('S6: accounts: put by name or id, deleted with what is theirs', async () => {
      await store.changeAccounts(
        [
          { type: 'put-user', user: user('Ada', { role: 'administrator' }) },
          { type: 'put-user', user: user('bob') },
          { type: 'put-session', session: session('s1', 'ada') },
          { type: 'put-session', session: session('s2', 'bob') },
          { type: 'put-session', session: session('s3', 'bob') },
          { type: 'put-token', token: token('t1', 'bob') },
          { type: 'put-token', token: token('t2', 'Ada') },
        ],
        [entry(1, { action: 'setup' })],
      );
      await store.changeAccounts(
        [
          { type: 'put-user', user: user('ADA', { role: 'viewer', lastSeenAt: 9 }) },
          { type: 'delete-session', id: 's2' },
        ],
        [],
      );
      const { accounts } = await again(START_MS + 1);
      const byName = accounts.users.toSorted(
        (a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1),
      );
      expect(byName).toEqual([user('ADA', { role: 'viewer', lastSeenAt: 9 }), user('bob')]);
      expect(accounts.sessions.map(({ id }) => id).sort()).toEqual(['s1', 's3']);
      expect(accounts.sessions.find(({ id }) => id === 's3')).toEqual(session('s3', 'bob'));
      expect(accounts.tokens.find(({ id }) => id === 't1')).toEqual(token('t1', 'bob'));
      await store.changeAccounts(
        [
          { type: 'delete-user', name: 'BOB' },
          { type: 'delete-token', id: 't2' },
        ],
        [],
      );
      const left = (await again(START_MS + 2)).accounts;
      expect(left.users.map(({ name: left }) => left)).toEqual(['ADA']);
      expect(left.sessions.map(({ id }) => id)).toEqual(['s1']);
      expect(left.tokens).toEqual([]);
    });

    test('S6: a session of nobody is refused with all that came with it', async () => {
      const changes = [
        { type: 'put-user', user: user('bob') },
        { type: 'put-session', session: session('s1', 'eve') },
      ] as const;
      await expect(store.changeAccounts(changes, [entry(1)])).rejects.toThrow('the store does not take this');
      const { accounts } = await again(START_MS + 1);
      expect(accounts).toEqual({ users: [], sessions: [], tokens: [] });
      expect((await store.audit({ limit: 9 })).entries).toEqual([]);
      expect(store.health()).toMatchObject({ writable: true });
    });

    test('S2: settings are what they were last changed to, with who did it', async () => {
      const changed = entry(5, { action: 'change-settings' });
      await store.changeSettings({ commentRequired: true }, changed);
      expect((await again(START_MS + 1)).settings).toEqual({ commentRequired: true });
      expect((await store.audit({ limit: 9 })).entries).toEqual([changed]);
    });

    const timeline = async (over: Partial<TimelineQuery> = {}) =>
      store.timeline({
        hostId: HOSTS[0],
        fromMs: START_MS,
        toMs: START_MS + 400,
        buckets: 4,
        present: 'up',
        ...over,
      });

    test('S8: a timeline is folded from the events of that host', async () => {
      const at = (ms: number, kind: 'registered' | 'up' | 'down' | 'left' | 'removed' | 'acknowledged') =>
        hostEvent(START_MS + ms, { kind });
      await store.append(
        {
          events: [
            at(10, 'registered'),
            at(50, 'down'),
            hostEvent(START_MS + 60, { hostId: HOSTS[1], kind: 'left' }),
            at(70, 'acknowledged'),
            at(150, 'up'),
            at(220, 'left'),
            at(350, 'removed'),
          ],
        },
        'history',
      );
      const result = await timeline();
      expect(result).toEqual({
        buckets: [
          [40, 50, 0, 10],
          [50, 50, 0, 0],
          [20, 0, 80, 0],
          [0, 0, 50, 50],
        ],
        downs: 1,
      });
      expect(availabilityOf(result.buckets)).toBeCloseTo(110 / 210);
    });

    test('S8: a host an operator named is unknown until it was heard', async () => {
      await store.append(
        {
          events: [
            hostEvent(START_MS + 100, { kind: 'registered', by: 'ada' }),
            hostEvent(START_MS + 200, { kind: 'up' }),
          ],
        },
        'command',
      );
      expect((await timeline()).buckets).toEqual([
        [0, 0, 0, 100],
        [0, 0, 0, 100],
        [100, 0, 0, 0],
        [100, 0, 0, 0],
      ]);
    });

    test('S10: without any event a host was what it is now; before the start nothing is known', async () => {
      const query = { fromMs: START_MS - 100, toMs: START_MS + 100, buckets: 2 };
      expect(await timeline({ ...query, present: 'down' })).toEqual({
        buckets: [
          [0, 0, 0, 100],
          [0, 100, 0, 0],
        ],
        downs: 0,
      });
      expect((await timeline({ ...query, present: 'absent' })).buckets[1]).toEqual([0, 0, 0, 100]);
    });

    test('S12: trimming takes what is old and leaves the register and what is open', async () => {
      const closed = (n: number, closedAt: number) => {
        const episode = openEpisode(n, 10);
        return { ...episode, closedBy: 'up' as const, alert: { ...episode.alert, closedAt } };
      };
      await store.append(
        {
          events: [1, 99, 50, 100, 101, 2].map((at) => hostEvent(at)),
          hosts: [storedHost(HOSTS[0], { registeredAt: 1 })],
          removed: [
            { id: HOSTS[1], at: 99 },
            { id: 'ffffffffffffffff', at: 100 },
          ],
          episodes: [closed(1, 99), closed(2, 100), openEpisode(3, 1)],
          audit: [entry(99), entry(100)],
        },
        'history',
      );
      // Four events, an alert, an audit entry, a tombstone.
      expect(await store.trim(100)).toBe(7);
      expect(await instants()).toEqual([101, 100]);
      expect(await instants({ hostId: HOSTS[0] })).toEqual([101, 100]);
      expect(await ids('resolved')).toEqual([`${HOSTS[0]}-2`]);
      expect(await ids('open')).toEqual([`${HOSTS[0]}-3`]);
      expect((await store.audit({ limit: 9 })).entries).toEqual([entry(100)]);
      const state = await again(START_MS + 1);
      expect(state.tombstones).toEqual(['ffffffffffffffff']);
      expect(await register()).toEqual([storedHost(HOSTS[0], { registeredAt: 1 })]);
      expect(await store.trim(100)).toBe(0);
    });

    test('S13: episode numbers outlive their alerts as long as the host is known', async () => {
      const closed = (hostId: string, n: number) => {
        const { alert, ...rest } = openEpisode(n, 10);
        return {
          ...rest,
          closedBy: 'up' as const,
          alert: { ...alert, id: `${hostId}-${n}`, hostId, closedAt: 20 },
        };
      };
      const gone = 'ffffffffffffffff';
      await store.append(
        {
          hosts: [storedHost(HOSTS[0])],
          removed: [
            { id: HOSTS[1], at: 150 },
            { id: gone, at: 30 },
          ],
          episodes: [closed(HOSTS[0], 4), closed(HOSTS[0], 5), closed(HOSTS[1], 10), closed(gone, 3)],
        },
        'history',
      );
      await store.trim(100);
      expect(await ids('resolved')).toEqual([]);
      expect([...(await again(START_MS + 1)).episodeNumbers].sort()).toEqual([
        [HOSTS[0], 5],
        [HOSTS[1], 10],
      ]);
      await store.trim(200);
      expect((await again(START_MS + 2)).episodeNumbers).toEqual([[HOSTS[0], 5]]);
    });

    test('S25: a closed store takes nothing more', async () => {
      const last = store.append({ events: [hostEvent(1)] }, 'history');
      await store.close();
      await last;
      if (store.durable)
        await expect(store.append({ events: [hostEvent(2)] }, 'history')).rejects.toThrow('closed');
    });
  });
}
