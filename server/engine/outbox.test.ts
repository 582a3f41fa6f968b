import { expect, test } from 'vitest';
import { TransitionKind } from './events.ts';
import { EVENTS_A_HOST } from './news-merge.ts';
import { MAX_BATCH, MAX_DESCRIBED, Outbox } from './outbox.ts';
import { beatBytes, helloBytes, INCARNATION, joined, ShardProbe } from './testing/shard-probe.ts';

const HOSTS = 10_000;

function describe(outbox: Outbox, row: number, name: string | null = `h${row}`, isNew = true): void {
  outbox.describe({ row, hostId: row.toString(16).padStart(16, '0'), name, labels: {} }, isNew);
}

function happen(outbox: Outbox, row: number, kind: number = TransitionKind.up): void {
  outbox.transition(row, kind, 0, 0, 1, 1, 0, 0);
}

test('E160: what does not fit waits for the next batch, and no transition comes before the description of its host', () => {
  const outbox = new Outbox(3, HOSTS);
  // Many are described anew, to whom nothing happens; then come hosts that are new.
  for (let row = 0; row < 5_000; row++) describe(outbox, row, `h${row}`, false);
  for (let row = 5_000; row < HOSTS; row++) {
    describe(outbox, row);
    happen(outbox, row);
  }
  const known = new Set<number>();
  let told = 0;
  while (!outbox.isEmpty) {
    const { shard, described, transitions } = outbox.take();
    expect(shard).toBe(3);
    expect(described.length).toBeLessThanOrEqual(MAX_DESCRIBED);
    expect(transitions.length).toBeLessThanOrEqual(MAX_BATCH);
    for (const { row } of described) known.add(row);
    for (const row of transitions.rows) {
      expect(known.has(row)).toBe(true);
      expect(row).toBe(5_000 + told++);
    }
  }
  expect([known.size, told]).toEqual([HOSTS, HOSTS - 5_000]);
});

test('E160: what happens to hosts main knows waits for no description', () => {
  const outbox = new Outbox(0, HOSTS);
  for (let row = 0; row < HOSTS; row++) describe(outbox, row, `renamed ${row}`, false);
  happen(outbox, HOSTS - 1);
  expect([...outbox.take().transitions.rows]).toEqual([HOSTS - 1]);
  // One that is new stays so when it is described again.
  describe(outbox, 0, 'first');
  describe(outbox, 0, 'second', false);
  happen(outbox, 0);
  while (outbox.size > 0) {
    const { described, transitions } = outbox.take();
    if (transitions.length > 0) expect(described.map(({ row }) => row)).toContain(0);
  }
});

test('E160: of a host that is described again and again the newest description waits', () => {
  const outbox = new Outbox(0, HOSTS);
  for (let i = 0; i < 50_000; i++) describe(outbox, i % 2, `name ${i}`);
  expect(outbox.size).toBe(2);
  expect(outbox.take().described.map(({ name }) => name)).toEqual(['name 49998', 'name 49999']);
});

test('E160: new addresses come before what happened to those who have them', () => {
  const probe = new ShardProbe({ maxHosts: HOSTS });
  const collect = probe.collect.bind(probe);
  probe.collect = () => undefined as never;
  const hosts = MAX_DESCRIBED + 900;
  for (let i = 0; i < hosts; i++) {
    probe.nowMs += 100;
    probe.source = `10.1.${i >> 8}.${i & 255}`;
    expect(probe.beat(`h${i}`)).toBe('accepted');
  }
  const first = collect();
  expect([first.sources.length, first.transitions.length]).toEqual([MAX_DESCRIBED, 0]);
  const second = collect();
  expect([second.sources.length, second.transitions.length]).toEqual([900, hosts]);
  expect(probe.shard.hasNews).toBe(false);
});

test('E116: one datagram of restarts and a thousand relabellings are few news', () => {
  const probe = new ShardProbe();
  const collect = probe.collect.bind(probe);
  probe.collect = () => undefined as never;
  probe.hello('a');
  const runs = Array.from({ length: 46 }, (_, i) => beatBytes('a', { incarnation: INCARNATION + 1 + i }));
  expect(probe.send(joined(...runs))).toMatch(/^accepted( accepted){45}$/);
  for (let i = 0; i < 1_000; i++)
    probe.send(helloBytes('a', { v: String(i) }, { incarnation: INCARNATION + 46, seq: 2 + i }));
  const { described, transitions } = collect();
  expect(described.map(({ labels }) => labels)).toEqual([{ v: '999' }]);
  const { up, restarted } = TransitionKind;
  expect([...transitions.kinds]).toEqual([up, ...Array(EVENTS_A_HOST - 1).fill(restarted)]);
  expect(probe.shard.newsMerged).toBe(46 + 1 - EVENTS_A_HOST);
});

test('E161: of a removed host nothing is told any longer, and of the one after it in its row all is', () => {
  const probe = new ShardProbe();
  const collect = probe.collect.bind(probe);
  probe.collect = () => undefined as never;
  probe.hello('a');
  probe.hello('b');
  probe.shard.remove(probe.rowOf('a'), probe.nowMs);
  expect(probe.hello('a', {}, { seq: 2 })).toBe('accepted');
  const { described, transitions } = collect();
  expect(described.map(({ name }) => name)).toEqual(['b', 'a']);
  expect([...transitions.rows]).toEqual([probe.rowOf('b'), probe.rowOf('a')]);
});
