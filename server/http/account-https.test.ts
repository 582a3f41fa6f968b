import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { notedHttps, noteHttps } from './account-https.ts';
import { proxyList } from './client-address.ts';

const TRUSTED = proxyList(['127.0.0.1', '2001:db8::/32']);

function saysHttps(peer: string, proto: string | undefined): boolean {
  const headers = proto === undefined ? {} : { 'x-forwarded-proto': proto };
  const request = { headers, socket: { remoteAddress: peer } } as unknown as IncomingMessage;
  noteHttps(request, TRUSTED);
  return notedHttps(request);
}

test.each([
  ['127.0.0.1', 'https'],
  ['::ffff:127.0.0.1', 'HTTPS'],
  ['2001:db8::7', 'https'],
  // The browser spoke TLS to the first of two proxies, the first plain HTTP to the second.
  ['127.0.0.1', 'https, http'],
])('U53: %s is a proxy, and %s says that the browser spoke TLS', (peer, proto) => {
  expect(saysHttps(peer, proto)).toBe(true);
});

test.each([
  ['192.0.2.1', 'https'],
  ['2001:db9::7', 'https'],
  ['127.0.0.1', 'http'],
  ['127.0.0.1', 'httpsx'],
  ['127.0.0.1', undefined],
  ['', 'https'],
])('U53: not so %s with %s', (peer, proto) => {
  expect(saysHttps(peer, proto)).toBe(false);
});
