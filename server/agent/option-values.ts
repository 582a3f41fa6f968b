/** What the options of the commands accept: each parser gives the value, or null when the text is not of its form. Pure. */
import { isIP, isIPv6 } from 'node:net';
import { isLabelKey, isLabelValue } from '../../lib/protocol/host.ts';

export const DEFAULT_HEARTBEAT_PORT = 9_990;

export type ServerAddress = {
  /** A name or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
};

const DNS_NAME = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_-]{1,63})*\.?$/;
const DIGITS_AND_DOTS = /^[0-9.]+$/;

function parsePort(text: string): number | null {
  const port = Number(text);
  return /^[0-9]{1,5}$/.test(text) && port >= 1 && port <= 65_535 ? port : null;
}

/** `name`, `name:port`, `10.0.0.1:9990`, `[::1]:9990`, `[::1]` or `::1`; the port is 9990 unless given. */
export function parseServerAddress(text: string): ServerAddress | null {
  const bracketed = /^\[([^\]]+)\](?::([0-9]+))?$/.exec(text);
  if (bracketed !== null) {
    const port = bracketed[2] === undefined ? DEFAULT_HEARTBEAT_PORT : parsePort(bracketed[2]);
    return isIPv6(bracketed[1]!) && port !== null ? { host: bracketed[1]!, port } : null;
  }
  if (isIPv6(text)) return { host: text, port: DEFAULT_HEARTBEAT_PORT };
  const [host, portText, ...rest] = text.split(':');
  const port = portText === undefined ? DEFAULT_HEARTBEAT_PORT : parsePort(portText);
  if (port === null || rest.length > 0 || host === undefined) return null;
  // 10.0.0 and 300.1.1.1 are mistyped addresses, not names.
  const valid = DIGITS_AND_DOTS.test(host) ? isIP(host) === 4 : DNS_NAME.test(host);
  return valid ? { host, port } : null;
}

export function formatServerAddress(address: ServerAddress): string {
  return `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

const SPAN = /^([0-9]{1,7}(?:\.[0-9]{1,3})?)(ms|s|m|h)$/;
const SPAN_UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const MAX_SPAN_MS = 7 * 24 * 3_600_000;
export const SPAN_TAKES = 'a time like 500ms, 30s, 5m or 1h (at most 168h)';

/** A span in ms; units ms, s, m, h; 0 to 7 days. */
export function parseSpan(text: string): number | null {
  const match = SPAN.exec(text);
  if (match === null) return null;
  const spanMs = Number(match[1]) * SPAN_UNIT_MS[match[2]!]!;
  return spanMs <= MAX_SPAN_MS ? spanMs : null;
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number | null {
  return (text) => {
    const value = Number(text);
    return /^[0-9]{1,10}$/.test(text) && value >= min && value <= max ? value : null;
  };
}

/** A share: `0.01` or `1%`, from 0 to 1. */
export function parseShare(text: string): number | null {
  const match = /^([0-9]{1,3}(?:\.[0-9]{1,6})?)(%?)$/.exec(text);
  if (match === null) return null;
  const share = Number(match[1]) / (match[2] === '%' ? 100 : 1);
  return share <= 1 ? share : null;
}

export type Outage = { readonly rack: string; readonly atMs: number; readonly durationMs: number };

/** `r03@60s+20s`: rack r03, from 60 s on, for 20 s. */
export function parseOutage(text: string): Outage | null {
  const match = /^([^@]+)@([^+]+)\+(.+)$/.exec(text);
  if (match === null || !isLabelValue(match[1]!)) return null;
  const atMs = parseSpan(match[2]!);
  const durationMs = parseSpan(match[3]!);
  return atMs === null || durationMs === null || durationMs === 0
    ? null
    : { rack: match[1]!, atMs, durationMs };
}

/** `rack=r17`. */
export function parseLabel(text: string): readonly [key: string, value: string] | null {
  const equals = text.indexOf('=');
  const key = text.slice(0, Math.max(0, equals));
  const value = text.slice(equals + 1);
  return equals > 0 && isLabelKey(key) && isLabelValue(value) ? [key, value] : null;
}

/** An http or https address, without a query. */
export function parseHttpUrl(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const plain = url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  return plain && (url.protocol === 'http:' || url.protocol === 'https:') ? url : null;
}

/** A machine's own name in the form heartbeats allow: other characters become `-`, at most 63 of them. */
export function cleanHostName(hostname: string): string {
  const cleaned = hostname
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 63);
  return cleaned === '' ? 'unnamed' : cleaned;
}
