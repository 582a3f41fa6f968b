import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INCARNATION, ShardProbe, START_MS } from './testing/shard-probe.ts';

const DAY_MS = 24 * 3_600_000;

describe('seq', () => {
  test('E19: a higher seq refreshes', () => {
    const probe = new ShardProbe();
    expect(probe.beat('a', { seq: 5 })).toBe('accepted');
    probe.pass(700);
    expect(probe.beat('a', { seq: 9, lateMs: 12 })).toBe('accepted');
    expect(probe.read('a')).toMatchObject({ lastSeenAtMs: START_MS + 700, highSeq: 9, senderLateMs: 12 });
  });

  test('E20 E21: an older one fills the bitmap once and refreshes nothing; below the window is replay', () => {
    const probe = new ShardProbe();
    probe.beat('a', { seq: 1 });
    probe.beat('a', { seq: 70 });
    probe.pass(500);
    expect(probe.beat('a', { seq: 69, intervalMs: 9_000 })).toBe('accepted');
    expect(probe.beat('a', { seq: 7 })).toBe('accepted');
    expect(probe.beat('a', { seq: 6 })).toBe('replay');
    expect(probe.beat('a', { seq: 69 })).toBe('replay');
    expect(probe.beat('a', { seq: 70 })).toBe('replay');
    expect(probe.read('a')).toMatchObject({
      lastSeenAtMs: START_MS,
      intervalMs: 1_000,
      highSeq: 70,
      seen64: 0b11n | (1n << 63n),
    });
  });

  test('E19 E20 E21 E22: the window agrees with a plain set of seqs', () => {
    const seq = fc.oneof(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 0xffffff80, max: 0xffffffff }),
      fc.integer({ min: 1_000, max: 1_070 }),
    );
    fc.assert(
      fc.property(fc.array(seq, { minLength: 1, maxLength: 120 }), (seqs) => {
        const probe = new ShardProbe();
        const heard = new Set<number>();
        let high = 0;
        let lowest = 0;
        for (const [i, value] of seqs.entries()) {
          const stale = i > 0 && (heard.has(value) || value <= high - 64);
          expect(probe.beat('a', { seq: value })).toBe(stale ? 'replay' : 'accepted');
          if (stale) continue;
          heard.add(value);
          high = Math.max(high, value);
          lowest = i === 0 ? value : Math.min(lowest, value);
          let bits = 0n;
          for (let back = 0; back < 64; back++) if (heard.has(high - back)) bits |= 1n << BigInt(back);
          const expected = Math.min(64, high - lowest + 1);
          let lost = 0;
          for (let back = 0; back < expected; back++) if (!heard.has(high - back)) lost++;
          expect(probe.read('a')).toMatchObject({
            highSeq: high,
            seen64: bits,
            expectedBeats: expected,
            lostBeats: lost,
          });
        }
      }),
      { numRuns: 200 },
    );
  });

  test('E22: a verdict carries what was lost before it, from the first beat heard', () => {
    const probe = new ShardProbe();
    for (const seq of [101, 102, 105, 106]) probe.beat('a', { seq });
    probe.text('b');
    probe.pass(6_000);
    const downs = probe.events.filter(({ kind }) => kind === 'down');
    expect(downs.map(({ lost, expected }) => [lost, expected])).toEqual([
      [2, 6],
      [0, 0],
    ]);
  });
});

