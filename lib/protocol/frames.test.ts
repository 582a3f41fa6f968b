import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf, StateDigest } from './digest.ts';
import { decodeSlots, encodeSlots, type Frame, fromJsonFrame, toJsonFrame } from './frames.ts';

describe('slots', () => {
  test('W1: bytes written out by hand', () => {
    expect([...encodeSlots([0])]).toEqual([0]);
    expect([...encodeSlots([0, 1, 2])]).toEqual([0, 1, 1]);
    expect([...encodeSlots([127, 128])]).toEqual([127, 1]);
    expect([...encodeSlots([128])]).toEqual([0x80, 0x01]);
    expect([...encodeSlots([300, 1_000_000])]).toEqual([0xac, 0x02, 0x94, 0x82, 0x3d]);
    expect([...encodeSlots([0xffffffff])]).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
    expect([...encodeSlots([])]).toEqual([]);
  });

  test('W1: what is encoded comes back', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 200 }), (slots) => {
        slots.sort((a, b) => a - b);
        expect(decodeSlots(encodeSlots(slots))).toEqual(slots);
      }),
    );
  });

  test.each([
    ['cut off', [0x80]],
    ['standing still', [5, 0]],
    ['a gap of six bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ['beyond 32 bits', [0xff, 0xff, 0xff, 0xff, 0x7f]],
  ])('W2: refused: %s', (_name, bytes) => {
    expect(() => decodeSlots(Uint8Array.from(bytes))).toThrow(RangeError);
  });
});

describe('digest', () => {
  // Written from the text of docs/protocol.md with BigInt, sharing nothing with the implementation.
  const M = 2n ** 32n;
  const fmix = (word: bigint): bigint => {
    let h = word % M;
    h ^= h >> 16n;
    h = (h * 0x85ebca6bn) % M;
    h ^= h >> 13n;
    h = (h * 0xc2b2ae35n) % M;
    return h ^ (h >> 16n);
  };
  const reference = (states: Uint8Array): string => {
    let lo = 0n;
    let hi = 0n;
    states.forEach((state, slot) => {
      if (state === 0) return;
      const x = (BigInt(slot) * 256n + BigInt(state)) % M;
      lo ^= fmix((x + 0x9e3779b9n) % M);
      hi ^= fmix(x ^ 0x85ebca6bn);
    });
    return hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0');
  };

  test('W3: equals the definition, for any states', () => {
    expect(digestOf(new Uint8Array(100))).toBe('0000000000000000');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (states) => {
        expect(digestOf(states)).toBe(reference(states));
      }),
    );
  });

  test('W3: kept by changes it equals one counted in full', () => {
    const change = fc.record({ slot: fc.nat(999), state: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 300 }), (changes) => {
        const states = new Uint8Array(1000);
        const digest = new StateDigest();
        for (const { slot, state } of changes) {
          digest.replace(slot, states[slot]!, state);
          states[slot] = state;
        }
        expect(digest.toString()).toBe(digestOf(states));
      }),
    );
  });
});

test('W4: frames survive JSON', () => {
  const frames: Frame[] = [
    {
      t: 'S',
      v: 1,
      e: '00112233445566ff',
      s: 7,
      ts: 1.5,
      n: 3,
      enc: 'raw',
      data: Uint8Array.of(2, 0, 255),
      dig: '0'.repeat(16),
    },
    {
      t: 'D',
      v: 1,
      e: '00112233445566ff',
      f: 7,
      s: 8,
      ts: 2,
      t0: 1.75,
      slots: encodeSlots([1, 70000]),
      states: Uint8Array.of(4, 20),
      dig: '1'.repeat(16),
    },
    { t: 'R', e: '00112233445566ff', why: 'epoch' },
  ];
  for (const frame of frames) {
    expect(fromJsonFrame(JSON.parse(JSON.stringify(toJsonFrame(frame))))).toEqual(frame);
  }
  const large = new Uint8Array(200_000).map((_, i) => i % 251);
  const snapshot = { ...(frames[0] as Extract<Frame, { t: 'S' }>), data: large };
  expect(fromJsonFrame(toJsonFrame(snapshot))).toEqual(snapshot);
});
