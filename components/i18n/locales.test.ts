import { describe, expect, test } from 'vitest';
import { isLocale, negotiateLocale } from './locales.ts';

describe('the language a request asks for', () => {
  test.each([
    [null, 'en'],
    ['', 'en'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
    ['en-GB,en;q=0.9,zh-CN;q=0.8', 'en'],
    ['de-DE,de;q=0.9,zh;q=0.5,en;q=0.4', 'zh-CN'],
    ['en;q=0.2, ZH-Hans-CN;q=0.7', 'zh-CN'],
    ['zh;q=0, en;q=0.1', 'en'],
    ['zh-TW', 'zh-CN'],
    ['fr', 'en'],
    ['*', 'en'],
    [';;;q=,,,=', 'en'],
    [`${'x,'.repeat(10_000)}zh`, 'en'],
  ])('%j gets %s', (header, expected) => {
    expect(negotiateLocale(header)).toBe(expected);
  });

  test('only our own tags are locales', () => {
    expect(isLocale('zh-CN')).toBe(true);
    expect(isLocale('zh')).toBe(false);
    expect(isLocale(undefined)).toBe(false);
  });
});
