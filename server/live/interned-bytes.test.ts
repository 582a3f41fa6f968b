import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteArena } from './byte-arena.ts';
import { InternedBytes } from './interned-bytes.ts';
import { mixWords, NO_NUMBER, NumberTable } from './number-table.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8');

describe('byte arena', () => {
  test('strings of every length come back, across chunks too', () => {
    const arena = new ByteArena();
    const kept = Array.from({ length: 20_000 }, (_, i) => {
      const text = `${i}`.padEnd(i % 97, 'ü');
      const own = bytes(text);
      return { text, ref: arena.put(own, 0, own.length) };
    });
    expect(arena.bytes).toBeGreaterThan(2 * 2 ** 18);
    expect(kept.filter(({ text, ref }) => arena.textOf(ref) !== text)).toEqual([]);
    expect(new Set(kept.map(({ ref }) => ref)).size).toBe(kept.length);
    expect(() => arena.put(Buffer.alloc(65_536), 0, 65_536)).toThrow(/at most 65535/);
  });

  test('L84: what was freed is used again: coming and going takes no further memory', () => {
    const arena = new ByteArena();
    const round = (turn: number) =>
      Array.from({ length: 5_000 }, (_, i) => {
        const own = bytes(`host-${i}-${turn}`.padEnd(i % 40, '.'));
        return arena.put(own, 0, own.length);
      });
    let refs = round(10);
    const after = arena.bytes;
    for (let turn = 11; turn < 60; turn++) {
      for (const ref of refs) arena.free(ref);
      refs = round(turn);
    }
    expect(arena.bytes).toBe(after);
  });
});

describe('number table', () => {
  test('L85: numbers are found whatever their hashes have in common (seed 7)', () => {
    const act = fc.record({ number: fc.nat({ max: 60 }), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200, size: 'max' }), (acts) => {
        // Three hashes for all, two of which have the same place.
        const hashOf = (number: number) => [5, 5 + 2 ** 20, 0xff00_0000][number % 3]! >>> 0;
        const table = new NumberTable(hashOf);
        const model = new Set<number>();
        for (const { number, remove } of acts) {
          if (remove) table.remove(hashOf(number), number);
          else if (!model.has(number)) table.add(hashOf(number), number);
          if (remove) model.delete(number);
          else model.add(number);
        }
        const found = new Set<number>();
        for (const hash of [5, 5 + 2 ** 20, 0xff00_0000]) {
          for (let n = table.first(hash); n !== NO_NUMBER; n = table.next()) {
            if (hashOf(n) === hash) found.add(n);
          }
        }
        expect([found, table.size]).toEqual([model, model.size]);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test('L85: ids that differ in one bit alone are spread by a hash of 32 bits', () => {
    const hashes = new Set<number>();
    for (let bit = 0; bit < 32; bit++) {
      hashes.add(mixWords(2 ** bit, 0, 99));
      hashes.add(mixWords(0, 2 ** bit, 99));
    }
    expect(hashes.size).toBe(64);
    // By its uppermost bits it is known in which part one stands, by its lowest where there.
    expect(new Set([...hashes].map((hash) => hash >>> 24)).size).toBeGreaterThan(40);
    expect(new Set([...hashes].map((hash) => hash & 0xff)).size).toBeGreaterThan(40);
  });
});

describe('interned bytes', () => {
  test('equal strings share a number until nobody uses it (seed 3)', () => {
    const act = fc.record({ text: fc.nat({ max: 9 }), release: fc.boolean() });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 120, size: 'max' }), (acts) => {
        const interned = new InternedBytes(42);
        const uses = new Map<string, number[]>();
        for (const { text, release } of acts) {
          const own = 'ab'.repeat(text);
          const numbers = uses.get(own) ?? [];
          uses.set(own, numbers);
          if (!release) numbers.push(interned.take(bytes(own), 0, own.length));
          else if (numbers.length > 0) expect(interned.release(numbers.pop()!)).toBe(numbers.length === 0);
        }
        const used = [...uses].filter(([, numbers]) => numbers.length > 0);
        expect(interned.size).toBe(used.length);
        for (const [text, numbers] of used) {
          expect(new Set(numbers).size).toBe(1);
          expect(interned.textOf(numbers[0]!)).toBe(text);
          expect(interned.find(bytes(text), 0, text.length)).toBe(numbers[0]);
        }
        expect(interned.find(bytes('none'), 0, 4)).toBe(NO_NUMBER);
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
