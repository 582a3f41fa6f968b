import { expect, test } from 'vitest';
import { CLIMB_EVERY_KEY, LEASE_EVERY_KEY, readTiming } from './mode-choice.ts';

const reading = (climb: string | null, lease: string | null = null) =>
  readTiming({
    getItem: (key) => (key === CLIMB_EVERY_KEY ? climb : key === LEASE_EVERY_KEY ? lease : null),
    setItem: () => {},
  });

test('C50: the intervals of trying again are read from the storage, within their limits', () => {
  expect(reading('6000')).toEqual({ climbEveryMs: 6_000 });
  expect(reading('1000', '600000')).toEqual({ climbEveryMs: 1_000, leaseEveryMs: 600_000 });
  for (const text of ['999', '600001', '6e3', '-6000', '6000.5', ' 6000', '0x1770', '', null]) {
    expect(reading(text, text)).toEqual({});
  }
  expect(readTiming(null)).toEqual({});
  const forbidden = (): never => {
    throw new Error('SecurityError');
  };
  expect(readTiming({ getItem: forbidden, setItem: forbidden })).toEqual({});
});
