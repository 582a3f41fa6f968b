import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeldDatagrams } from './held-datagrams.ts';
import { beatBytes } from './testing/shard-probe.ts';

const MIB = 1024 * 1024;
const NOTHING = (): void => {};

describe('what is kept', () => {
  test('E51: all of a message comes out as it went in, in order, whatever its length and where it stood', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            kind: fc.nat(15),
            length: fc.oneof(fc.nat(100), fc.nat(65_507)),
            byte: fc.nat(255),
            at: fc.nat(50),
            address: fc.array(fc.nat(0xffff_ffff), { minLength: 4, maxLength: 4 }),
            atMs: fc.double({ min: 0, max: 9e15, noNaN: true }),
            connection: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0xffff_ffff })),
            takes: fc.nat(2),
          }),
          { maxLength: 80 },
        ),
        (records) => {
          const kept = new HeldDatagrams(16 * MIB);
          const expected: unknown[] = [];
          const got: unknown[] = [];
          const take = (): void =>
            kept.take((kind, bytes, at, length, address, atMs, connection) => {
              const own = bytes.subarray(at, at + length);
              got.push([
                kind,
                length,
                own.every((b) => b === own[0]),
                own[0],
                [...address],
                atMs,
                connection,
              ]);
            });
          for (const { kind, length, byte, at, address, atMs, connection, takes } of records) {
            const bytes = new Uint8Array(at + length + 3).fill(byte ^ 0xff);
            bytes.fill(byte, at, at + length);
            const taken = kept.append(kind, bytes, at, length, Uint32Array.from(address), atMs, connection);
            if (!taken) throw new Error('no room');
            expected.push([kind, length, true, length === 0 ? undefined : byte, address, atMs, connection]);
            for (let i = 0; i < takes; i++) take();
          }
          while (!kept.isEmpty) take();
          take();
          expect(got).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('E60: no more than there is room for, and room again as it is taken', () => {
    const kept = new HeldDatagrams(4 * MIB);
    const beat = beatBytes('a');
    const keep = (connection = 0): boolean => kept.append(1, beat, 0, 32, new Uint32Array(4), 0, connection);
    let datagrams = 0;
    while (keep()) datagrams++;
    expect(datagrams).toBeGreaterThan((4 * MIB) / 64 - 10);
    expect(datagrams).toBeLessThanOrEqual((4 * MIB) / 64);
    for (let i = 0; i < MIB / 64 + 1; i++) kept.take(NOTHING);
    expect(keep(1)).toBe(true);
  });
});
