import { describe, expect, test } from 'vitest';
import { canonicalLabels } from '../../lib/protocol/host.ts';
import { hostIdBytes } from '../host-id.ts';
import { BeatSource, nextIncarnation } from './beat-source.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const table = (...rows: string[]): string => rows.join('').replaceAll(' ', '');

const web01 = {
  name: 'web-01',
  // printf web-01 | sha256sum
  hostId: Uint8Array.of(0x0b, 0x9d, 0x9f, 0x06, 0xcc, 0x8c, 0xf4, 0x47),
  labels: canonicalLabels([
    ['rack', 'r17'],
    ['dc', 'fra1'],
  ]),
  intervalMs: 1_000,
};
// 0x0000019c_1a2b3c4d
const INCARNATION = 0x19c * 2 ** 32 + 0x1a2b3c4d;

describe('datagrams to the letter', () => {
  test('G5: a beat, byte for byte', () => {
    const source = new BeatSource(web01, INCARNATION, 0x01020303);
    expect(hex(source.next('beat', 0x0a0b0c0d, 300))).toBe(
      table(
        'b7', // magic
        '11', // version 1, type 1
        '00', // flags
        '00', // key id
        '0b9d9f06cc8cf447', // host id
        '4d3c2b1a 9c010000', // incarnation, u64 little-endian
        '04030201', // seq
        '0d0c0b0a', // clock
        '6400', // interval: 100 × 10 ms
        '2c01', // late: 300 ms
      ),
    );
  });

  test('G5: the clock wraps at 2^32 ms, lateness stops at 65535, the interval rounds up to 10 ms', () => {
    const source = new BeatSource({ ...web01, intervalMs: 655_000 }, INCARNATION);
    expect(hex(source.next('beat', 2 ** 32 + 5.9, 70_000)).slice(40)).toBe(
      table('01000000', '05000000', 'dcff', 'ffff'),
    );
    const quick = new BeatSource({ ...web01, intervalMs: 15 }, INCARNATION);
    expect(hex(quick.next('beat', 0, 0.4)).slice(56)).toBe(table('0200', '0000'));
  });

  test('G6: a hello, byte for byte, its labels in the order of their keys', () => {
    const source = new BeatSource(web01, INCARNATION);
    expect(hex(source.next('hello', 7, 2))).toBe(
      table(
        'b7 12 00 00',
        '0b9d9f06cc8cf447',
        '4d3c2b1a 9c010000',
        '01000000',
        '07000000',
        '6400',
        '0200',
        '06 7765622d3031', // web-01
        '02', // labels
        '02 6463 04 66726131', // dc fra1
        '04 7261636b 03 723137', // rack r17
      ),
    );
  });

  test('G6: without labels the count is 0', () => {
    const source = new BeatSource({ ...web01, labels: canonicalLabels([]) }, INCARNATION);
    expect(hex(source.next('hello', 7, 2)).slice(64)).toBe(table('06 7765622d3031', '00'));
  });

  test('G7: a bye is the header alone, with the next seq', () => {
    const source = new BeatSource(web01, INCARNATION, 8);
    source.next('beat', 0, 0);
    expect(hex(source.next('bye', 1, 0))).toBe(
      table('b7 13 00 00', '0b9d9f06cc8cf447', '4d3c2b1a 9c010000', '0a000000', '01000000', '6400', '0000'),
    );
  });

  test('G5: the host id is the first 8 bytes of SHA-256 of the name', () => {
    expect(hex(hostIdBytes('web-01'))).toBe('0b9d9f06cc8cf447');
  });
});

describe('incarnation and seq', () => {
  test.each([
    [1_000, null, 1_000],
    [1_000, 999, 1_000],
    [1_000, 1_000, 1_001],
    [1_000, 5_000, 5_001],
  ])('G8: now %i after %s is %i', (now, last, expected) => {
    expect(nextIncarnation(now, last)).toBe(expected);
  });

  test('G10: seq starts at 1 and goes up by one with every kind of datagram', () => {
    const source = new BeatSource(web01, INCARNATION);
    const seqs = (['hello', 'beat', 'hello', 'beat', 'bye'] as const).map((kind) =>
      Buffer.from(source.next(kind, 0, 0)).readUInt32LE(20),
    );
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
  });

  test('G10: after the last seq the next incarnation begins with 1', () => {
    const source = new BeatSource(web01, INCARNATION, 0xfffffffe);
    expect(Buffer.from(source.next('beat', 0, 0)).readUInt32LE(20)).toBe(0xffffffff);
    const next = Buffer.from(source.next('beat', 0, 0));
    expect(next.readUInt32LE(20)).toBe(1);
    expect(Number(next.readBigUInt64LE(12))).toBe(INCARNATION + 1);
    expect(source.incarnation).toBe(INCARNATION + 1);
  });
});
