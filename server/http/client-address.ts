/**
 * Which address a viewer counts under: the peer's own, or, where the peer is a trusted proxy (TRUSTED_PROXIES),
 * what X-Forwarded-For says. Knows neither limits nor transports. Pure but for what it notes; O(hops looked at).
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, SocketAddress } from 'node:net';

const CIDR = /^([^/]+)\/([0-9]{1,3})$/;
const V4_WITH_PORT = /^([0-9.]+):[0-9]{1,5}$/;
const V6_IN_BRACKETS = /^\[([^\]]+)\](?::[0-9]{1,5})?$/;
const MAPPED_V4 = /^::ffff:([0-9.]+)$/;

type Family = 'ipv4' | 'ipv6';

function familyOf(address: string): Family {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}

/** The one spelling of an address, an IPv4 address inside IPv6 as itself, without a zone; null when it is none. */
function canonical(text: string): string | null {
  const zone = text.indexOf('%');
  const bare = zone === -1 ? text : text.slice(0, zone);
  if (isIP(bare) === 0) return null;
  const { address } = new SocketAddress({ address: bare, family: familyOf(bare) });
  return MAPPED_V4.exec(address)?.[1] ?? address;
}

/** An entry of X-Forwarded-For: an address, bare or as it stands in a URL, with a port or without. */
function hopOf(entry: string): string | null {
  const text = entry.trim();
  return canonical((V6_IN_BRACKETS.exec(text) ?? V4_WITH_PORT.exec(text))?.[1] ?? text);
}

/** `10.0.0.0/8`, `::1`, … in one spelling, or null when it is neither an address nor a range in CIDR notation. */
export function proxyRange(text: string): string | null {
  const [, network, prefix] = CIDR.exec(text) ?? [];
  if (network === undefined || prefix === undefined) return text.includes('%') ? null : canonical(text);
  const address = network.includes('%') ? null : canonical(network);
  // A mapped range would have to be renumbered; the IPv4 range says the same.
  if (address === null || isIP(address) !== isIP(network)) return null;
  return Number(prefix) <= (isIP(address) === 4 ? 32 : 128) ? `${address}/${Number(prefix)}` : null;
}

/** Of ranges as `proxyRange` gives them. Throws on anything else. */
export function proxyList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    if (prefix === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(prefix), familyOf(address));
  }
  return list;
}

/**
 * The right-most address of `forwardedFor` that is no trusted proxy, as long as the peer is one. What stands to the
 * left of it, or of an entry that is no address, was written by strangers and is not looked at; then, and when all
 * are trusted, it is the last address that was. '' for a peer without an address.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | readonly string[] | undefined,
  trusted: BlockList,
): string {
  let address = canonical(peer ?? '');
  if (address === null) return '';
  const text = typeof forwardedFor === 'string' ? forwardedFor : (forwardedFor ?? []).join(',');
  for (let end = text.length; end > 0 && trusted.check(address, familyOf(address)); ) {
    const comma = text.lastIndexOf(',', end - 1);
    const hop = hopOf(text.slice(comma + 1, end));
    if (hop === null) break;
    address = hop;
    end = comma;
  }
  return address;
}

/** Found where a request arrives, and asked for further in: its headers may be gone by then. */
const NOTED = new WeakMap<IncomingMessage, string>();

export function noteClientAddress(request: IncomingMessage, trusted: BlockList): void {
  const { headers, socket } = request;
  NOTED.set(request, clientAddress(socket.remoteAddress, headers['x-forwarded-for'], trusted));
}

/** The noted address; the peer's own where none is. */
export function notedClientAddress(request: IncomingMessage): string {
  return NOTED.get(request) ?? request.socket.remoteAddress ?? '';
}
