import { describe, expect, test } from 'vitest';
import { bytesFigure, latencyFigure, spanFigure } from './figure.ts';

describe('a latency against the clock', () => {
  test('before the first sample there is none', () => {
    expect(latencyFigure(null, 0.2)).toEqual({ kind: 'none' });
  });

  test('less than the clock can tell apart is only said to be less; that includes below zero', () => {
    expect(latencyFigure(0.3, 0.5)).toEqual({ kind: 'below', limitMs: 0.5 });
    expect(latencyFigure(-0.2, 0.5)).toEqual({ kind: 'below', limitMs: 0.5 });
    expect(latencyFigure(0.5, 0.5)).toEqual({ kind: 'value', ms: 0.5 });
  });
});

test.each([
  [0, 0, 'millisecond', 1],
  [9.94, 9.94, 'millisecond', 1],
  [9.96, 9.96, 'millisecond', 0],
  [1_987.4, 1_987.4, 'millisecond', 0],
  [9_999, 9_999, 'millisecond', 0],
  [10_000, 10, 'second', 1],
  [61_500, 61.5, 'second', 1],
])('%f ms is shown as %f %s', (ms, value, unit, digits) => {
  expect(spanFigure(ms)).toEqual({ value, unit, digits });
});

test.each([
  [0, 0, 'kilobyte', 0],
  [579, 0.579, 'kilobyte', 2],
  [1_000, 1, 'kilobyte', 2],
  [45_600, 45.6, 'kilobyte', 1],
  [999_400, 999.4, 'kilobyte', 0],
  [999_600, 0.9996, 'megabyte', 2],
  [123_000_000, 123, 'megabyte', 0],
  [5e15, 5_000_000, 'gigabyte', 0],
])('%f bytes are shown as %f %s', (bytes, value, unit, digits) => {
  const figure = bytesFigure(bytes);
  expect(figure.value).toBeCloseTo(value, 10);
  expect([figure.unit, figure.digits]).toEqual([unit, digits]);
});
