import { describe, expect, test } from 'vitest';
import { LoginRate } from './login-rate.ts';

describe('how often one may try', () => {
  test('U5: ten at once from an address, then one in six seconds; another address is not concerned', () => {
    const rate = new LoginRate();
    for (let i = 0; i < 10; i++) expect(rate.take('192.0.2.1', `n${i}`, 0)).toBe(0);
    expect(rate.take('192.0.2.1', 'x', 0)).toBe(6_000);
    expect(rate.take('192.0.2.1', 'x', 2_000)).toBe(4_000);
    expect(rate.take('192.0.2.2', 'x', 0)).toBe(0);
    expect(rate.take('192.0.2.1', 'x', 6_000)).toBe(0);
    expect(rate.take('192.0.2.1', 'x', 6_000)).toBe(6_000);
    // As many as at first after a minute of quiet, and no more however long it is quiet.
    for (let i = 0; i < 10; i++) expect(rate.take('192.0.2.1', `m${i}`, 1e9)).toBe(0);
    expect(rate.take('192.0.2.1', 'x', 1e9)).toBeGreaterThan(0);
  });

  test('U5: all addresses of one /64 count as one, in whatever spelling', () => {
    const rate = new LoginRate();
    const tail = ['::1', '::2', ':0:0:0:9', ':ffff::1', '::3', '::4', '::5', '::6', '::7', '::8'];
    for (const end of tail) expect(rate.take(`2001:db8:0:1${end}`, null, 0)).toBe(0);
    expect(rate.take('2001:db8:0:1:aaaa:bbbb:cccc:dddd', null, 0)).toBe(6_000);
    expect(rate.take('2001:db8:0:2::1', null, 0)).toBe(0);
    expect(rate.take('2001:db8::1', null, 0)).toBe(0);
    expect(rate.take('::1', null, 0)).toBe(0);
  });

  test('U6: twenty at once for a name from wherever, then one in twelve seconds; other names are not concerned', () => {
    const rate = new LoginRate();
    for (let i = 0; i < 20; i++) expect(rate.take(`192.0.2.${i}`, 'ada', 0)).toBe(0);
    expect(rate.take('198.51.100.1', 'ada', 0)).toBe(12_000);
    expect(rate.take('198.51.100.1', 'bob', 0)).toBe(0);
    // What was refused has taken nothing, of the address either.
    for (let i = 0; i < 9; i++) expect(rate.take('198.51.100.1', `n${i}`, 0)).toBe(0);
    expect(rate.take('198.51.100.1', 'x', 0)).toBe(6_000);
    expect(rate.take('203.0.113.1', 'ada', 12_000)).toBe(0);
  });

  test('U7: what was no wrong try is given back', () => {
    const rate = new LoginRate();
    for (let i = 0; i < 100; i++) {
      expect(rate.take('192.0.2.1', 'ada', 0)).toBe(0);
      rate.giveBack('192.0.2.1', 'ada', 0);
    }
    expect(rate.size).toBe(0);
  });

  test('U8: at most 10,000 addresses and names are kept, and the busiest is not the one forgotten', () => {
    const rate = new LoginRate();
    for (let i = 0; i < 20; i++) rate.take(`10.0.0.${i}`, 'ada', 0);
    for (let i = 0; i < 30_000; i++) {
      rate.take(`10.${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`, `n${i}`, 0);
      // Attacked all the while: refused, as long as it is remembered.
      if (i % 1_000 === 0) expect(rate.take('203.0.113.1', 'ada', 0)).toBe(12_000);
    }
    expect(rate.size).toBe(20_000);
  });
});
