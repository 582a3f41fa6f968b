import { describe, expect, test } from 'vitest';
import { isHostName } from '../../lib/protocol/host.ts';
import {
  cleanHostName,
  formatServerAddress,
  parseHttpUrl,
  parseLabel,
  parseOutage,
  parseServerAddress,
  parseShare,
  parseSpan,
  wholeNumber,
} from './option-values.ts';

describe('server address', () => {
  test.each([
    ['pulse.example.net', 'pulse.example.net', 9990],
    ['pulse:9991', 'pulse', 9991],
    ['10.0.0.5', '10.0.0.5', 9990],
    ['10.0.0.5:1', '10.0.0.5', 1],
    ['[::1]:65535', '::1', 65535],
    ['[fe80::1]', 'fe80::1', 9990],
    ['::1', '::1', 9990],
    ['my_host', 'my_host', 9990],
    ['example.net.', 'example.net.', 9990],
  ])('G14: %s', (text, host, port) => {
    expect(parseServerAddress(text)).toEqual({ host, port });
  });

  test.each([
    '',
    ':9990',
    'host:',
    'host:0',
    'host:65536',
    'host:1:2',
    'host:abc',
    '10.0.0:5',
    '300.1.1.1',
    '[::1',
    '[::1]9990',
    '[10.0.0.1]:5',
    'a b',
    'http://host',
    '-host',
    'a..b',
  ])('G14: %j is refused', (text) => {
    expect(parseServerAddress(text)).toBeNull();
  });

  test('G14: written again as it can be read', () => {
    for (const text of ['pulse:9991', '10.0.0.5:9990', '[::1]:9990']) {
      expect(formatServerAddress(parseServerAddress(text)!)).toBe(text);
    }
  });
});

describe('other values', () => {
  test.each([
    ['web-01', 'web-01'],
    ["Anna's Mac.local", 'Anna-s-Mac.local'],
    ['_-x', 'x'],
    ['', 'unnamed'],
    ['日本', 'unnamed'],
    ['a'.repeat(80), 'a'.repeat(63)],
  ])('G16: %j becomes %j', (hostname, name) => {
    expect(cleanHostName(hostname)).toBe(name);
    expect(isHostName(name)).toBe(true);
  });

  test('G17: labels', () => {
    expect(parseLabel('rack=r17')).toEqual(['rack', 'r17']);
    expect(parseLabel('note=a=b')).toEqual(['note', 'a=b']);
    for (const text of [
      'rack',
      '=x',
      'rack=',
      'Rack=x',
      'seq=1',
      '__proto__=x',
      'a=b c',
      `a=${'x'.repeat(65)}`,
    ]) {
      expect(parseLabel(text), text).toBeNull();
    }
  });

  test.each([
    ['0s', 0],
    ['250ms', 250],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['168h', 604_800_000],
    ['169h', null],
    ['5', null],
    ['-1s', null],
    ['1d', null],
    ['', null],
  ])('G18: a time %j is %s ms', (text, spanMs) => {
    expect(parseSpan(text)).toBe(spanMs);
  });

  test('G18: counts, shares, events, addresses', () => {
    expect([parseShare('0.01'), parseShare('1%'), parseShare('100%'), parseShare('0')]).toEqual([
      0.01, 0.01, 1, 0,
    ]);
    expect([parseShare('1.1'), parseShare('101%'), parseShare('-1'), parseShare('x')]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(wholeNumber(1, 10)('10')).toBe(10);
    for (const text of ['0', '11', '1.5', '1e1', '', ' 1']) expect(wholeNumber(1, 10)(text), text).toBeNull();
    expect(parseOutage('r03@60s+20s')).toEqual({ rack: 'r03', atMs: 60_000, durationMs: 20_000 });
    for (const text of ['r03', 'r03@1s', 'r03@1s+0s', '@1s+1s', 'r 3@1s+1s'])
      expect(parseOutage(text), text).toBeNull();
    expect(parseHttpUrl('http://127.0.0.1:3000')?.port).toBe('3000');
    for (const text of ['', 'x', 'ftp://a', 'http://a?b', 'http://u:p@a'])
      expect(parseHttpUrl(text), text).toBeNull();
  });
});
