import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertBoundedMsgpack } from './bounded-msgpack.ts';

const bytes = (...values: (number | string)[]): Uint8Array =>
  Buffer.concat(values.map((value) => Buffer.from(typeof value === 'number' ? [value] : Buffer.from(value))));

describe('assertBoundedMsgpack', () => {
  test.each([
    ['a connect', bytes(0x83, 0xa4, 'type', 0, 0xa3, 'nsp', 0xa1, '/', 0xa4, 'data', 0x80)],
    ['an ack event', bytes(0x81, 0xa4, 'data', 0x92, 0xa3, 'ack', 0xcf, 0, 0, 1, 0, 0, 0, 0, 0)],
    ['undefined', bytes(0x81, 0xa1, 'x', 0xd4, 0, 0)],
    [
      'all numbers',
      bytes(0x96, 0x7f, 0xe0, 0xca, 1, 2, 3, 4, 0xcb, 1, 2, 3, 4, 5, 6, 7, 8, 0xcd, 1, 2, 0xd1, 1, 2),
    ],
    ['long forms', bytes(0xdc, 0, 3, 0xd9, 1, 'a', 0xc5, 0, 1, 0, 0xde, 0, 1, 0xa1, 'k', 0xc3)],
  ])('L36: %s passes', (_name, message) => {
    expect(() => assertBoundedMsgpack(message)).not.toThrow();
  });

  test.each([
    ['nothing', bytes()],
    ['an ext that claims 4 GB', bytes(0xc9, 0xff, 0xff, 0xff, 0xff, 0)],
    ['a bin that claims 4 GB', bytes(0xc6, 0xff, 0xff, 0xff, 0xff)],
    ['a string that claims 4 GB', bytes(0xdb, 0xff, 0xff, 0xff, 0xff, 'a')],
    ['an array that claims 4 G values', bytes(0xdd, 0xff, 0xff, 0xff, 0xff)],
    ['a map that claims 4 G pairs', bytes(0xdf, 0xff, 0xff, 0xff, 0xff)],
    ['a number cut off', bytes(0xcb, 1, 2, 3)],
    ['a message that goes on', bytes(0x01, 0x02)],
    ['a deep one', bytes(...Array<number>(20).fill(0x91), 1)],
    ['one of many values', bytes(0xdc, 0, 200, ...Array<number>(200).fill(1))],
    ['a value no viewer sends', bytes(0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
  ])('L36: %s is refused', (_name, message) => {
    expect(() => assertBoundedMsgpack(message)).toThrow(RangeError);
  });

  test('L36: any bytes are judged without another error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
        try {
          assertBoundedMsgpack(message);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { seed: 77, numRuns: 5_000 },
    );
  });
});
