/** `pulsewatch status`: one reading of a server's /api/health as a small table. Knows no other address of the API. */
import type { Health } from '../../lib/protocol/api.ts';
import { formatSpan } from '../../lib/protocol/reason.ts';
import type { Console } from './agent.ts';

export type StatusOptions = { readonly url: URL; readonly json: boolean };

const TIMEOUT_MS = 5_000;
const MAX_BODY_BYTES = 64 * 1024;

const count = (n: number): string => n.toLocaleString('en-US');

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasNumbers(value: unknown, names: readonly string[]): boolean {
  return isRecord(value) && names.every((name) => typeof value[name] === 'number');
}

/** Is this what /api/health answers, as far as the table reads it? */
export function isHealth(value: unknown): value is Health {
  if (!isRecord(value) || !isRecord(value.ingest)) return false;
  const { hosts, ingest } = value;
  return (
    typeof value.status === 'string' &&
    hasNumbers(value, ['uptimeMs']) &&
    hasNumbers(hosts, ['total', 'pending', 'up', 'late', 'down', 'left', 'acknowledged', 'maintenance']) &&
    hasNumbers(ingest, ['shards', 'heartbeatsPerSecond', 'accepted', 'kernelDrops', 'blindMs']) &&
    isRecord(ingest.rejected) &&
    Object.values(ingest.rejected).every((each) => typeof each === 'number') &&
    typeof ingest.receiver === 'string' &&
    typeof ingest.blind === 'boolean'
  );
}

/** The reading in lines of two columns; what is 0 and would only be noise is left out. */
export function statusLines(health: Health, url: URL): readonly string[] {
  const { hosts, ingest } = health;
  const parts = [`${count(hosts.up)} up`, `${count(hosts.late)} late`, `${count(hosts.down)} down`];
  const taken = [
    ...(hosts.acknowledged > 0 ? [`${count(hosts.acknowledged)} acknowledged`] : []),
    ...(hosts.maintenance > 0 ? [`${count(hosts.maintenance)} in maintenance`] : []),
  ];
  if (taken.length > 0) parts[2] += ` (${taken.join(', ')})`;
  if (hosts.left > 0) parts.push(`${count(hosts.left)} left`);
  if (hosts.pending > 0) parts.push(`${count(hosts.pending)} not heard yet`);
  const rejected = Object.entries(ingest.rejected).filter(([, n]) => n > 0);
  const rows = [
    ['server', `${url.origin}, ${health.status}, running for ${formatSpan(health.uptimeMs)}`],
    ['hosts', `${count(hosts.total)}: ${parts.join(', ')}`],
    [
      'heartbeats',
      `${count(Math.round(ingest.heartbeatsPerSecond))}/s, ${count(ingest.accepted)} accepted in all`,
    ],
    [
      'rejected',
      rejected.length === 0 ? 'none' : rejected.map(([reason, n]) => `${reason} ${count(n)}`).join(', '),
    ],
    [
      'receiver',
      `${ingest.receiver}, ${ingest.shards === 1 ? '1 shard' : `${ingest.shards} shards`}, ${drops(ingest)}`,
    ],
    [
      'blind',
      `${ingest.blind ? 'YES: states may be out of date' : 'no'}${ingest.blindMs > 0 ? ` (${formatSpan(ingest.blindMs)} in all)` : ''}`,
    ],
  ] as const;
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
}

/** `node:dgram` cannot know what the kernel dropped before it was read. */
function drops({ receiver, kernelDrops }: Health['ingest']): string {
  return receiver === 'dgram'
    ? 'drops by the kernel not known'
    : `${count(kernelDrops)} dropped by the kernel`;
}

function whyUnreachable(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1_000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return 'code' in cause ? String(cause.code) : cause.message;
}

/** Prints the reading. Resolves with the exit code: 1 when no Pulsewatch answers at the address. */
export async function runStatus(options: StatusOptions, console: Console): Promise<number> {
  const address = new URL('/api/health', options.url);
  const failed = (why: string): number => {
    console.warn(`pulsewatch status: no Pulsewatch at ${options.url.origin}: ${why}`);
    return 1;
  };
  let body: string;
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    body = await response.text();
    if (!response.ok) return failed(`it answered ${response.status}`);
  } catch (error) {
    return failed(whyUnreachable(error));
  }
  if (body.length > MAX_BODY_BYTES) return failed('its answer is too long');
  let health: unknown;
  try {
    health = JSON.parse(body);
  } catch {
    return failed('its answer is not JSON');
  }
  if (!isHealth(health)) return failed('its answer is not a health report');
  if (options.json) console.print(JSON.stringify(health, null, 2));
  else for (const line of statusLines(health, options.url)) console.print(line);
  return 0;
}
