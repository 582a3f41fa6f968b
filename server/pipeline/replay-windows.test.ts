import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { clockFrom, clockOrigin } from '../clock.ts';
import { startEngine } from '../engine/index.ts';
import { packRestored } from '../engine/known-hosts.ts';
import { TaggedRuns } from '../engine/tags/tagged-runs.ts';
import { RECEIVER_MODES } from '../engine/testing/engine-modes.ts';
import { keyedProbe } from '../engine/testing/keyed-probe.ts';
import { beatBytes, INCARNATION, restoredHosts } from '../engine/testing/shard-probe.ts';
import { KEY_1, tagged } from '../engine/testing/tagged-bytes.ts';
import { hostIdHex } from '../host-id.ts';
import { MemoryStore } from '../store/memory/memory-store.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { ReplayWindows, readReplayWindows } from './replay-windows.ts';

type Probe = ReturnType<typeof keyedProbe>;

const open: ReplayWindows[] = [];
afterEach(async () => {
  for (const windows of open.splice(0)) await windows.finish();
});

function windowsOf(
  probe: Probe,
  store: Store,
  epoch = 'e1',
  everyMs?: number,
  isRestored = () => true,
): ReplayWindows {
  const windows = new ReplayWindows({
    runs: () => [new TaggedRuns(probe.columns, probe.marks)],
    isRestored,
    store,
    epoch,
    clock: () => probe.nowMs,
    ...(everyMs === undefined ? {} : { everyMs }),
  });
  open.push(windows);
  return windows;
}

/** Counts what is saved, by page. */
class CountingStore extends MemoryStore {
  readonly saved: number[] = [];
  refuses = false;

  override saveReplayWindows(epoch: string, page: number, windows: Uint8Array): Promise<void> {
    if (this.refuses) return Promise.reject(new StoreUnavailable('full'));
    this.saved.push(page);
    return super.saveReplayWindows(epoch, page, windows);
  }
}

const seqOf = async (store: Store, host: string) =>
  (await readReplayWindows(store)).of(hostIdHex(host))?.seq ?? null;

describe('saving', () => {
  test('P48: by itself every minute, what was said last', async () => {
    const probe = keyedProbe();
    const store = new MemoryStore();
    windowsOf(probe, store, 'e1', 5);
    probe.send(tagged(beatBytes('a', { seq: 7 })));
    await expect.poll(() => seqOf(store, 'a')).toBe(7);
    probe.nowMs += 10_000;
    probe.send(tagged(beatBytes('a', { seq: 8 })));
    await expect.poll(() => seqOf(store, 'a')).toBe(8);
    expect((await readReplayWindows(store)).of(hostIdHex('a'))).toEqual({ incarnation: INCARNATION, seq: 8 });
  });

  test('P48: a clean stop saves the rest, and later nothing is', async () => {
    const probe = keyedProbe();
    const store = new CountingStore();
    const windows = windowsOf(probe, store, 'e1', 3_600_000);
    probe.send(tagged(beatBytes('a', { seq: 7 })));
    await windows.finish();
    expect(await seqOf(store, 'a')).toBe(7);
  });

  test('P49: only pages in which something was heard or removed, one after the other', async () => {
    const probe = keyedProbe({ maxHosts: 20_000 });
    const hosts = Array.from({ length: 10_000 }, (_, i) => `h${i}`);
    probe.restore(Object.fromEntries(hosts.map((host) => [host, { incarnation: INCARNATION, seq: 5 }])));
    const store = new CountingStore();
    const windows = windowsOf(probe, store);
    const round = async () => {
      probe.nowMs += 60_000;
      await windows.save();
      return store.saved.splice(0);
    };
    expect(await round()).toEqual([0, 1, 2]);
    expect(await round()).toEqual([]);
    probe.send(tagged(beatBytes('h5000', { seq: 6 })));
    expect(await round()).toEqual([1]);
    probe.shard.remove(probe.rowOf('h9000'), probe.nowMs);
    expect([await round(), await round()]).toEqual([[2], []]);
    const saved = await readReplayWindows(store);
    expect([saved.length, saved.of(hostIdHex('h5000'))?.seq, saved.of(hostIdHex('h9000'))]).toEqual([
      9_999,
      6,
      null,
    ]);
  });

  test('P49: without hosts that speak with a tag nothing is saved', async () => {
    const probe = keyedProbe({ plainFrom: '127.0.0.1' });
    const store = new CountingStore();
    const windows = windowsOf(probe, store);
    probe.text('a');
    await windows.save();
    expect(store.saved).toEqual([]);
  });

  test('P50: a disk that takes nothing is no fault; what it did not take is saved later, and older pages stay', async () => {
    const store = new CountingStore();
    const before = keyedProbe();
    before.send(tagged(beatBytes('gone', { seq: 3 })));
    await windowsOf(before, store, 'e0').finish();
    const probe = keyedProbe();
    const windows = windowsOf(probe, store, 'e1');
    probe.send(tagged(beatBytes('a', { seq: 7 })));
    store.refuses = true;
    await windows.save();
    expect([await seqOf(store, 'gone'), await seqOf(store, 'a')]).toEqual([3, null]);
    store.refuses = false;
    probe.nowMs += 60_000;
    await windows.save();
    // This run has said all it knows: the earlier one's hosts were restored, or are not known any longer.
    expect([await seqOf(store, 'gone'), await seqOf(store, 'a')]).toEqual([null, 7]);
  });
});

