import { expect, test } from 'vitest';
import { reachableAddresses } from './reachable-addresses.ts';

const card = (address: string, family: 'IPv4' | 'IPv6', internal = false) =>
  ({ address, family, internal, netmask: '', mac: '', cidr: null, scopeid: 0 }) as const;
const CARDS = {
  lo: [card('127.0.0.1', 'IPv4', true), card('::1', 'IPv6', true)],
  eth0: [card('fe80::1', 'IPv6'), card('2001:db8::7', 'IPv6'), card('10.1.4.7', 'IPv4')],
} as unknown as Parameters<typeof reachableAddresses>[1];

test.each([
  [['127.0.0.1', '::1'], []],
  [['0.0.0.0'], ['10.1.4.7']],
  [['::'], ['10.1.4.7', '2001:db8::7']],
  [['10.1.4.7'], ['10.1.4.7']],
  [['127.0.0.1', '192.168.1.2'], ['192.168.1.2']],
])('P10: bound to %j, other machines reach %j', (bound, expected) => {
  expect(reachableAddresses(bound, CARDS)).toEqual(expected);
});
