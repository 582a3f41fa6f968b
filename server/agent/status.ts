/** `pulsewatch status`: one reading of a server's /api/health as a small table. Knows no other address of the API. */
import type { Health } from '../../lib/protocol/api.ts';
import { formatSpan } from '../../lib/protocol/reason.ts';
import type { Console } from './agent.ts';
import { isRecord } from './api-client.ts';
import { clientOf, SERVER_OPTIONS, withApiErrors } from './api-command.ts';
import type { Command, Environment } from './command.ts';
import { parseOptions } from './command-line.ts';
import { printable, printableJson } from './printable-text.ts';

const count = (n: number): string => n.toLocaleString('en-US');

function hasNumbers(value: unknown, names: readonly string[]): boolean {
  return isRecord(value) && names.every((name) => typeof value[name] === 'number');
}

/** Is this what /api/health answers, as far as the table reads it? */
export function isHealth(value: unknown): value is Health {
  if (!isRecord(value) || !isRecord(value.ingest) || !isRecord(value.store)) return false;
  const { hosts, ingest, store } = value;
  return (
    typeof value.status === 'string' &&
    hasNumbers(value, ['uptimeMs']) &&
    hasNumbers(hosts, ['total', 'pending', 'up', 'late', 'down', 'left', 'acknowledged', 'maintenance']) &&
    hasNumbers(ingest, ['shards', 'heartbeatsPerSecond', 'accepted', 'kernelDrops', 'blindMs']) &&
    isRecord(ingest.rejected) &&
    Object.values(ingest.rejected).every((each) => typeof each === 'number') &&
    typeof ingest.receiver === 'string' &&
    typeof ingest.blind === 'boolean' &&
    typeof store.kind === 'string' &&
    typeof store.writable === 'boolean' &&
    (store.detail === null || typeof store.detail === 'string') &&
    hasNumbers(store, ['waiting', 'dropped'])
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
    ['store', storeInWords(health.store)],
  ] as const;
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
}

function storeInWords({ kind, writable, detail, waiting, dropped }: Health['store']): string {
  return [
    kind === 'memory' ? 'memory: what is acknowledged ends with the server' : kind,
    ...(writable ? [] : [`CANNOT STORE: ${detail ?? 'it does not say why'}`]),
    ...(writable || waiting === 0 ? [] : [`${count(waiting)} rows wait`]),
    ...(dropped > 0 ? [`${count(dropped)} rows of history given up`] : []),
  ].join(', ');
}

/** `node:dgram` cannot know what the kernel dropped before it was read. */
function drops({ receiver, kernelDrops }: Health['ingest']): string {
  return receiver === 'dgram'
    ? 'drops by the kernel not known'
    : `${count(kernelDrops)} dropped by the kernel`;
}

async function status(args: readonly string[], environment: Environment, console: Console): Promise<number> {
  const options = parseOptions(SERVER_OPTIONS, args);
  const client = clientOf(options, environment);
  return withApiErrors('status', console, async () => {
    const health = await client.get('/api/health', isHealth);
    if (options.has('json')) console.print(printableJson(health));
    else for (const line of statusLines(health, client.url)) console.print(printable(line));
    return 0;
  });
}

export const statusCommand: Command = {
  usage: 'pulsewatch status [options]',
  about: 'Says how the fleet and the server are doing.',
  table: SERVER_OPTIONS,
  run: status,
};
