import { describe, expect, test } from 'vitest';
import { parseAlertId } from './alert.ts';
import { encodeHeader, encodeHello, parseHelloBody, parseInterval, parseTextHeartbeat } from './heartbeat.ts';
import { canonicalLabels, isHostName, isLabelKey, isLabelValue } from './host.ts';
import { formatPosition, parsePosition } from './position.ts';
import { reasonInWords } from './reason.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const plain = { name: 'web-01', intervalMs: 1000, seq: null, bye: false, labels: canonicalLabels([]) };

describe('text', () => {
  test.each([
    ['web-01', plain],
    ['web-01\n', plain],
    ['web-01\r\n', plain],
    ['web-01 interval=1s rack=r17', { ...plain, labels: canonicalLabels([['rack', 'r17']]) }],
    ['web-01 interval=250ms seq=9', { ...plain, intervalMs: 250, seq: 9 }],
    ['web-01 interval=2m bye=1', { ...plain, intervalMs: 120_000, bye: true }],
    [
      'web-01 city=München emoji=🚀',
      {
        ...plain,
        labels: canonicalLabels([
          ['city', 'München'],
          ['emoji', '🚀'],
        ]),
      },
    ],
  ])('W5: %j', (text, expected) => {
    expect(parseTextHeartbeat(utf8(text))).toEqual(expected);
  });

  test.each([
    ['', 'too_short'],
    [' web-01', 'bad_magic'],
    ['-web', 'bad_magic'],
    ['\u0000web', 'bad_magic'],
    ['web/01', 'bad_name'],
    [`a${'b'.repeat(63)}`, 'bad_name'],
    ['web-01\tinterval=1s', 'bad_name'],
    ['web-01 interval=9ms', 'bad_interval'],
    ['web-01 interval=656s', 'bad_interval'],
    ['web-01 interval=1h', 'bad_interval'],
    ['web-01 interval=', 'bad_interval'],
    ['web-01 interval=-1s', 'bad_interval'],
    ['web-01 seq=0', 'bad_label'],
    ['web-01 seq=4294967296', 'bad_label'],
    ['web-01 bye=yes', 'bad_label'],
    ['web-01 rack', 'bad_label'],
    ['web-01 =r17', 'bad_label'],
    ['web-01 rack=', 'bad_label'],
    ['web-01 Rack=r17', 'bad_label'],
    ['web-01 rack=r1 rack=r2', 'bad_label'],
    ['web-01 __proto__=1', 'bad_label'],
    ['web-01 constructor=1', 'bad_label'],
    ['web-01 q="x"', 'bad_label'],
    ['web-01 bidi=\u202eabc', 'bad_label'],
    [`web-01 long=${'x'.repeat(65)}`, 'bad_label'],
    [`web-01 long=${'é'.repeat(33)}`, 'bad_label'],
    [`web-01 ${Array.from({ length: 17 }, (_, i) => `k${i}=1`).join(' ')}`, 'bad_label'],
    [`web-01 ${'a'.repeat(1400)}`, 'bad_length'],
  ])('W6: %j is refused', (text, reason) => {
    expect(parseTextHeartbeat(utf8(text))).toBe(reason);
  });

  test('W6: bytes that are not UTF-8 are refused', () => {
    expect(parseTextHeartbeat(Uint8Array.of(0x77, 0x20, 0x6b, 0x3d, 0xff))).toBe('bad_label');
  });

  test('W5: intervals are rounded up to the wire’s 10 ms', () => {
    expect(parseInterval('10ms')).toBe(10);
    expect(parseInterval('15ms')).toBe(20);
    expect(parseInterval('0.5s')).toBe(500);
    expect(parseInterval('655s')).toBe(655_000);
  });
});

test('W7: names, label keys and label values', () => {
  expect(['a', '0', 'a.b_c-d', 'a'.repeat(63)].every(isHostName)).toBe(true);
  expect(['', '.a', 'a b', 'ä', 'a'.repeat(64)].some(isHostName)).toBe(false);
  expect(['rack', 'a1_.-', 'k'.repeat(32)].every(isLabelKey)).toBe(true);
  expect(['', '1a', 'Rack', 'seq', 'interval', 'bye', 'prototype', 'k'.repeat(33)].some(isLabelKey)).toBe(
    false,
  );
  expect(['1', 'x'.repeat(64), '中文', 'a=b'].every(isLabelValue)).toBe(true);
  expect(['', 'a b', 'a\u00a0b', "'", '`', '“', '\u0007', '\u2066', '\ud800'].some(isLabelValue)).toBe(false);
});