describe('incarnation', () => {
  test('E23: a larger one starts again and is told, except where there was none', () => {
    const probe = new ShardProbe();
    probe.beat('a', { seq: 900 });
    expect(probe.beat('a', { seq: 1, incarnation: INCARNATION + 1 })).toBe('accepted');
    expect(probe.read('a')).toMatchObject({ incarnation: INCARNATION + 1, highSeq: 1, expectedBeats: 1 });
    expect(probe.events.map(({ kind }) => kind)).toEqual(['up', 'restarted']);
    probe.pass(6_000);
    probe.news();
    probe.beat('a', { seq: 1, incarnation: INCARNATION + 2 });
    expect(probe.events.map(({ kind }) => kind)).toEqual(['up', 'restarted']);
    probe.text('b seq=3');
    probe.beat('b', { seq: 1 });
    expect(probe.news().slice(2)).toEqual(['b up']);
    expect(probe.read('b').incarnation).toBe(INCARNATION);
  });

  test('E24: a smaller one is old, one too far ahead is of the future, for unknown hosts too', () => {
    const probe = new ShardProbe();
    probe.beat('a', { seq: 5 });
    probe.pass(100);
    expect(probe.beat('a', { seq: 6, incarnation: INCARNATION - 1 })).toBe('old_incarnation');
    const aheadMs = probe.nowMs + DAY_MS;
    expect(probe.beat('a', { seq: 6, incarnation: aheadMs + 1 })).toBe('future_incarnation');
    expect(probe.beat('b', { seq: 6, incarnation: aheadMs + 1 })).toBe('future_incarnation');
    expect(probe.beat('b', { seq: 6, incarnation: 2 ** 63 })).toBe('future_incarnation');
    expect(probe.hello('b', {}, { incarnation: aheadMs + 1 })).toBe('future_incarnation');
    expect(probe.state('b')).toBe('unknown');
    expect(probe.read('a')).toMatchObject({ highSeq: 5, lastSeenAtMs: START_MS, incarnation: INCARNATION });
    expect(probe.beat('a', { seq: 1, incarnation: aheadMs })).toBe('accepted');
  });

  test('E24: a server whose clock fell behind the time of day locks nobody out', () => {
    const probe = new ShardProbe();
    const wallMs = START_MS + 30 * DAY_MS;
    expect(probe.beat('a', { incarnation: wallMs })).toBe('future_incarnation');
    probe.shard.tick(probe.nowMs, probe.nowMs, wallMs);
    expect(probe.beat('a', { incarnation: wallMs + DAY_MS })).toBe('accepted');
    expect(probe.beat('b', { incarnation: wallMs + DAY_MS + 1 })).toBe('future_incarnation');
    // Put back: the server's own clock is the measure again.
    probe.shard.tick(probe.nowMs, probe.nowMs, START_MS - DAY_MS);
    expect(probe.beat('b', { incarnation: START_MS + DAY_MS })).toBe('accepted');
    expect(probe.beat('c', { incarnation: START_MS + DAY_MS + 1 })).toBe('future_incarnation');
  });
});

