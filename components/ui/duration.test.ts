import { expect, test } from 'vitest';
import { formatDuration } from './duration.ts';

test('the two largest units that fit', () => {
  const en = (seconds: number) => formatDuration(seconds * 1000, 'en');
  expect(en(0)).toBe('0 sec');
  expect(en(59.9)).toBe('59 sec');
  expect(en(60)).toBe('1 min');
  expect(en(725)).toBe('12 min 5 sec');
  expect(en(3_600)).toBe('1 hr');
  expect(en(86_400 * 3 + 7_201)).toBe('3 days 2 hr');
  expect(en(-5)).toBe('0 sec');
});

test('in Chinese', () => {
  expect(formatDuration(725_000, 'zh-CN')).toBe('12分钟5秒');
});
