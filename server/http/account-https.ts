/**
 * Did the browser speak TLS? This server does not itself: a trusted proxy (TRUSTED_PROXIES) says so with
 * X-Forwarded-Proto. Noted where a request arrives, as its client address is. O(1).
 */
import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import { clientAddress } from './client-address.ts';

const HTTPS = new WeakSet<IncomingMessage>();

export function noteHttps(request: IncomingMessage, trusted: BlockList): void {
  const { headers, socket } = request;
  const said = [headers['x-forwarded-proto'] ?? []].flat().join(',').split(',');
  // Where several proxies stand in a row, the one the browser talks to matters.
  if (!said.some((proto) => proto.trim().toLowerCase() === 'https')) return;
  const peer = clientAddress(socket.remoteAddress, undefined, trusted);
  if (peer !== '' && trusted.check(peer, peer.includes(':') ? 'ipv6' : 'ipv4')) HTTPS.add(request);
}

export function notedHttps(request: IncomingMessage | undefined): boolean {
  return request !== undefined && HTTPS.has(request);
}