describe('no lock-out', () => {
  /** A host whose incarnation is a day ahead, silent past its timeout. */
  function silentHost(): ShardProbe {
    const probe = new ShardProbe();
    probe.beat('a', { seq: 50, incarnation: START_MS + DAY_MS });
    probe.beat('a', { seq: 51, incarnation: START_MS + DAY_MS });
    probe.pass(5_100);
    probe.news();
    return probe;
  }

  test('E25: two refused beats in a row of one older incarnation start a new window', () => {
    const probe = silentHost();
    expect(probe.beat('a', { seq: 1 })).toBe('old_incarnation');
    probe.pass(1_000);
    expect(probe.state('a')).toBe('down');
    expect(probe.beat('a', { seq: 2 })).toBe('accepted');
    expect(probe.events.map(({ kind }) => kind)).toEqual(['up', 'restarted']);
    expect(probe.read('a')).toMatchObject({ incarnation: INCARNATION, highSeq: 2, expectedBeats: 1 });
  });

  test('E25 E125: the same incarnation counting from below starts a new window too, at its pace', () => {
    const probe = new ShardProbe();
    probe.beat('a', { seq: 5_000 });
    probe.pass(5_100);
    expect(probe.beat('a', { seq: 1 })).toBe('replay');
    probe.pass(1_000);
    expect(probe.hello('a', { rack: 'r' }, { seq: 2 })).toBe('accepted');
    expect(probe.described.at(-1)).toMatchObject({ name: 'a', labels: { rack: 'r' } });
    expect(probe.read('a')).toMatchObject({ highSeq: 2 });
    expect(probe.events.map(({ kind }) => kind)).toEqual(['up', 'late', 'down', 'up']);
  });

  test('E25: a host heard within its timeout cannot be taken over', () => {
    const probe = new ShardProbe();
    probe.beat('a', { seq: 50 });
    probe.pass(4_900);
    for (let seq = 1; seq < 10; seq++) {
      expect(probe.beat('a', { seq, incarnation: INCARNATION - 1 })).toBe('old_incarnation');
    }
    probe.pass(200);
    expect(probe.beat('a', { seq: 10, incarnation: INCARNATION - 1 })).toBe('old_incarnation');
    expect(probe.beat('a', { seq: 11, incarnation: INCARNATION - 1 })).toBe('accepted');
  });

  test.each([
    ['the same seq', { seq: 7 }, { seq: 7 }],
    ['a lower seq', { seq: 7 }, { seq: 6 }],
    ['a seq more than 64 on', { seq: 7 }, { seq: 72 }],
    ['another incarnation', { seq: 7 }, { seq: 8, incarnation: INCARNATION - 1 }],
  ])('E25: not by %s', (_, first, second) => {
    const probe = silentHost();
    expect(probe.beat('a', first)).toBe('old_incarnation');
    expect(probe.beat('a', second)).toBe('old_incarnation');
    expect(probe.state('a')).toBe('down');
  });

  test('E25: an accepted beat between the two breaks the row, a bye is no part of it', () => {
    const probe = silentHost();
    expect(probe.beat('a', { seq: 1 })).toBe('old_incarnation');
    expect(probe.beat('a', { seq: 49, incarnation: START_MS + DAY_MS })).toBe('accepted');
    expect(probe.beat('a', { seq: 2 })).toBe('old_incarnation');
    expect(probe.bye('a', { seq: 3 })).toBe('old_incarnation');
    expect(probe.state('a')).toBe('down');
    expect(probe.beat('a', { seq: 4 })).toBe('accepted');
  });

  test('E125: copies of what a down host sent never make it up, whatever their order and pace', () => {
    const probe = new ShardProbe();
    for (let seq = 1; seq <= 100; seq++) {
      probe.beat('a', { seq });
      probe.pass(1_000);
    }
    probe.pass(5_100);
    probe.news();
    // All of its last minute comes again, at the pace it was sent at and faster.
    for (let seq = 37; seq <= 100; seq++) {
      expect(probe.beat('a', { seq })).toBe('replay');
      probe.pass(seq % 2 === 0 ? 1_000 : 10);
    }
    expect([probe.state('a'), probe.news()]).toEqual(['down', []]);
  });

  test('E125: older ones that the network held back come in a burst, and count for nobody', () => {
    const probe = new ShardProbe();
    for (const seq of [1, 2, 3, 4, 5, 900]) probe.beat('a', { seq });
    probe.pass(5_100);
    probe.news();
    for (let burst = 0; burst < 3; burst++) {
      for (const seq of [1, 2, 3, 4, 5]) {
        expect(probe.beat('a', { seq })).toBe('replay');
        probe.pass(20);
      }
    }
    expect([probe.state('a'), probe.news()]).toEqual(['down', []]);
    // A burst is measured from its first: a sender that lives comes in, whatever came before it.
    for (const [seq, verdict] of [
      [6, 'replay'],
      [7, 'accepted'],
    ] as const) {
      probe.pass(1_000);
      expect(probe.beat('a', { seq: seq + 100 })).toBe(verdict);
    }
    expect(probe.state('a')).toBe('up');
  });

  test('E126: a whole fleet whose clock was set back comes in at its second beats', () => {
    const probe = new ShardProbe({ maxHosts: 10_000 });
    for (let i = 0; i < 10_000; i++) probe.beat(`h${i}`, { seq: 9 });
    probe.pass(5_100);
    const verdicts = [1, 2].map((seq) => {
      const round = new Set<string>();
      for (let i = 0; i < 10_000; i++) {
        round.add(probe.beat(`h${i}`, { seq, incarnation: INCARNATION - 1 }));
      }
      return [...round];
    });
    expect(verdicts).toEqual([['old_incarnation'], ['accepted']]);
  });

  test('E25: the next host in the same row begins without its challenger', () => {
    const probe = new ShardProbe({ maxHosts: 1 });
    probe.beat('a', { seq: 50 });
    probe.pass(5_100);
    expect(probe.beat('a', { seq: 1, incarnation: INCARNATION - 1 })).toBe('old_incarnation');
    const row = probe.rowOf('a');
    probe.shard.remove(row, probe.nowMs);
    probe.pass(601_000, 200);
    // Fresh rows are used first.
    for (let i = 0; probe.state('b') === 'unknown' || probe.rowOf('b') !== row; i++) {
      if (i > 0) probe.shard.remove(probe.rowOf('b'), probe.nowMs);
      probe.beat('b', { seq: 50 });
    }
    probe.pass(5_100);
    expect(probe.beat('b', { seq: 2, incarnation: INCARNATION - 1 })).toBe('old_incarnation');
    expect(probe.state('b')).toBe('down');
  });
});

