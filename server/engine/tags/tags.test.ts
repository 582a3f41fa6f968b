import { describe, expect, test } from 'vitest';
import { blockHolds, keyedProbe } from '../testing/keyed-probe.ts';
import { beatBytes, helloBytes, INCARNATION, joined, ShardProbe, START_MS } from '../testing/shard-probe.ts';
import { KEY_1, KEY_2, tagged } from '../testing/tagged-bytes.ts';
import { TagMark } from './tag-marks.ts';

/** Everything a row says of its host. */
function facts(probe: ReturnType<typeof keyedProbe>, host: string): unknown {
  const row = probe.rowOf(host);
  const { rows: _rows, table: _table, journal: _journal, ...columns } = probe.columns;
  return [...Object.values(columns).map((column) => column[row]), probe.marks[row]];
}

describe('who may speak', () => {
  test('E127: with keys, hellos, beats, byes and bundles need their tag', () => {
    const probe = keyedProbe();
    expect(probe.send(tagged(helloBytes('a', { rack: 'r1' }, { seq: 1 })))).toBe('accepted');
    expect(probe.described.at(-1)).toMatchObject({ name: 'a', labels: { rack: 'r1' } });
    expect(probe.send(tagged(beatBytes('a', { seq: 2 })))).toBe('accepted');
    const bundle = ['a', 'b', 'c'].map((host) => tagged(beatBytes(host, { seq: 3 })));
    expect(probe.send(joined(...bundle))).toBe('accepted accepted accepted');
    expect(probe.send(tagged(beatBytes('a', { seq: 4, type: 3 })))).toBe('accepted');
    expect(['a', 'b', 'c'].map((host) => probe.state(host))).toEqual(['left', 'up', 'up']);
  });

  test('E127: what is wrong of a tag is counted by its reason, member by member', () => {
    const probe = keyedProbe();
    const right = tagged(beatBytes('a', { seq: 1 }));
    const forged = right.slice();
    forged[47]! ^= 1;
    const strange = tagged(beatBytes('a', { seq: 1 }), { ...KEY_1, id: 9 });
    expect(probe.send(forged)).toBe('bad_tag');
    expect(probe.send(strange)).toBe('unknown_key');
    expect(probe.send(tagged(beatBytes('a'), { ...KEY_1, id: 0 }))).toBe('unknown_key');
    expect(probe.send(tagged(beatBytes('a'), { ...KEY_2, id: 1 }))).toBe('bad_tag');
    expect(probe.send(tagged(beatBytes('a'), KEY_1, 'b'))).toBe('bad_tag');
    for (const length of [33, 40, 47]) expect(probe.send(right.subarray(0, length))).toBe('bad_length');
    expect(probe.send(beatBytes('a'))).toBe('untagged');
    expect(probe.text('a interval=1s')).toBe('untagged');
    expect(probe.send(joined(beatBytes('a'), beatBytes('b')))).toBe('untagged untagged');
    expect(probe.send(joined(forged, strange, right))).toBe('accepted bad_tag unknown_key');
    const hello = tagged(helloBytes('b'));
    hello[33]! ^= 1;
    expect(probe.send(hello)).toBe('bad_name');
    expect(probe.send(tagged(helloBytes('b', {}, { idOf: 'c' })))).toBe('bad_name');
    expect(['a', 'b', 'c'].map((host) => probe.state(host))).toEqual(['up', 'unknown', 'unknown']);
  });

  test('E127: any bit of a tagged message turned makes it another, and it is refused', () => {
    const probe = keyedProbe();
    probe.send(tagged(beatBytes('a', { seq: 1 })));
    const message = tagged(beatBytes('a', { seq: 2 }));
    for (let bit = 0; bit < message.length * 8; bit++) {
      const turned = message.slice();
      turned[bit >> 3]! ^= 1 << (bit & 7);
      expect(probe.send(turned)).not.toContain('accepted');
    }
    expect(probe.send(message)).toBe('accepted');
  });

  test('E127: who is named may speak without, by address and by block, and text then works', () => {
    const probe = keyedProbe({ plainFrom: '10.1.0.0/16,::1' });
    for (const [source, verdict] of [
      ['10.1.4.7', 'accepted'],
      ['10.2.4.7', 'untagged'],
      ['::1', 'accepted'],
      ['127.0.0.1', 'untagged'],
      ['::ffff:10.1.9.9', 'accepted'],
    ] as const) {
      probe.source = source;
      expect([source, probe.text(`t${source.length}`)]).toEqual([source, verdict]);
      expect([source, probe.beat(`b${source.length}`)]).toEqual([source, verdict]);
    }
  });

  test('E127: an address that is not known is nobody’s', () => {
    const probe = keyedProbe({ plainFrom: '0.0.0.0/0,::/0' });
    probe.source = '10.1.4.7';
    expect(probe.text('a')).toBe('accepted');
    const bytes = beatBytes('b');
    probe.shard.receive(bytes, 0, bytes.length, 0xfffffffe, probe.nowMs);
    expect(probe.state('b')).toBe('unknown');
  });
});