describe('before every shard has placed the hosts of before', () => {
  test('P50: nothing of an earlier run goes, and who is placed later is saved later', async () => {
    const store = new MemoryStore();
    const before = keyedProbe();
    before.send(tagged(beatBytes('a', { seq: 3 })));
    before.send(tagged(beatBytes('b', { seq: 4 })));
    await windowsOf(before, store, 'e0').finish();
    const probe = keyedProbe();
    const restored = { a: { incarnation: INCARNATION, seq: 3 }, b: { incarnation: INCARNATION, seq: 4 } };
    let isRestored = false;
    const windows = windowsOf(probe, store, 'e1', undefined, () => isRestored);
    await windows.save();
    const hosts = packRestored(restoredHosts(restored));
    probe.shard.restore(hosts, 0, 1, probe.nowMs);
    const placedAtMs = probe.nowMs;
    probe.nowMs += 60_000;
    await windows.save();
    expect([await seqOf(store, 'a'), await seqOf(store, 'b')]).toEqual([3, 4]);
    probe.shard.restore(hosts, 1, 2, placedAtMs);
    isRestored = true;
    probe.nowMs += 60_000;
    await windows.save();
    const saved = await readReplayWindows(store);
    expect([saved.length, saved.of(hostIdHex('b'))?.seq]).toEqual([2, 4]);
  });

  test.each(RECEIVER_MODES)(
    'P50: an engine that is stopped right then forgets nothing ($receiver)',
    async (mode) => {
      const hosts = Object.fromEntries(
        Array.from({ length: 50_000 }, (_, i) => [`h${i}`, { incarnation: INCARNATION, seq: i + 1 }]),
      );
      const before = keyedProbe({ maxHosts: 50_000 });
      before.restore(hosts);
      const store = new MemoryStore();
      await windowsOf(before, store, 'e0').finish();
      const origin = clockOrigin();
      const engine = await startEngine({
        ...mode,
        addresses: [{ host: '127.0.0.1', port: 0 }],
        ...{ misses: 5, minTimeoutMs: 500, maxTimeoutMs: 3_600_000, maxHosts: 50_000, shards: 2, hold: true },
        tags: { keys: [KEY_1], plainFrom: [] },
        clockOrigin: origin,
        onBatch: () => {},
        onFault: (error) => {
          throw error;
        },
      });
      const { taggedRuns, isRestored } = engine;
      const windows = new ReplayWindows({
        ...{ runs: taggedRuns, isRestored, store, epoch: 'e1', clock: clockFrom(origin) },
      });
      expect(isRestored()).toBe(false);
      engine.restore(restoredHosts(hosts));
      expect(isRestored()).toBe(false);
      await engine.stop();
      await windows.finish();
      expect((await readReplayWindows(store)).length).toBe(50_000);
    },
  );
});

describe('after a stop', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pulsewatch-windows-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('P48: what was captured before is refused after it, on a real disk', async () => {
    const path = join(folder, 'pulsewatch.db');
    const capture = Array.from({ length: 30 }, (_, i) => tagged(beatBytes('a', { seq: i + 1 })));
    const before = keyedProbe();
    for (const message of capture) expect(before.send(message)).toBe('accepted');
    const first = await openSqliteStore({ path });
    await first.load(before.nowMs);
    await windowsOf(before, first).finish();
    await first.close();
    const second = await openSqliteStore({ path });
    await second.load(before.nowMs + 1);
    const saved = await readReplayWindows(second);
    const after = keyedProbe();
    after.restore({ a: saved.of(hostIdHex('a'))! });
    for (const message of capture) expect(after.send(message)).toBe('replay');
    expect(after.state('a')).toBe('pending');
    expect(after.send(tagged(beatBytes('a', { seq: 31 })))).toBe('accepted');
    await second.close();
    // Without what was saved the same capture makes it up: that is what saving is for.
    const naive = keyedProbe();
    naive.restore({ a: {} });
    expect(naive.send(capture[3]!)).toBe('accepted');
    open.length = 0;
  });
});
