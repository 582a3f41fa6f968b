import { afterEach, expect, test } from 'vitest';
import type { Evidence } from '#lib/protocol/host.ts';
import { StoreUnavailable } from '../store.ts';
import { hostEvent, openEpisode } from '../testing/samples.ts';
import type { ToWriter } from './messages.ts';
import { Outbox } from './outbox.ts';
import type { ChangeRows } from './rows.ts';

/** A disk that answers when it is told to. */
class Disk {
  readonly outbox = new Outbox({
    limits: { events: 1_000, audit: 10 },
    retryMs: 1e6,
    send: (message) => void this.sent.push(message),
  });
  readonly sent: ToWriter[] = [];
  #answered = 0;

  get jobs(): number[] {
    const writes = this.sent.filter((message) => message.type === 'write' && message.last);
    return writes.map((message) => (message as { id: number }).id).slice(this.#answered);
  }

  answer(outcome: 'written' | 'unavailable' | 'refused'): void {
    const ids = this.jobs;
    this.#answered += ids.length;
    this.outbox.wrote(ids, outcome, outcome === 'written' ? null : 'no room');
  }

  /** Rows sent since the last call. */
  take(): ChangeRows[] {
    const rows = this.sent
      .splice(0)
      .map((message) => (message.type === 'write' ? JSON.parse(message.json) : null));
    this.#answered = 0;
    return rows.filter((row) => row !== null);
  }
}

const disks: Disk[] = [];
const disk = () => {
  const made = new Disk();
  disks.push(made);
  return made;
};
/** Lets go of the timers. */
afterEach(async () => {
  for (const { outbox } of disks.splice(0)) {
    void outbox.close();
    outbox.fail('over');
  }
});

const events = (from: number, count: number) => Array.from({ length: count }, (_, i) => hostEvent(from + i));
const episode = (n: number, openedAt: number) => ({ events: [], episodes: [openEpisode(n, openedAt)] });
const instantsOf = (rows: readonly ChangeRows[]) => rows.flatMap((row) => row.events.map(([at]) => at));

test('S22: what waits is bounded: the oldest events go, of each episode and host the newest stays', () => {
  const { outbox, ...own } = disk();
  const made = disks.at(-1)!;
  expect(own).toBeDefined();
  void outbox.add({ events: events(0, 100), episodes: [openEpisode(1, 1)] }, 'history').catch(() => {});
  outbox.fail('no room');
  for (let i = 0; i < 40; i++) {
    void outbox
      .add(
        { events: events(1_000 * (i + 1), 100), ...{ episodes: [openEpisode(1, i), openEpisode(i + 2, i)] } },
        'history',
      )
      .catch(() => {});
    expect(outbox.health().waiting).toBeLessThan(1_000 * 1.25 + 100 + 50);
  }
  made.take();
  outbox.retry();
  const [first] = made.take();
  expect(first!.episodes).toHaveLength(41);
  expect(first!.episodes.find(([id]) => id.endsWith('-1'))![2]).toBe(39);
  // 41 batches of 100; the newest thousand are kept, each in its place.
  const kept = instantsOf([first!]);
  expect(kept).toHaveLength(1_000);
  expect(kept[0]).toBe(31_000);
  expect(kept.toSorted((a, b) => a - b)).toEqual(kept);
  expect(outbox.health()).toMatchObject({ writable: false, dropped: 3_100 });
});

test('S22: a host that was removed while nothing could be stored is removed, one that returned is there', () => {
  const made = disk();
  const host = { name: null, labels: {}, intervalMs: 1, registeredAt: 1, confirmed: true, left: null };
  const put = (id: string) => made.outbox.add({ hosts: [{ ...host, id }] }, 'history').catch(() => {});
  const remove = (id: string) => made.outbox.add({ removed: [{ id, at: 2 }] }, 'history').catch(() => {});
  void put('a');
  void remove('b');
  made.outbox.fail('no room');
  void remove('a');
  void put('b');
  made.take();
  made.outbox.retry();
  const [rows] = made.take();
  expect(rows!.hosts.map(([id]) => id)).toEqual(['b']);
  expect(rows!.removed).toEqual([['a', 2]]);
});

test('S21: what was sent and not confirmed is older than what came later, and is stored before it', async () => {
  const made = disk();
  const stored: string[] = [];
  const add = (name: string, at: number) =>
    made.outbox
      .add({ events: events(at, 1), episodes: [openEpisode(1, at)] }, 'history')
      .then(() => stored.push(name));
  const appends = [add('a', 1), add('b', 2)];
  made.outbox.fail('no room');
  appends.push(add('c', 3));
  made.outbox.retry();
  made.answer('unavailable');
  appends.push(add('d', 4));
  made.take();
  made.outbox.retry();
  expect(
    instantsOf(made.sent.map((m) => (m.type === 'write' ? JSON.parse(m.json) : null)).filter(Boolean)),
  ).toEqual([1, 2, 3, 4]);
  expect(stored).toEqual([]);
  made.answer('written');
  await Promise.all(appends);
  expect(made.outbox.health()).toEqual({ writable: true, detail: null, waiting: 0, dropped: 0 });
});

test('S21: commands among what was sent are refused, and those that come while it fails', async () => {
  const made = disk();
  const sent = made.outbox.add(episode(1, 1), 'command');
  made.answer('unavailable');
  await expect(sent).rejects.toThrow(StoreUnavailable);
  await expect(made.outbox.add(episode(2, 1), 'command')).rejects.toThrow('no room');
  made.outbox.retry();
  // With nothing that waits, something that changes nothing is written.
  made.answer('written');
  expect(made.outbox.health().writable).toBe(true);
});

test('S22: a disk that does not keep up is as one that takes nothing, until it has caught up', async () => {
  const made = disk();
  const appends = Array.from({ length: 30 }, (_, i) =>
    made.outbox.add({ events: events(i * 1_000, 1_000) }, 'history'),
  );
  expect(made.outbox.health()).toMatchObject({
    writable: false,
    detail: expect.stringMatching(/does not keep up/),
  });
  await expect(made.outbox.add(episode(1, 1), 'command')).rejects.toThrow('does not keep up');
  for (let turns = 0; !made.outbox.health().writable; turns++) {
    expect(turns).toBeLessThan(100);
    made.answer('written');
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(appends);
  expect(made.outbox.health().dropped).toBeGreaterThan(0);
});

test('S23: whatever went wrong in whatever order, with a disk that takes things again all is stored or told', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const made = disk();
    const appends: Promise<unknown>[] = [];
    for (let step = 0; step < 40; step++) {
      const [count, as] = [random(4) === 0 ? 6_000 : random(900), random(3) === 0 ? 'command' : 'history'];
      const added = made.outbox.add({ events: events(step, count) }, as as 'command' | 'history');
      appends.push(added.catch((error: Error) => expect(error.message).toMatch(/no room|does not keep up/)));
      // In every other run the disk is slow and nothing worse, so that no timer helps.
      const what = seed % 2 === 0 ? random(12) : random(8);
      if (seed % 2 === 0 && what > 0) continue;
      if (what < 3) made.answer('written');
      else if (what === 3) made.answer('unavailable');
      else if (what === 4) made.answer('refused');
      else if (what === 5) made.outbox.fail('no room');
      else if (what === 6) made.outbox.retry();
      if (random(2) === 0) await turn();
    }
    for (let turns = 0; !made.outbox.health().writable || made.outbox.health().waiting > 0; turns++) {
      expect(turns, `seed ${seed}: ${JSON.stringify(made.outbox.health())}`).toBeLessThan(400);
      made.answer('written');
      await turn();
      // As the timer would after a failure.
      if (seed % 2 === 1 && !made.outbox.health().writable && made.jobs.length === 0) made.outbox.retry();
    }
    await Promise.all(appends);
  }
});