describe('the order of what is looked at', () => {
  test('E128: nothing refused changes its host, whatever else is right in it', () => {
    const probe = keyedProbe();
    for (const seq of [10, 11, 13]) probe.send(tagged(beatBytes('a', { seq })));
    probe.pass(700);
    const before = facts(probe, 'a');
    const forged = (message: Uint8Array): Uint8Array => {
      const bytes = tagged(message);
      bytes[bytes.length - 1]! ^= 0x80;
      return bytes;
    };
    const verdicts = [
      forged(beatBytes('a', { seq: 14 })),
      forged(beatBytes('a', { seq: 12 })),
      forged(beatBytes('a', { seq: 14, type: 3 })),
      forged(beatBytes('a', { seq: 1, incarnation: INCARNATION + 9 })),
      forged(helloBytes('a', { rack: 'r9' }, { seq: 14 })),
      // The window is asked before the tag.
      forged(beatBytes('a', { seq: 13 })),
      forged(beatBytes('a', { seq: 99, incarnation: INCARNATION - 1 })),
      forged(beatBytes('a', { seq: 0 })),
      forged(beatBytes('b', { type: 3 })),
      tagged(beatBytes('a', { seq: 13 })),
      tagged(beatBytes('a', { seq: 99, incarnation: INCARNATION - 1 })),
      tagged(beatBytes('a', { seq: 14, incarnation: START_MS + 2 * 86_400_000 })),
    ].map((message) => probe.send(message));
    expect(verdicts).toEqual([
      ...['bad_tag', 'bad_tag', 'bad_tag', 'bad_tag', 'bad_tag', 'replay', 'old_incarnation', 'replay'],
      ...['unknown_host', 'replay', 'old_incarnation', 'future_incarnation'],
    ]);
    expect(facts(probe, 'a')).toEqual(before);
    expect(probe.described).toHaveLength(1);
    expect(probe.send(tagged(beatBytes('a', { seq: 12 })))).toBe('accepted');
    expect(probe.read('a').lastSeenAtMs).toBe(START_MS);
  });

  test('E128: forged strangers take no row, no token and no place in the book', () => {
    const probe = keyedProbe({ maxHosts: 4 });
    for (let i = 0; i < 2_000; i++) {
      probe.source = `10.9.${i >> 8}.${i & 255}`;
      expect(probe.send(tagged(beatBytes(`h${i}`), KEY_1, 'another'))).toBe('bad_tag');
    }
    expect([probe.book.next, probe.columns.state[0]]).toEqual([0, 0]);
    for (let i = 0; i < 4; i++) expect(probe.send(tagged(beatBytes(`h${i}`)))).toBe('accepted');
    expect(probe.send(tagged(beatBytes('h5')))).toBe('host_limit');
  });

  test('E128: reordered ones fill the window once; every copy is replay', () => {
    const probe = keyedProbe();
    const messages = [1, 2, 3, 4, 5].map((seq) => tagged(beatBytes('a', { seq })));
    for (const i of [0, 3, 1, 4, 2]) expect(probe.send(messages[i]!)).toBe('accepted');
    for (const message of messages) expect(probe.send(message)).toBe('replay');
    expect(probe.read('a')).toMatchObject({ highSeq: 5, seen64: 0b11111n });
  });
});

