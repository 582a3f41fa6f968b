import { describe, expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { beatBytes, helloBytes, INCARNATION, joined, ShardProbe, START_MS } from './testing/shard-probe.ts';

/** A copy with one byte set. */
function patched(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

const tagged = (bytes: Uint8Array): Uint8Array => joined(patched(bytes, 2, 1), new Uint8Array(16));

describe('frames', () => {
  test('E2: the first byte tells the forms apart', () => {
    const probe = new ShardProbe();
    expect(probe.send(new Uint8Array(0))).toBe('too_short');
    expect(probe.send(beatBytes('a'))).toBe('accepted');
    expect(probe.text('b')).toBe('accepted');
    for (const first of [0x00, 0x20, 0x2d, 0x5f, 0xb6, 0xff]) {
      expect(probe.send(patched(beatBytes('c'), 0, first))).toBe('bad_magic');
    }
  });

  test('E3: binary headers that are none', () => {
    const probe = new ShardProbe();
    expect(probe.send(beatBytes('a').subarray(0, 31))).toBe('too_short');
    expect(probe.send(Uint8Array.of(0xb7))).toBe('too_short');
    for (const value of [0x01, 0x10, 0x14, 0x1f, 0x21, 0xff]) {
      expect(probe.send(patched(beatBytes('a'), 1, value))).toBe('bad_version');
    }
    for (const value of [2, 3, 0x80]) expect(probe.send(patched(beatBytes('a'), 2, value))).toBe('bad_flags');
    expect(probe.send(patched(beatBytes('a'), 3, 1))).toBe('bad_flags');
    expect(probe.state('a')).toBe('unknown');
  });

  test('E4: a bundle is n × 32 up to 1,472 bytes, each beat by itself', () => {
    const probe = new ShardProbe();
    const beats = Array.from({ length: 46 }, (_, i) => beatBytes(`h${i}`));
    expect(probe.send(joined(...beats))).toBe(Array(46).fill('accepted').join(' '));
    expect(probe.shard.counters.read).toBe(46);
    expect(probe.send(joined(...beats, beatBytes('x')))).toBe('bad_length');
    expect(probe.send(joined(beatBytes('x'), beatBytes('y')).subarray(0, 63))).toBe('bad_length');
    expect(probe.send(joined(beatBytes('h0', { seq: 2 }), beatBytes('h0'), beatBytes('new')))).toBe(
      'accepted accepted replay',
    );
    expect(probe.shard.counters.read).toBe(46 + 1 + 1 + 3);
  });

  test('E5: a later member that is no such beat is refused alone', () => {
    const probe = new ShardProbe();
    const a = beatBytes('a');
    const c = beatBytes('c');
    expect(probe.send(joined(a, patched(beatBytes('b'), 0, 65), c))).toBe('accepted accepted bad_magic');
    expect(probe.send(joined(beatBytes('a', { seq: 2 }), beatBytes('b', { type: 3 })))).toBe(
      'accepted bad_version',
    );
    expect(probe.send(joined(beatBytes('a', { seq: 3 }), patched(beatBytes('b'), 2, 1)))).toBe(
      'accepted bad_flags',
    );
    expect(probe.send(joined(beatBytes('a', { seq: 4 }), patched(beatBytes('b'), 3, 9)))).toBe(
      'accepted bad_flags',
    );
    expect(probe.state('b')).toBe('unknown');
  });

  test('E6: a bye is its header alone, a hello exactly its content', () => {
    const probe = new ShardProbe();
    probe.beat('a');
    const bye = beatBytes('a', { seq: 2, type: 3 });
    expect(probe.send(joined(bye, Uint8Array.of(0)))).toBe('bad_length');
    expect(probe.send(joined(bye, bye))).toBe('bad_length');
    const hello = helloBytes('a', { rack: 'r1' }, { seq: 3 });
    expect(probe.send(joined(hello, Uint8Array.of(0)))).toBe('bad_length');
    for (const cut of [1, 3, 9]) expect(probe.send(hello.subarray(0, hello.length - cut))).toBe('bad_length');
    expect(probe.send(hello.subarray(0, 33))).toBe('bad_length');
    expect(probe.state('a')).toBe('up');
    expect(probe.described).toHaveLength(1);
  });

  test('E7: tagged messages are refused for their key, after their length', () => {
    const probe = new ShardProbe();
    const beat = tagged(beatBytes('a'));
    expect(probe.send(beat)).toBe('unknown_key');
    expect(probe.send(patched(beat, 3, 7))).toBe('unknown_key');
    expect(probe.send(joined(beat, beat))).toBe('unknown_key unknown_key');
    expect(probe.send(beat.subarray(0, 32))).toBe('bad_length');
    expect(probe.send(tagged(beatBytes('a', { type: 3 })))).toBe('unknown_key');
    expect(probe.send(tagged(helloBytes('a')))).toBe('unknown_key');
    expect(probe.state('a')).toBe('unknown');
  });

  test('E8: interval 0 and seq 0', () => {
    const probe = new ShardProbe();
    expect(probe.send(patched(beatBytes('a'), 28, 0))).toBe('bad_interval');
    expect(probe.beat('a', { seq: 0 })).toBe('replay');
    expect(probe.state('a')).toBe('unknown');
    expect(probe.beat('a', { seq: 1, intervalMs: 10 })).toBe('accepted');
    expect(probe.read('a').intervalMs).toBe(10);
  });

  test('E9: a hello whose id is not that of its name changes nothing', () => {
    const probe = new ShardProbe();
    probe.hello('a', { rack: 'r1' });
    const before = [...probe.described];
    expect(probe.hello('b', { rack: 'r2' }, { idOf: 'a', seq: 2 })).toBe('bad_name');
    expect(probe.described).toEqual(before);
    expect(probe.read('a').highSeq).toBe(1);
    expect(probe.hello('b c')).toBe('bad_name');
    expect(probe.hello('b', { Rack: 'r' })).toBe('bad_label');
    expect(probe.hello('b', { rack: 'a b' })).toBe('bad_label');
    expect(probe.state('b')).toBe('unknown');
  });

  test.each([
    ['web-01 interval=5ms', 'bad_interval'],
    ['web-01 interval=656s', 'bad_interval'],
    ['web/01', 'bad_name'],
    ['a'.repeat(64), 'bad_name'],
    ['web-01 Rack=1', 'bad_label'],
    ['web-01 seq=0', 'bad_label'],
    ['web-01 bye=2', 'bad_label'],
    ['web-01 __proto__=1', 'bad_label'],
    [`web-01 x=${'y'.repeat(1_400)}`, 'bad_length'],
  ])('E10: %s is %s', (line, reason) => {
    const probe = new ShardProbe();
    expect(probe.text(line)).toBe(reason);
    expect(probe.state('web-01')).toBe('unknown');
  });
});

test('E10: bytes that are no UTF-8 are a wrong name or a wrong label by where they stand', () => {
  const probe = new ShardProbe();
  const bytes = (line: string): Uint8Array => Uint8Array.from(Buffer.from(line, 'latin1'));
  expect(probe.send(bytes('web\xff'))).toBe('bad_name');
  expect(probe.send(bytes('w\xe9b rack=\xff'))).toBe('bad_name');
  expect(probe.send(bytes('web rack=\xff'))).toBe('bad_label');
  expect(probe.send(bytes('web r\xffck=1'))).toBe('bad_label');
});

describe('descriptions', () => {
  test('E12: a beat registers a host without a name, its hello names it', () => {
    const probe = new ShardProbe();
    probe.beat('web-01');
    expect(probe.described).toEqual([
      { row: 0, hostId: hostIdHex('web-01'), name: null, labels: expect.anything() },
    ]);
    expect(Object.keys(probe.described[0]!.labels)).toEqual([]);
    expect(probe.events.map(({ kind, atMs }) => [kind, atMs])).toEqual([['up', START_MS]]);
    expect(probe.hello('web-01', { rack: 'r1' }, { seq: 2 })).toBe('accepted');
    expect(probe.described.at(-1)).toMatchObject({ row: 0, name: 'web-01', labels: { rack: 'r1' } });
    expect(probe.events).toHaveLength(1);
  });

  test('E13: a hello counts as a beat and is told once', () => {
    const probe = new ShardProbe();
    probe.hello('a', { rack: 'r1' });
    expect(probe.news()).toEqual(['a up']);
    probe.pass(2_000);
    expect(probe.hello('a', { rack: 'r1' }, { seq: 2 })).toBe('accepted');
    expect(probe.read('a').lastSeenAtMs).toBe(probe.nowMs);
    expect(probe.described).toHaveLength(1);
    probe.hello('a', { rack: 'r2' }, { seq: 3 });
    expect(probe.described.at(-1)!.labels).toEqual({ rack: 'r2' });
    expect(probe.described).toHaveLength(2);
  });

  test('E13: a late hello names a nameless host, and replaces nothing', () => {
    const probe = new ShardProbe();
    probe.beat('a', { seq: 3 });
    expect(probe.hello('a', { rack: 'r1' }, { seq: 2 })).toBe('accepted');
    expect(probe.described.map(({ name }) => name)).toEqual([null, 'a']);
    expect(probe.hello('a', { rack: 'old' }, { seq: 1 })).toBe('accepted');
    expect(probe.described).toHaveLength(2);
    expect(probe.hello('a', { rack: 'dup' }, { seq: 1 })).toBe('replay');
    expect(probe.described).toHaveLength(2);
  });

  test('E14: labels of a text heartbeat replace, none leave as they are, a bye never changes them', () => {
    const probe = new ShardProbe();
    probe.hello('a', { rack: 'r1', zone: 'z' });
    probe.text('a');
    expect(probe.described).toHaveLength(1);
    probe.text('a rack=r2');
    expect(probe.described.at(-1)!.labels).toEqual({ rack: 'r2' });
    probe.text('a rack=r2');
    expect(probe.described).toHaveLength(2);
    expect(probe.text('a rack=r3 bye=1')).toBe('accepted');
    expect(probe.described).toHaveLength(2);
    probe.beat('nameless');
    probe.text('nameless');
    expect(probe.described.at(-1)).toMatchObject({ name: 'nameless' });
  });
});

describe('admission', () => {
  test('E15: the limit is exact over shards that share the count', () => {
    const hostCount = new Int32Array(new SharedArrayBuffer(4));
    const one = new ShardProbe({ maxHosts: 5, hostCount });
    const two = new ShardProbe({ maxHosts: 5, hostCount });
    const verdicts = [];
    for (let i = 0; i < 4; i++) verdicts.push(one.beat(`a${i}`), two.beat(`b${i}`));
    expect(verdicts.filter((verdict) => verdict === 'accepted')).toHaveLength(5);
    expect(verdicts.slice(5)).toEqual(['host_limit', 'host_limit', 'host_limit']);
    expect(one.beat('a0', { seq: 2 })).toBe('accepted');
    expect(hostCount[0]).toBe(5);
  });

  test('E16: new hosts pass a bucket per source; known hosts and loopback pass freely', () => {
    const probe = new ShardProbe({ maxHosts: 10_000 });
    probe.source = '10.1.4.7';
    const verdicts = Array.from({ length: 700 }, (_, i) => probe.text(`a${i}`));
    expect(verdicts.indexOf('rate_limit')).toBe(500);
    expect(new Set(verdicts.slice(500))).toEqual(new Set(['rate_limit']));
    expect(probe.text('a0')).toBe('accepted');
    probe.source = '10.1.4.8';
    expect(probe.text('b0')).toBe('accepted');
    for (const loopback of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) {
      probe.source = loopback;
      for (let i = 0; i < 600; i++) expect(probe.text(`l${loopback.length}-${i}`)).toBe('accepted');
    }
    probe.source = '10.1.4.7';
    probe.pass(1_000);
    expect(
      Array.from({ length: 15 }, (_, i) => probe.text(`c${i}`)).filter((v) => v === 'accepted').length,
    ).toBe(10);
  });

  test('E16: forged sources meet the bucket for all', () => {
    const probe = new ShardProbe({ maxHosts: 5_000 });
    const verdicts = Array.from({ length: 1_100 }, (_, i) => {
      probe.source = `10.9.${i >> 8}.${i & 255}`;
      return probe.text(`a${i}`);
    });
    expect(verdicts.indexOf('rate_limit')).toBe(1_000);
    expect(new Set(verdicts.slice(1_000))).toEqual(new Set(['rate_limit']));
  });

  test('E17: source addresses are numbered once, IPv6 too, and bounded', () => {
    const probe = new ShardProbe({ maxHosts: 4 });
    probe.source = '::1';
    probe.beat('a');
    probe.source = '10.0.0.1';
    probe.beat('a', { seq: 2 });
    probe.source = '::1';
    probe.beat('a', { seq: 3 });
    expect(probe.sources).toEqual([
      [0, '::1'],
      [1, '10.0.0.1'],
    ]);
    expect(probe.read('a').sourceIndex).toBe(0);
    for (let i = 0; i < 2_000; i++) {
      probe.source = `10.2.${i >> 8}.${i & 255}`;
      expect(probe.beat('a', { seq: 4 + i })).toBe('accepted');
    }
    expect(probe.sources.length).toBeLessThan(1_200);
    expect(probe.read('a').sourceIndex).toBeNull();
    probe.source = '10.0.0.1';
    probe.beat('a', { seq: 3_000 });
    expect(probe.read('a').sourceIndex).toBe(1);
  });

  test('E18: a removed host is forgotten, its row rests for 10 minutes', () => {
    const probe = new ShardProbe({ maxHosts: 2 });
    probe.hello('a');
    probe.hello('b');
    const row = probe.rowOf('a');
    expect(probe.hello('c')).toBe('host_limit');
    probe.shard.remove(row, probe.nowMs);
    probe.shard.remove(row, probe.nowMs);
    probe.shard.remove(9_999, probe.nowMs);
    expect(probe.state('a')).toBe('unknown');
    expect(probe.bye('a', { seq: 2 })).toBe('unknown_host');
    expect(probe.hello('c')).toBe('accepted');
    expect(probe.rowOf('c')).not.toBe(row);
    expect(probe.hello('d')).toBe('host_limit');
    probe.news();
    expect(probe.pass(20_000)).toEqual(['b late', 'c late', 'b down', 'c down']);
    probe.shard.remove(probe.rowOf('b'), probe.nowMs);
    probe.pass(600_000 - 20_000 - 1_000, 200);
    expect(probe.beat('a', { seq: 7, incarnation: INCARNATION - 5 })).toBe('accepted');
    expect(probe.rowOf('a')).not.toBe(row);
    expect(probe.described.at(-1)).toMatchObject({ hostId: hostIdHex('a'), name: null });
    probe.shard.remove(probe.rowOf('a'), probe.nowMs);
    probe.pass(2_000);
    probe.hello('e');
    expect(probe.rowOf('e')).toBe(row);
    expect(probe.read('e')).toMatchObject({ highSeq: 1, expectedBeats: 1, heardAgain: false });
  });
});