test('S24: a refused batch is told to whoever waits and counted', async () => {
  const made = disk();
  const append = made.outbox.add({ events: events(1, 3) }, 'history');
  made.answer('refused');
  await expect(append).rejects.toThrow('the store does not take this: no room');
  expect(made.outbox.health()).toMatchObject({ writable: true, waiting: 0, dropped: 3 });
});

test('S33: what was not confirmed is sent again as it was, with all there is to it', async () => {
  const made = disk();
  const evidence: Evidence = {
    kind: 'timeout',
    silentMs: 5_000.5,
    intervalMs: 1_000,
    source: '::1',
    lostBeats: 2,
    expectedBeats: 9,
    unheard: true,
    connected: true,
  };
  const left = { at: 9, evidence };
  const host = {
    id: '00000000000000a1',
    name: null,
    labels: { rack: 'r1' },
    intervalMs: 10,
    registeredAt: 7,
  };
  const acked = openEpisode(1, 5);
  const ack = { by: 'ada', at: 6, comment: 'on it', expiresAt: 99 };
  const batch = {
    events: [
      hostEvent(1, { kind: 'down', reason: 'silent', evidence }),
      hostEvent(2, { kind: 'registered' }),
    ],
    episodes: [{ ...acked, alert: { ...acked.alert, evidence, ack }, batchId: 'b', closedBy: 'up' as const }],
    hosts: [
      { ...host, confirmed: true, left },
      { ...host, id: '00000000000000a2', name: 'web', confirmed: false, unheard: true as const, left: null },
    ],
    removed: [{ id: '00000000000000a3', at: 4 }],
    audit: [{ at: 3, actor: 'ada', action: 'acknowledge' as const, target: null, detail: 'one' }],
  };
  const lists = ['events', 'episodes', 'hosts', 'removed', 'audit'] as const;
  // The second one has to wait, so that both ways of keeping it are gone.
  const added = [made.outbox.add(batch, 'history'), made.outbox.add({ events: batch.events }, 'history')];
  const [first] = made.take();
  made.outbox.fail('no room');
  made.outbox.retry();
  const [again] = made.take();
  for (const list of lists) {
    const twice = list === 'events' ? [...first!.events, ...first!.events] : first![list];
    expect(again![list]).toEqual(twice);
  }
  expect(JSON.stringify(again!.hosts)).toContain('"rack":"r1"');
  made.outbox.wrote([2, 3], 'written', null);
  await new Promise((resolve) => setImmediate(resolve));
  made.outbox.wrote([3, 4], 'written', null);
  await Promise.all(added);
  expect(made.outbox.health()).toMatchObject({ writable: true, waiting: 0 });
});