describe('keys that rotate', () => {
  test('E129: a host goes from key to key and back; both are good while both are set', () => {
    const probe = keyedProbe({ keys: [KEY_1, KEY_2] });
    let seq = 0;
    for (const key of [KEY_1, KEY_1, KEY_2, KEY_2, KEY_1, KEY_2]) {
      seq++;
      expect(probe.send(tagged(beatBytes('a', { seq }), key))).toBe('accepted');
      // A forged one under the other key takes nothing away.
      const forged = tagged(beatBytes('a', { seq: seq + 1 }), key === KEY_1 ? KEY_2 : KEY_1, 'b');
      expect(probe.send(forged)).toBe('bad_tag');
    }
    expect(probe.pass(2_000)).toEqual([]);
    const after = keyedProbe({ keys: [KEY_2] });
    expect(after.send(tagged(beatBytes('a', { seq: 1 }), KEY_1))).toBe('unknown_key');
    expect(after.send(tagged(beatBytes('a', { seq: 1 }), KEY_2))).toBe('accepted');
  });
});

describe('hosts with a key', () => {
  test('E130: no untagged message speaks for one, from wherever it comes', () => {
    const probe = keyedProbe({ plainFrom: '127.0.0.1' });
    probe.send(tagged(helloBytes('a', {}, { seq: 1 })));
    probe.pass(700);
    const before = facts(probe, 'a');
    expect(probe.beat('a', { seq: 2 })).toBe('untagged');
    expect(probe.bye('a', { seq: 2 })).toBe('untagged');
    expect(probe.hello('a', { rack: 'r9' }, { seq: 2, incarnation: INCARNATION + 1 })).toBe('untagged');
    expect([probe.text('a'), probe.text('a seq=1'), probe.text('a bye=1')]).toEqual(
      Array(3).fill('untagged'),
    );
    expect(facts(probe, 'a')).toEqual(before);
    expect(probe.text('plain')).toBe('accepted');
  });

  test('E130: the first right tag begins a new run, whatever was said before without one', () => {
    const probe = keyedProbe({ plainFrom: '127.0.0.1' });
    // Forged from an allowed address: it would lock the host out for a day.
    expect(probe.beat('a', { seq: 4_000_000_000, incarnation: START_MS + 86_000_000 })).toBe('accepted');
    expect(probe.send(tagged(beatBytes('a', { seq: 1 })))).toBe('accepted');
    expect(probe.read('a')).toMatchObject({ incarnation: INCARNATION, highSeq: 1, expectedBeats: 1 });
    expect(probe.news()).toEqual([expect.stringContaining('up')]);
    // A bye counts as well.
    probe.beat('b', { seq: 9, incarnation: START_MS + 86_000_000 });
    expect(probe.send(tagged(beatBytes('b', { seq: 1, type: 3 })))).toBe('accepted');
    expect(probe.state('b')).toBe('left');
  });

  test('E131: none is ever taken over; that an older run was refused is kept until it is heard', () => {
    const probe = keyedProbe();
    for (const seq of [1, 2]) probe.send(tagged(beatBytes('a', { seq, incarnation: INCARNATION + 5_000 })));
    const mark = (): number => probe.marks[probe.rowOf('a')]!;
    expect(probe.send(tagged(beatBytes('a', { seq: 3 })))).toBe('old_incarnation');
    expect(mark()).toBe(TagMark.tagged);
    probe.pass(5_100);
    for (let seq = 1; seq < 20; seq++) {
      const bytes = tagged(beatBytes('a', { seq }), KEY_1, 'b');
      expect(probe.send(bytes)).toBe('old_incarnation');
    }
    expect(mark()).toBe(TagMark.tagged);
    for (let seq = 1; seq < 20; seq++) {
      expect(probe.send(tagged(beatBytes('a', { seq })))).toBe('old_incarnation');
      expect(mark()).toBe(TagMark.tagged | TagMark.olderRefused);
      probe.pass(1_000);
    }
    for (let seq = 3; seq < 20; seq++) {
      const own = tagged(beatBytes('a', { seq: 2, incarnation: INCARNATION + 5_000 }));
      expect(probe.send(own)).toBe('replay');
    }
    expect(probe.state('a')).toBe('down');
    expect(probe.send(tagged(beatBytes('a', { seq: 1, incarnation: INCARNATION + 5_001 })))).toBe('accepted');
    expect([probe.state('a'), mark()]).toEqual(['up', TagMark.tagged]);
  });
});

