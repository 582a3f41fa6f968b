import { describe, expect, test } from 'vitest';
import { clientAddress, proxyList, proxyRange } from './client-address.ts';

describe('ranges of trusted proxies', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/08', '10.1.2.3/8'],
    ['::1', '::1'],
    ['2001:DB8:0:0::/32', '2001:db8::/32'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
  ])('%s is accepted as %s', (text, range) => {
    expect(proxyRange(text)).toBe(range);
  });

  test.each([
    '',
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '/8',
    '10.0.0/8',
    '10.0.0.0/8/8',
    '::1/129',
    '[::1]',
    '127.0.0.1:80',
    'fe80::1%eth0',
    'fe80::%eth0/64',
    '::ffff:10.0.0.0/104',
    '010.0.0.1',
    '10.0.0.1 10.0.0.2',
  ])('%j is refused', (text) => {
    expect(proxyRange(text)).toBeNull();
  });
});

describe('the address of a viewer', () => {
  const trusted = proxyList(['127.0.0.1', '::1', '10.0.0.0/8', '2001:db8::/32']);

  test.each<[string, string | undefined, string | readonly string[] | undefined, string]>([
    // peer, X-Forwarded-For, viewer
    ['no header', '127.0.0.1', undefined, '127.0.0.1'],
    ['an empty header', '127.0.0.1', '', '127.0.0.1'],
    ['one proxy', '127.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['two proxies', '127.0.0.1', '203.0.113.7, 10.1.2.3', '203.0.113.7'],
    ['two headers', '127.0.0.1', ['203.0.113.7', '10.1.2.3'], '203.0.113.7'],
    ['two headers as Node joins them', '::1', '203.0.113.7, 10.1.2.3', '203.0.113.7'],
    ['nobody but proxies', '127.0.0.1', '10.9.9.9, 10.1.2.3', '10.9.9.9'],
    ['without spaces, with many', '127.0.0.1', '203.0.113.7,   10.1.2.3  ', '203.0.113.7'],
    // Whoever is no proxy is believed nothing.
    ['a stranger’s header', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['a stranger who names a proxy', '203.0.113.9', '127.0.0.1', '203.0.113.9'],
    ['a forged entry before the real one', '127.0.0.1', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['a forged proxy before the real one', '127.0.0.1', '198.51.100.1, 10.1.1.1, 203.0.113.7', '203.0.113.7'],
    ['a forged header before the proxy’s', '127.0.0.1', ['198.51.100.1', '203.0.113.7'], '203.0.113.7'],
    // What is no address ends the walk: all to its left may be invented.
    ['unknown', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['a hidden hop', '127.0.0.1', '198.51.100.1, _hidden, 10.1.2.3', '10.1.2.3'],
    ['an empty entry', '127.0.0.1', '198.51.100.1,, 10.1.2.3', '10.1.2.3'],
    ['a comma at the end', '127.0.0.1', '198.51.100.1,', '127.0.0.1'],
    ['a comma alone', '127.0.0.1', ',', '127.0.0.1'],
    ['an address with too many parts', '127.0.0.1', '1.2.3.4.5', '127.0.0.1'],
    ['a part above 255', '127.0.0.1', '256.2.3.4', '127.0.0.1'],
    ['a word after the address', '127.0.0.1', '203.0.113.7 x', '127.0.0.1'],
    ['brackets that do not close', '127.0.0.1', '[2001:db9::7', '127.0.0.1'],
    // Forms of one address.
    ['a port', '127.0.0.1', '203.0.113.7:51234', '203.0.113.7'],
    ['IPv6', '127.0.0.1', '2001:db9::7', '2001:db9::7'],
    ['IPv6, spelt out', '127.0.0.1', '2001:0DB9:0:0:0:0:0:7', '2001:db9::7'],
    ['IPv6 in brackets', '127.0.0.1', '[2001:db9::7]', '2001:db9::7'],
    ['IPv6 in brackets with a port', '127.0.0.1', '[2001:db9::7]:443', '2001:db9::7'],
    ['IPv6 that is a proxy', '::1', '203.0.113.7, 2001:db8::5', '203.0.113.7'],
    ['IPv6 with a zone', '127.0.0.1', 'fe80::1%eth0', 'fe80::1'],
    ['a mapped peer', '::ffff:127.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['a mapped viewer', '127.0.0.1', '::ffff:203.0.113.7', '203.0.113.7'],
    ['a mapped viewer in hex', '127.0.0.1', '::FFFF:cb00:7107', '203.0.113.7'],
    ['a mapped proxy', '127.0.0.1', '203.0.113.7, ::ffff:10.1.2.3', '203.0.113.7'],
    ['a mapped peer that is no proxy', '::ffff:203.0.113.9', '198.51.100.1', '203.0.113.9'],
    // Sockets of other kinds, and those already gone.
    ['a peer without an address', undefined, '198.51.100.1', ''],
  ])('H70: %s', (_, peer, forwardedFor, viewer) => {
    expect(clientAddress(peer, forwardedFor, trusted)).toBe(viewer);
  });

  test('H70: with no trusted proxy the header is not looked at', () => {
    expect(clientAddress('127.0.0.1', '203.0.113.7', proxyList([]))).toBe('127.0.0.1');
  });

  test('H70: a header of the greatest size is walked once', () => {
    const proxies = Array.from({ length: 1_600 }, () => '10.1.2.3').join(', ');
    expect(clientAddress('127.0.0.1', `203.0.113.7, ${proxies}`, trusted)).toBe('203.0.113.7');
  });
});
