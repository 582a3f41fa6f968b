/**
 * Who may talk to this server at all: the Host a request names and the Origin of the page that sends it, asked of
 * every request and every upgrade (a browser sends both, and a foreign page cannot forge either). O(1).
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { reachableAddresses } from '../reachable-addresses.ts';
import { ProblemError } from './problem.ts';

export type GuardRules = {
  /** Lower-case host names, with a port or without (any port). */
  readonly allowedHosts: readonly string[];
  /** Serialized origins. */
  readonly allowedOrigins: readonly string[];
};

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const WITH_PORT = /^(.+):([0-9]{1,5})$/;

/** A bare IPv6 address as it stands in a URL. */
function inUrl(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/**
 * What HOST is reached by: itself, or for one that stands for every address of this machine (0.0.0.0, ::) those its
 * network cards have now. Names are not guessed: a name can be made to point here by others, an address cannot.
 */
function boundNames(boundHost: string): string[] {
  const isEvery = boundHost === '0.0.0.0' || boundHost === '::';
  return (isEvery ? reachableAddresses([boundHost]) : [boundHost]).map((host) => inUrl(host.toLowerCase()));
}

/** The defaults of ALLOWED_HOSTS and ALLOWED_ORIGINS filled in; null = not set. Reads the network cards. */
export function guardRules(
  boundHost: string,
  port: number,
  hosts: readonly string[] | null,
  origins: readonly string[] | null,
): GuardRules {
  const allowedHosts = hosts ?? [...new Set([...boundNames(boundHost), ...LOOPBACK_NAMES])];
  const originOf = (host: string): string =>
    new URL(`http://${hasPort(host) ? host : `${host}:${port}`}`).origin;
  return { allowedHosts, allowedOrigins: origins ?? allowedHosts.map(originOf) };
}

function hasPort(host: string): boolean {
  return WITH_PORT.test(host) && !host.endsWith(']');
}

/** null: accepted. */
export function refusalOf(
  { headers, rawHeaders }: Pick<IncomingMessage, 'headers' | 'rawHeaders'>,
  rules: GuardRules,
): ProblemError | null {
  // Node keeps the first of two; a proxy before us may have looked at the other one.
  if (rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === 'host').length > 1) {
    return new ProblemError('foreign_host', 'Host is given twice; exactly one is accepted');
  }
  const host = headers.host?.toLowerCase() ?? '';
  const name = hasPort(host) ? host.slice(0, host.lastIndexOf(':')) : host;
  if (!rules.allowedHosts.includes(name) && !rules.allowedHosts.includes(host)) {
    const accepted = rules.allowedHosts.join(', ');
    return new ProblemError('foreign_host', `Host is ${quoted(host)}; accepted: ${accepted} (ALLOWED_HOSTS)`);
  }
  const { origin } = headers;
  if (origin !== undefined && !rules.allowedOrigins.includes(origin.toLowerCase())) {
    const accepted = rules.allowedOrigins.join(', ');
    return new ProblemError(
      'foreign_origin',
      `Origin is ${quoted(origin)}; accepted: ${accepted} (ALLOWED_ORIGINS)`,
    );
  }
  return null;
}

const READS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A form of a foreign page can send any body but JSON without being asked first, so writes must be JSON.
 * null: accepted.
 */
export function refusalOfWrite(
  method: string | undefined,
  headers: IncomingHttpHeaders,
): ProblemError | null {
  if (READS.has(method)) return null;
  const type = headers['content-type'] ?? '';
  if (/^application\/json\s*(;|$)/i.test(type)) return null;
  return new ProblemError(
    'unsupported_media_type',
    `content-type is ${quoted(type)}; accepted: application/json`,
  );
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