const header = {
  type: 1,
  hostId: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  incarnation: 0x0102_0304_0506,
  seq: 0x0a0b0c0d,
  clockMs: 2 ** 32 + 5,
  intervalMs: 1000,
  lateMs: 70_000,
} as const;

test('W8: the header’s bytes', () => {
  const bytes = new Uint8Array(32);
  encodeHeader(new DataView(bytes.buffer), 0, header);
  expect([...bytes]).toEqual([
    0xb7, 0x11, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, 0, 0, 0x0d, 0x0c, 0x0b,
    0x0a, 5, 0, 0, 0, 100, 0, 0xff, 0xff,
  ]);
});

test('W8: a hello appends name and labels', () => {
  const bytes = encodeHello({ ...header, type: 2 }, 'ab', canonicalLabels([['k', 'vw']]));
  expect(bytes[1]).toBe(0x12);
  expect([...bytes.subarray(32)]).toEqual([2, 97, 98, 1, 1, 107, 2, 118, 119]);
  expect(parseHelloBody(bytes.subarray(32))).toEqual({ name: 'ab', labels: canonicalLabels([['k', 'vw']]) });
});

test('W9: a hello that is cut off or has bytes left over is bad_length', () => {
  const body = [2, 97, 98, 1, 1, 107, 2, 118, 119];
  for (let length = 0; length < body.length; length++) {
    expect(parseHelloBody(Uint8Array.from(body.slice(0, length)))).toBe('bad_length');
  }
  expect(parseHelloBody(Uint8Array.from([...body, 0]))).toBe('bad_length');
  expect(parseHelloBody(Uint8Array.of(1, 45, 0))).toBe('bad_name');
  expect(parseHelloBody(Uint8Array.of(1, 97, 17))).toBe('bad_label');
});

test('W10: positions', () => {
  const e = '0123456789abcdef';
  expect(parsePosition(e, '12')).toEqual({ e, s: 12 });
  expect(parsePosition(e, 0)).toEqual({ e, s: 0 });
  expect(formatPosition({ e, s: 12 })).toBe(`${e}.12`);
  for (const [badE, badS] of [
    [e.toUpperCase(), '1'],
    [e.slice(1), '1'],
    [e, '-1'],
    [e, '1.5'],
    [e, '01'],
    [e, '99999999999999999'],
    [null, '1'],
    [e, null],
  ] as const) {
    expect(parsePosition(badE, badS)).toBeNull();
  }
});

test('W11: a verdict in words', () => {
  const evidence = {
    kind: 'timeout',
    silentMs: 5012,
    intervalMs: 1000,
    source: '10.1.4.7',
    lostBeats: 2,
    expectedBeats: 64,
  } as const;
  expect(reasonInWords(evidence)).toBe(
    'no heartbeat for 5.0 s, one expected every 1.0 s; last from 10.1.4.7; 3 % lost in the minute before',
  );
  expect(reasonInWords({ ...evidence, source: null, expectedBeats: 0 })).toBe(
    'no heartbeat for 5.0 s, one expected every 1.0 s',
  );
  expect(reasonInWords({ ...evidence, intervalMs: 10_000, expectedBeats: 10, lostBeats: 1 })).toContain(
    '10 % lost of the 10 beats before',
  );
  expect(reasonInWords({ ...evidence, source: null, expectedBeats: 0, unheard: true })).toBe(
    'no heartbeat for 5.0 s since the server started (or the host was named), one expected every 1.0 s',
  );
  expect(reasonInWords({ ...evidence, expectedBeats: 0, connected: true })).toBe(
    'no heartbeat for 5.0 s, one expected every 1.0 s; its connection has not ended: the machine or its network went silent, or the process hangs; last from 10.1.4.7',
  );
  expect(reasonInWords({ ...evidence, expectedBeats: 0, kind: 'closed' })).toBe(
    'its connection was closed: the process ended; last from 10.1.4.7',
  );
  expect(reasonInWords({ ...evidence, kind: 'bye' })).toBe('said bye: a planned leave; last from 10.1.4.7');
});

test('W12: alert ids', () => {
  expect(parseAlertId('0123456789abcdef-3')).toEqual({ hostId: '0123456789abcdef', episode: 3 });
  for (const id of ['', '0123456789abcdef', '0123456789abcdef-0', 'x-1', '0123456789abcdef-1x']) {
    expect(parseAlertId(id)).toBeNull();
  }
});
