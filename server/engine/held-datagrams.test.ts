import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeldDatagrams } from './held-datagrams.ts';
import { beatBytes } from './testing/shard-probe.ts';

const MIB = 1024 * 1024;
const NOTHING = (): void => {};

describe('what is kept', () => {
  test('E51: bytes, source and instant come out as they went in, in order, whatever their length', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.oneof(fc.nat(100), fc.nat(65_507)),
            fc.nat(255),
            fc.constantFrom('127.0.0.1', '::1', '10.0.0.7'),
            fc.double({ min: 0, max: 9e15, noNaN: true }),
            fc.nat(2),
          ),
          { maxLength: 80 },
        ),
        (records) => {
          const kept = new HeldDatagrams(16 * MIB);
          const expected: unknown[] = [];
          const got: unknown[] = [];
          const take = (): void =>
            kept.take((bytes, source, atMs) =>
              got.push([bytes.length, bytes.every((b) => b === bytes[0]), bytes[0], source, atMs]),
            );
          for (const [length, byte, source, atMs, takes] of records) {
            if (!kept.append(new Uint8Array(length).fill(byte), source, atMs)) throw new Error('no room');
            expected.push([length, true, length === 0 ? undefined : byte, source, atMs]);
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

  test('E60: no more than there is room for, addresses counted too, and room again as it is taken', () => {
    const kept = new HeldDatagrams(4 * MIB);
    const beat = beatBytes('a');
    let datagrams = 0;
    while (kept.append(beat, '10.0.0.1', datagrams)) datagrams++;
    expect(datagrams).toBeGreaterThan((3 * MIB) / 48 - 10);
    expect(datagrams).toBeLessThanOrEqual((4 * MIB) / 48);
    expect(kept.append(beat, '10.0.0.2', 0)).toBe(false);
    for (let i = 0; i < MIB / 48 + 1; i++) kept.take(NOTHING);
    expect(kept.append(beat, '10.0.0.1', 0)).toBe(true);

    const sources = new HeldDatagrams(2 * MIB);
    let addresses = 0;
    while (sources.append(new Uint8Array(0), `10.0.${addresses >> 8}.${addresses & 255}`, 0)) addresses++;
    expect(addresses).toBe(MIB / 128);
  });
});