describe('first derivations', () => {
  test('E132: 5,000 hosts not known before a second, over all shards; known ones are not limited', {
    timeout: 30_000,
  }, () => {
    for (const [shards, most] of [
      [1, 5_000],
      [2, 2_500],
    ] as const) {
      const probe = keyedProbe({ maxHosts: 20_000, tagShards: shards });
      probe.restore(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`known${i}`, {}])));
      const verdicts = Array.from({ length: most + 200 }, (_, i) => probe.send(tagged(beatBytes(`h${i}`))));
      expect(verdicts.indexOf('rate_limit')).toBe(most);
      expect(new Set(verdicts.slice(most))).toEqual(new Set(['rate_limit']));
      expect(probe.state(`h${most}`)).toBe('unknown');
      for (let i = 0; i < 500; i++) {
        expect(probe.send(tagged(beatBytes(`known${i}`)))).toBe('accepted');
      }
      probe.pass(100);
      expect(probe.send(tagged(beatBytes(`h${most}`)))).toBe('accepted');
      expect(probe.send(tagged(beatBytes('h0', { seq: 2 })))).toBe('accepted');
    }
  });
});

test('E132: wrong tags of one source take a tenth of it at most, and no place among the sources', () => {
  const probe = keyedProbe({ maxHosts: 20_000 });
  probe.source = '10.9.0.1';
  const forged = Array.from({ length: 6_000 }, (_, i) =>
    probe.send(tagged(beatBytes(`h${i}`), KEY_1, 'another')),
  );
  expect(forged.indexOf('rate_limit')).toBe(500);
  expect(new Set(forged.slice(500))).toEqual(new Set(['rate_limit']));
  expect(probe.send(tagged(beatBytes('its-own')))).toBe('rate_limit');
  expect(probe.book.next).toBe(0);
  probe.source = '127.0.0.1';
  const right = Array.from({ length: 4_600 }, (_, i) => probe.send(tagged(beatBytes(`h${i}`))));
  expect(right.indexOf('rate_limit')).toBe(4_500);
  probe.pass(100);
  probe.source = '10.9.0.1';
  expect(probe.send(tagged(beatBytes('its-own')))).toBe('accepted');
});

