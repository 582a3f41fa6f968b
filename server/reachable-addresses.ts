/** Under which addresses other machines reach a socket of this one. Reads the network cards; nothing is sent. */
import { networkInterfaces } from 'node:os';

export function isLoopback(address: string): boolean {
  return address === '::1' || /^127(\.[0-9]{1,3}){3}$/.test(address);
}

type Cards = ReturnType<typeof networkInterfaces>;

/**
 * The bound addresses that are not loopback; for `0.0.0.0` and `::` those of this machine's network cards, IPv4
 * first, without link-local ones, which need a zone that another machine does not know.
 */
export function reachableAddresses(bound: readonly string[], cards: Cards = networkInterfaces()): string[] {
  const own = Object.values(cards).flatMap((card) => card ?? []);
  const usable = own.filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address));
  const of = (family: 'IPv4' | 'IPv6'): string[] =>
    usable.filter((one) => one.family === family).map(({ address }) => address);
  const reachable = bound.flatMap((address) => {
    if (address === '0.0.0.0') return of('IPv4');
    if (address === '::') return [...of('IPv4'), ...of('IPv6')];
    return isLoopback(address) ? [] : [address];
  });
  return [...new Set(reachable)];
}
