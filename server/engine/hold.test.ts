import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecordKind } from './hand-over.ts';
import { Hold } from './hold.ts';
import { packRestored } from './known-hosts.ts';
import { ObservedClock } from './observed-clock.ts';
import { SourceBook } from './source-book.ts';
import {
  type BeatFields,
  beatBytes,
  helloBytes,
  joined,
  type ProbeEvent,
  restoredHosts,
  ShardProbe,
  START_MS,
} from './testing/shard-probe.ts';

const MIB = 1024 * 1024;
const NOTHING = (): void => {};
const ONE_SOURCE = 1;

/** One datagram from the address with the number. */
function hear(hold: Hold, bytes: Uint8Array, atMs: number, source = ONE_SOURCE): void {
  hold.receive(RecordKind.message, bytes, 0, bytes.length, source, atMs, 0);
}

/** With one address in it, which has the number above. */
function book(): SourceBook {
  const sources = new SourceBook(100);
  sources.keep(sources.ofText('10.9.9.9'));
  sources.keep(sources.ofText('::1'));
  sources.takeNew();
  return sources;
}

const text = (line: string): Uint8Array => new TextEncoder().encode(line);

type Datagram = { bytes: Uint8Array; source: string; atMs: number };
type Held = { probe: ShardProbe; hold: Hold; portions: number; more: boolean };

const BEFORE = restoredHosts({
  h0: {},
  h1: { state: 'down', confirmed: false },
  h2: { state: 'left' },
  h3: { intervalMs: 200, confirmed: false },
  h4: { intervalMs: 200, named: false },
  silent: { intervalMs: 100 },
});

/** A shard as it is after a hold of `held`, while `during` arrive one by one between the portions. */
function replayed(held: readonly Datagram[], during: Datagram[]): Held {
  const clock = new ObservedClock();
  const probe = new ShardProbe({ clock });
  const hold = new Hold(clock, probe.book);
  clock.alive(START_MS);
  hold.listening(START_MS);
  let nowMs = START_MS;
  const read = ({ bytes, source, atMs }: Datagram): void => {
    nowMs = atMs;
    hear(hold, bytes, nowMs, probe.book.ofText(source));
  };
  held.forEach(read);
  hold.restore(probe.shard, packRestored(BEFORE));
  const collect = (): void => void probe.collect();
  // What waits of one host is merged (E116): here the news of each datagram is taken, as it is live.
  Object.defineProperty(probe.shard, 'isFull', { get: () => true });
  let portions = 0;
  for (let more = true; more; portions++) {
    more = !hold.portion(nowMs, collect);
    const next = more ? during.shift() : undefined;
    if (next !== undefined) read(next);
  }
  probe.nowMs = nowMs;
  probe.collect();
  return { probe, hold, portions, more: false };
}

/** The same, heard live from the start but judged for silence from the end of the stream on only. */
function heardLive(datagrams: readonly Datagram[], judge: boolean): ShardProbe {
  const probe = new ShardProbe();
  probe.shard.clock.alive(START_MS);
  probe.shard.restore(packRestored(BEFORE), 0, BEFORE.length, START_MS);
  for (const { bytes, source, atMs } of datagrams) {
    probe.source = source;
    probe.nowMs = atMs;
    if (judge) probe.tick();
    probe.send(bytes);
  }
  return probe;
}

type Step = { what: number; host: number; ahead: number; interval: number; source: number; waitMs: number };

function datagramsOf(steps: readonly Step[]): Datagram[] {
  let atMs = START_MS;
  const seqs = new Map<string, number>();
  return steps.map(({ what, host, ahead, interval, source, waitMs }) => {
    atMs += waitMs;
    const name = `h${host}`;
    const seq = Math.max(1, (seqs.get(name) ?? 50) + ahead);
    seqs.set(name, seq);
    const fields: BeatFields = { seq, intervalMs: interval };
    const bytes = [
      () => beatBytes(name, fields),
      () => helloBytes(name, { rack: `r${host}` }, fields),
      () => text(`${name} interval=${interval}ms zone=z${ahead + 3}`),
      () => beatBytes(name, { ...fields, type: 3 }),
      () => joined(beatBytes(name, fields), beatBytes(`h${(host + 1) % 8}`, { ...fields, seq: seq + 1 })),
      () => beatBytes(name, { ...fields, incarnation: START_MS - 1_000 * host }),
      () => beatBytes(name, fields).subarray(0, 20),
    ][what]!();
    return { bytes, source: `10.0.0.${source}`, atMs };
  });
}

