/**
 * Owns the lines people paste, letter by letter, and what may be filled into them (docs/protocol.md 1.1). Pure.
 * Whatever passes the rules is quoted so that no shell reads more into it.
 */
import type { About } from '#lib/protocol/api.ts';
import { isHostName, isLabelKey, isLabelValue, MAX_LABELS, RESERVED_LABEL_KEYS } from '#lib/protocol/host.ts';

export type HeartbeatAddress = { readonly host: string; readonly port: number };
export type Listening = About['heartbeat'];
export type LabelPair = readonly [key: string, value: string];

export type LabelProblem =
  | { readonly kind: 'form'; readonly text: string }
  | { readonly kind: 'reserved'; readonly text: string }
  | { readonly kind: 'key'; readonly text: string }
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'twice'; readonly text: string }
  | { readonly kind: 'many' };

/** `k=v k=v`, separated by spaces, as pairs; or the first thing wrong with it. */
export function parseLabels(
  text: string,
): { readonly labels: readonly LabelPair[] } | { readonly problem: LabelProblem } {
  const labels: LabelPair[] = [];
  const seen = new Set<string>();
  for (const word of text.split(/\s+/u).filter(Boolean)) {
    const at = word.indexOf('=');
    if (at < 1) return { problem: { kind: 'form', text: word } };
    const key = word.slice(0, at);
    const value = word.slice(at + 1);
    if (RESERVED_LABEL_KEYS.has(key)) return { problem: { kind: 'reserved', text: key } };
    if (!isLabelKey(key)) return { problem: { kind: 'key', text: key } };
    if (!isLabelValue(value)) return { problem: { kind: 'value', text: word } };
    if (seen.has(key)) return { problem: { kind: 'twice', text: key } };
    seen.add(key);
    labels.push([key, value]);
  }
  return labels.length > MAX_LABELS ? { problem: { kind: 'many' } } : { labels };
}

/** Inside double quotes these still mean something to bash; a value never holds a quote of its own. */
const SPECIAL_IN_DOUBLE_QUOTES = /[$\\!]/;
const PLAIN_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** What carries heartbeats. A TCP connection that is closed says at once that its process ended. */
export type Carrier = 'udp' | 'tcp';

/** Stands for the host's own key, which `pulsewatch key` prints from the server's masters: it is no page's to show. */
export const KEY_PLACE = 'ID:HEX';

/**
 * A shell loop that is a whole agent. `name` and `labels` must have passed the rules. Over TCP the inner loop ends with
 * its connection, in a subshell, because writing to a closed one ends the shell that does.
 */
export function bashLine(
  address: HeartbeatAddress,
  name: string,
  labels: readonly LabelPair[],
  carrier: Carrier = 'udp',
): string {
  const beat = [name, 'interval=1s', ...labels.map(([key, value]) => `${key}=${value}`)].join(' ');
  const quote = SPECIAL_IN_DOUBLE_QUOTES.test(beat) ? "'" : '"';
  const echo = `echo ${quote}${beat}${quote}`;
  const device = `/dev/${carrier}/${address.host}/${address.port}`;
  return carrier === 'udp'
    ? `while :; do ${echo} >${device}; sleep 1; done`
    : `while :; do (while ${echo}; do sleep 1; done >${device}); sleep 1; done`;
}

/** The agent's line. `tagged`: the server takes signed heartbeats only. */
export function agentLine(
  address: HeartbeatAddress,
  name: string,
  labels: readonly LabelPair[],
  { carrier = 'udp', tagged = false }: { carrier?: Carrier; tagged?: boolean } = {},
): string {
  const server = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  // In the environment, where other users of the machine do not see it.
  const words = [...(tagged ? [`HEARTBEAT_KEY=${KEY_PLACE}`] : []), 'npx pulsewatch agent --server', server];
  if (carrier === 'tcp') words.push('--tcp');
  words.push('--name', name);
  for (const [key, value] of labels) {
    const pair = `${key}=${value}`;
    words.push('--label', PLAIN_WORD.test(pair) ? pair : `'${pair}'`);
  }
  return words.join(' ');
}

/** Does only the server's own machine reach this address? */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Where agents must send: the address the server listens on, or, where that is every address of its machine
 * (`0.0.0.0`, `::`), the name under which this browser reached it; a browser on the machine itself has no such
 * name, so then the machine's first address.
 */
export function reachableAddress(listening: Listening, pageHostname: string): HeartbeatAddress {
  const { host, port, addresses } = listening;
  if (host !== '0.0.0.0' && host !== '::') return { host, port };
  const name = pageHostname.replace(/^\[|\]$/g, '');
  return { host: isLoopback(name) ? (addresses[0] ?? name) : name, port };
}

export { isHostName };