describe('text', () => {
  test('E26: without seq it always refreshes', () => {
    const probe = new ShardProbe();
    probe.text('a');
    probe.pass(900);
    expect(probe.text('a')).toBe('accepted');
    expect(probe.read('a')).toMatchObject({ lastSeenAtMs: probe.nowMs, seen64: null, incarnation: null });
    probe.beat('b', { seq: 5 });
    probe.pass(900);
    expect(probe.text('b')).toBe('accepted');
    expect(probe.read('b')).toMatchObject({
      lastSeenAtMs: probe.nowMs,
      highSeq: 5,
      incarnation: INCARNATION,
    });
  });

  test('E26: with seq it is judged as binary, but seq 1 starts again', () => {
    const probe = new ShardProbe();
    probe.text('a seq=7');
    probe.pass(500);
    expect(probe.text('a seq=7')).toBe('replay');
    expect(probe.text('a seq=6')).toBe('accepted');
    expect(probe.read('a').lastSeenAtMs).toBe(START_MS);
    expect(probe.text('a seq=8')).toBe('accepted');
    expect(probe.read('a')).toMatchObject({ lastSeenAtMs: probe.nowMs, seen64: 0b111n });
    expect(probe.text('a seq=1')).toBe('accepted');
    expect(probe.read('a')).toMatchObject({ highSeq: 1, seen64: 1n });
  });

  test('E26: it never replaces a binary incarnation', () => {
    const probe = new ShardProbe();
    probe.beat('a', { seq: 5 });
    expect(probe.text('a seq=5')).toBe('replay');
    expect(probe.text('a seq=1')).toBe('accepted');
    expect(probe.read('a')).toMatchObject({ incarnation: INCARNATION, highSeq: 5 });
    expect(probe.text('a seq=6')).toBe('accepted');
    expect(probe.read('a')).toMatchObject({ incarnation: INCARNATION, highSeq: 6 });
    probe.beat('a', { seq: 500 });
    probe.pass(5_100);
    expect(probe.text('a seq=1')).toBe('replay');
    probe.pass(1_000);
    expect(probe.text('a seq=2')).toBe('accepted');
    expect(probe.state('a')).toBe('up');
    expect(probe.read('a').incarnation).toBe(INCARNATION);
  });
});