const step = (waitMs: fc.Arbitrary<number>): fc.Arbitrary<Step> =>
  fc.record({
    what: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(6)),
    host: fc.nat(7),
    ahead: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.integer({ min: -3, max: 3 })),
    interval: fc.constantFrom(100, 200, 1_000, 2_000),
    source: fc.nat(3),
    waitMs,
  });

/** How the stream is split, as shares: the part held, the part that arrives during the replay. */
const split = fc.tuple(fc.nat(100), fc.nat(100));

/** Everything told and counted, and when each host was last seen, as one text. */
function outcome({ shard, events, described, sources, columns }: ShardProbe): string {
  const byRow = events.map(({ host: _, ...event }) => event);
  return JSON.stringify([shard.counters, byRow, described, sources, [...columns.lastSeenAtMs]]);
}

describe('a hold', () => {
  test('E51 E61: held, read during the replay or live: the same verdicts, transitions and columns', {
    timeout: 60_000,
  }, () => {
    const wait = fc.oneof(
      { weight: 20, arbitrary: fc.nat(20) },
      { weight: 1, arbitrary: fc.nat(250) },
      { weight: 1, arbitrary: fc.integer({ min: 251, max: 4_000 }) },
    );
    fc.assert(
      fc.property(
        fc.array(step(wait), { minLength: 1, maxLength: 400, size: 'max' }),
        split,
        (steps, shares) => {
          const all = datagramsOf(steps);
          const heldTo = Math.floor((all.length * shares[0]) / 100);
          const during = all.slice(heldTo, heldTo + Math.floor(shares[1] / 10));
          const readBefore = heldTo + during.length;
          const { probe } = replayed(all.slice(0, heldTo), during);
          // What did not arrive before the replay ended arrives live.
          const live = all.slice(readBefore - during.length);
          const plain = heardLive(all.slice(0, readBefore - during.length), false);
          expect(outcome(probe)).toBe(outcome(plain));
          for (const one of [plain, probe]) {
            for (const { bytes, source, atMs } of live) {
              one.nowMs = Math.max(one.nowMs, atMs);
              one.source = source;
              one.tick();
              one.send(bytes);
            }
            one.pass(15_000, 100);
          }
          expect(outcome(probe)).toBe(outcome(plain));
        },
      ),
      { numRuns: 40, endOnFailure: true },
    );
  });

  test('E61: without blind spans the states are those of silence judged all along', {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(fc.array(step(fc.nat(200)), { minLength: 1, maxLength: 300, size: 'max' }), (steps) => {
        const all = datagramsOf(steps);
        const judgedAlong = heardLive(all, true);
        const { probe } = replayed(all, []);
        judgedAlong.tick();
        probe.tick();
        const states = ({ shard, columns }: ShardProbe): string =>
          JSON.stringify([shard.counters, [...columns.state], [...columns.lastSeenAtMs]]);
        expect(states(probe)).toBe(states(judgedAlong));
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  test("E58: minutes of hold are nobody's silence; who was silent meanwhile is found at its end", () => {
    const clock = new ObservedClock();
    const hold = new Hold(clock, book());
    const probe = new ShardProbe({ clock });
    const before = restoredHosts({ alive: {}, lately: {}, gone: {}, never: {} });
    hold.listening(START_MS);
    let nowMs = START_MS;
    for (; nowMs < START_MS + 180_000; nowMs += 50) {
      hold.turn(nowMs);
      const second = (nowMs - START_MS) / 1_000;
      if (!Number.isInteger(second)) continue;
      hear(hold, text('alive'), nowMs);
      if (second < 100) hear(hold, text('gone'), nowMs);
    }
    hear(hold, text('lately'), nowMs);
    expect(hold.portion(nowMs, NOTHING)).toBe(false);
    hold.restore(probe.shard, packRestored(before));
    const told: ProbeEvent[] = [];
    while (!hold.portion(nowMs, NOTHING)) expect(probe.shard.counters.read).toBeLessThan(281);
    expect(clock.blindMs).toBe(0);
    probe.nowMs = nowMs;
    probe.collect();
    told.push(...probe.events.splice(0));
    expect(told.map(({ kind, atMs }) => [kind, atMs - START_MS])).toEqual([
      ['up', 0],
      ['up', 0],
      ['up', 180_000],
    ]);
    probe.tick();
    expect(['alive', 'lately', 'gone', 'never'].map((name) => probe.state(name))).toEqual([
      'up',
      'up',
      'down',
      'down',
    ]);
  });

  test('E39 E58: a stall in the hold is blind time, and those who wait get it back', () => {
    const clock = new ObservedClock();
    const hold = new Hold(clock, book());
    const probe = new ShardProbe({ clock });
    hold.listening(START_MS);
    hold.turn(START_MS);
    hold.turn(START_MS + 60_000);
    hold.restore(probe.shard, packRestored(restoredHosts({ a: {} })));
    while (!hold.portion(START_MS + 60_000, NOTHING));
    expect(clock.blindMs).toBe(60_000);
    probe.nowMs = START_MS + 60_000;
    probe.tick();
    expect(probe.state('a')).toBe('pending');
    probe.pass(5_990);
    expect(probe.state('a')).toBe('pending');
    probe.pass(10);
    expect(probe.state('a')).toBe('down');
  });

  test.each([
    ['beats', beatBytes('a')],
    ['bundles', joined(...Array.from({ length: 46 }, (_, i) => beatBytes(`b${i}`)))],
  ])('E59: portions are bounded, and more than arrives between them (%s)', (_, bytes) => {
    const arriving = 64;
    const clock = new ObservedClock();
    const hold = new Hold(clock, book());
    const probe = new ShardProbe({ clock, maxHosts: 6_000 });
    hold.listening(START_MS);
    let sent = 0;
    const arrive = (count: number): void => {
      for (let i = 0; i < count; i++) hear(hold, bytes, START_MS);
      sent += count;
    };
    arrive(4_000);
    const hosts = Object.fromEntries(Array.from({ length: 5_000 }, (__, i) => [`h${i}`, {}]));
    hold.restore(probe.shard, packRestored(restoredHosts(hosts)));
    const messages = bytes.length / 32;
    let rows = 0;
    let read = 0;
    let portions = 0;
    for (let over = false; !over; portions++) {
      over = hold.portion(START_MS, () => probe.collect());
      const now = probe.columns.state.reduce((sum, state) => sum + (state === 0 ? 0 : 1), 0);
      if (read === 0) expect(now - rows).toBeLessThanOrEqual(1_024 + 47);
      // Five portions of rows come first: what arrived during them may make the next one larger.
      if (read > 0) expect((probe.shard.counters.read - read) / messages).toBeLessThanOrEqual(2 * arriving);
      rows = now;
      read = probe.shard.counters.read;
      if (!over) arrive(arriving);
      expect(portions).toBeLessThan(200);
    }
    expect(read).toBe(sent * messages);
    expect(portions).toBeGreaterThan(4_000 / 128);
  });

  test('E60: what found no room is counted, the time until the next that did is blind, the rest is judged', () => {
    const clock = new ObservedClock();
    const hold = new Hold(clock, book(), 3 * MIB);
    const probe = new ShardProbe({ clock });
    hold.listening(START_MS);
    let nowMs = START_MS;
    let sent = 0;
    let fullAtMs = 0;
    for (; hold.lost < 1_000; sent++) {
      nowMs += 0.01;
      hear(hold, beatBytes('a', { seq: sent + 1 }), nowMs);
      if (hold.lost === 0) fullAtMs = nowMs;
    }
    hold.turn(nowMs);
    expect(clock.blindMs).toBe(0);
    hold.restore(probe.shard, packRestored(restoredHosts({ a: {}, b: {} })));
    while (probe.shard.counters.read < 30_000) expect(hold.portion(nowMs, NOTHING)).toBe(false);
    // A whole chunk has been judged: there is room again.
    nowMs += 60_000;
    hear(hold, beatBytes('a', { seq: sent + 1 }), nowMs);
    expect(clock.blindMs).toBeCloseTo(nowMs - fullAtMs, 3);
    while (!hold.portion(nowMs, NOTHING));
    expect(hold.lost).toBe(1_000);
    expect(probe.shard.counters.accepted).toBe(sent + 1 - 1_000);
    probe.nowMs = nowMs;
    probe.tick();
    expect(probe.state('b')).toBe('pending');
    expect(probe.pass(6_500)).toContain('row 1 down');
  });

  test('E60: a hold that ends deaf was blind until then', () => {
    const clock = new ObservedClock();
    const hold = new Hold(clock, book(), 2 * MIB);
    const probe = new ShardProbe({ clock });
    hold.listening(START_MS);
    hold.turn(START_MS);
    while (hold.lost === 0) hear(hold, new Uint8Array(60_000), START_MS);
    for (let ms = 0; ms <= 100; ms += 10) hold.turn(START_MS + ms);
    expect(clock.blindMs).toBe(0);
    hold.restore(probe.shard, packRestored([]));
    while (!hold.portion(START_MS + 100, NOTHING));
    expect(clock.blindMs).toBe(100);
    clock.alive(START_MS + 200);
    expect(clock.blindMs).toBe(100);
  });
});