describe('runs that were saved', () => {
  const saved = { incarnation: INCARNATION, seq: 500 };

  test('E133: what is not above them is refused; what is above makes the host up', () => {
    const probe = keyedProbe();
    probe.restore({ a: saved, b: { ...saved, state: 'down' } });
    for (const host of ['a', 'b']) {
      for (const seq of [1, 437, 499, 500]) {
        expect(probe.send(tagged(beatBytes(host, { seq })))).toBe('replay');
      }
      expect(probe.send(tagged(beatBytes(host, { seq: 9, incarnation: INCARNATION - 1 })))).toBe(
        'old_incarnation',
      );
    }
    expect([probe.state('a'), probe.state('b')]).toEqual(['pending', 'down']);
    expect(probe.send(tagged(beatBytes('a', { seq: 502 })))).toBe('accepted');
    expect(probe.send(tagged(beatBytes('b', { seq: 1, incarnation: INCARNATION + 1 })))).toBe('accepted');
    expect([probe.state('a'), probe.state('b')]).toEqual(['up', 'up']);
    expect(probe.read('a')).toMatchObject({ highSeq: 502, lostBeats: 1 });
    expect(probe.send(tagged(beatBytes('a', { seq: 501 })))).toBe('accepted');
    const silent = keyedProbe();
    silent.restore({ c: saved });
    silent.pass(6_000);
    // Of what was lost before it died nothing is known in this run.
    expect(silent.events.map(({ kind, unheard, expected }) => [kind, unheard, expected])).toEqual([
      ['down', true, 0],
    ]);
  });

  test('E133: they speak with a tag from the start', () => {
    const probe = keyedProbe({ plainFrom: '127.0.0.1' });
    probe.restore({ a: saved, b: {} });
    expect([probe.text('a'), probe.beat('a', { seq: 900 }), probe.text('b')]).toEqual([
      'untagged',
      'untagged',
      'accepted',
    ]);
  });

  test('E133: without keys they say nothing', () => {
    const probe = new ShardProbe();
    probe.restore({ a: saved });
    expect(probe.beat('a', { seq: 3 })).toBe('accepted');
  });
});

test('E134: a removed host’s key and mark are forgotten with it', () => {
  const probe = keyedProbe({ maxHosts: 1, plainFrom: '127.0.0.1' });
  probe.send(tagged(beatBytes('a', { seq: 9 })));
  const row = probe.rowOf('a');
  probe.shard.remove(row, probe.nowMs);
  expect(probe.marks[row]).toBe(0);
  expect(probe.text('a')).toBe('accepted');
  probe.shard.remove(probe.rowOf('a'), probe.nowMs);
  expect(probe.send(tagged(beatBytes('a', { seq: 1 })))).toBe('accepted');
});

test('E129: who was handed over is judged by the same keys', () => {
  const probe = keyedProbe({ shard: 0, shards: 2 });
  const owner = keyedProbe({ shard: 1, shards: 2 });
  const hosts = Array.from({ length: 20 }, (_, i) => `h${i}`);
  const bundle = joined(...hosts.map((host) => tagged(beatBytes(host))));
  const accepted = probe.send(bundle).split(' ').length;
  expect(probe.handedOver.length + accepted).toBe(20);
  for (const { bytes } of probe.handedOver) expect(owner.send(bytes)).toBe('accepted');
});

test('E136: blocks of addresses hold what they say', () => {
  const inside = blockHolds;
  expect(inside('10.1.0.0/16', '10.1.255.255')).toBe(true);
  expect(inside('10.1.0.0/16', '10.2.0.0')).toBe(false);
  expect(inside('10.1.4.7', '10.1.4.7')).toBe(true);
  expect(inside('10.1.4.7', '10.1.4.6')).toBe(false);
  expect(inside('10.1.4.8/31', '10.1.4.9')).toBe(true);
  expect(inside('0.0.0.0/0', '9.9.9.9')).toBe(true);
  expect(inside('0.0.0.0/0', '2001:db8::1')).toBe(false);
  expect(inside('::/0', '9.9.9.9')).toBe(true);
  expect(inside('fd00::/8', 'fdff::1')).toBe(true);
  expect(inside('fd00::/8', 'fe80::1')).toBe(false);
  expect(inside('2001:db8::/33', '2001:db8:7fff::')).toBe(true);
  expect(inside('2001:db8::/33', '2001:db8:8000::')).toBe(false);
});