describe('leaving', () => {
  test('E27: a bye makes an up, a late and a down host left, once', () => {
    const probe = new ShardProbe();
    for (const host of ['down', 'late', 'up']) {
      probe.hello(host, {}, { seq: 1 });
      if (host !== 'up') probe.pass(host === 'down' ? 2_500 : 2_600);
    }
    expect(['up', 'late', 'down'].map((host) => probe.state(host))).toEqual(['up', 'late', 'down']);
    probe.news();
    for (const host of ['up', 'late', 'down']) expect(probe.bye(host, { seq: 2 })).toBe('accepted');
    expect(probe.bye('up', { seq: 3 })).toBe('accepted');
    expect(probe.news()).toEqual(['up left', 'late left', 'down left']);
    expect(probe.pass(20_000)).toEqual([]);
    expect(probe.state('up')).toBe('left');
  });

  test('E27: a bye obeys the rules of seq and incarnation', () => {
    const probe = new ShardProbe();
    expect(probe.bye('a')).toBe('unknown_host');
    expect(probe.text('a bye=1')).toBe('unknown_host');
    probe.beat('a', { seq: 5 });
    expect(probe.bye('a', { seq: 5 })).toBe('replay');
    expect(probe.bye('a', { seq: 4 })).toBe('accepted');
    expect(probe.bye('a', { seq: 6, incarnation: INCARNATION - 1 })).toBe('old_incarnation');
    expect(probe.state('a')).toBe('up');
    expect(probe.bye('a', { seq: 1, incarnation: INCARNATION + 1 })).toBe('accepted');
    expect(probe.events.map(({ kind }) => kind)).toEqual(['up', 'restarted', 'left']);
  });

  test('E28: only something newer makes a left host up again', () => {
    const probe = new ShardProbe();
    probe.hello('a', {}, { seq: 5 });
    probe.bye('a', { seq: 7 });
    probe.news();
    expect(probe.beat('a', { seq: 6 })).toBe('accepted');
    expect(probe.beat('a', { seq: 7 })).toBe('replay');
    expect(probe.beat('a', { seq: 9, incarnation: INCARNATION - 1 })).toBe('old_incarnation');
    expect(probe.state('a')).toBe('left');
    expect(probe.beat('a', { seq: 8 })).toBe('accepted');
    probe.bye('a', { seq: 9 });
    expect(probe.beat('a', { seq: 1, incarnation: INCARNATION + 1 })).toBe('accepted');
    probe.bye('a', { seq: 2, incarnation: INCARNATION + 1 });
    expect(probe.text('a')).toBe('accepted');
    expect(probe.news()).toEqual(['a up', 'a left', 'a up', 'a restarted', 'a left', 'a up']);
  });

  test('E25 E28: late copies of a run never undo its bye; an older incarnation in a row, and text, do', () => {
    const probe = new ShardProbe();
    for (const seq of [1, 2, 3, 100]) probe.beat('a', { seq });
    probe.bye('a', { seq: 101 });
    probe.pass(20_000);
    for (const seq of [2, 3, 4, 100]) {
      expect(probe.beat('a', { seq })).toBe('replay');
      probe.pass(1_000);
    }
    expect(probe.state('a')).toBe('left');
    expect(probe.beat('a', { seq: 1, incarnation: INCARNATION - 9 })).toBe('old_incarnation');
    expect(probe.beat('a', { seq: 2, incarnation: INCARNATION - 9 })).toBe('accepted');
    expect(probe.state('a')).toBe('up');
    for (const line of ['t seq=90', 't seq=91 bye=1']) probe.text(line);
    probe.pass(20_000);
    expect(probe.text('t seq=5')).toBe('replay');
    probe.pass(1_000);
    expect([probe.text('t seq=6'), probe.state('t')]).toEqual(['accepted', 'up']);
  });

  test('E29: a bye does not change the announced interval', () => {
    const probe = new ShardProbe();
    probe.text('a interval=30s');
    probe.text('a bye=1');
    expect(probe.read('a')).toMatchObject({ intervalMs: 30_000, timeoutMs: 150_000 });
  });
});
