/** `pulsewatch hosts`: the hosts a filter finds, as a table or as the API's own objects. */
import type { Host } from '../../lib/protocol/host.ts';
import { formatSpan } from '../../lib/protocol/reason.ts';
import type { Console } from './agent.ts';
import { isRecord } from './api-client.ts';
import {
  clientOf,
  counted,
  FILTER_OPTIONS,
  filterOf,
  LIST_OPTIONS,
  limitOf,
  queryOf,
  SERVER_OPTIONS,
  withApiErrors,
} from './api-command.ts';
import { type ListOf, pagesOf, printPagesAsJson } from './api-pages.ts';
import type { Command, Environment } from './command.ts';
import { type OptionTable, parseOptions } from './command-line.ts';
import { tableLines } from './text-table.ts';

export const HOST_STATES = [
  'pending',
  'up',
  'late',
  'down',
  'left',
  'unhandled',
  'acknowledged',
  'maintenance',
];

const OPTIONS = {
  state: {
    kind: 'value',
    placeholder: 'STATE',
    help: `Only hosts in this state: ${HOST_STATES.join(', ')}`,
    takes: `one of ${HOST_STATES.join(', ')}`,
  },
  ...FILTER_OPTIONS,
  ...LIST_OPTIONS,
  ...SERVER_OPTIONS,
} as const satisfies OptionTable;

/** As far as the commands read it. */
export function isHost(value: unknown): value is Host {
  return (
    isRecord(value) &&
    ['id', 'name', 'state'].every((field) => typeof value[field] === 'string') &&
    ['acknowledged', 'maintenance'].every((field) => typeof value[field] === 'boolean') &&
    isRecord(value.labels) &&
    ['lastSeenAt', 'changedAt'].every((field) => value[field] === null || typeof value[field] === 'number') &&
    ['reason', 'alertId'].every((field) => value[field] === null || typeof value[field] === 'string')
  );
}

const HOSTS: ListOf<Host> = { path: '/api/hosts', field: 'hosts', isItem: isHost };

/** The state with what lies over it, as `down, acknowledged`. */
function stateInWords({ state, acknowledged, maintenance }: Host): string {
  const over = [...(maintenance ? ['maintenance'] : []), ...(acknowledged ? ['acknowledged'] : [])];
  return [state, ...over].join(', ');
}

function rowOf(host: Host, nowMs: number): string[] {
  return [
    host.name,
    stateInWords(host),
    host.lastSeenAt === null ? 'not yet' : `${formatSpan(Math.max(0, nowMs - host.lastSeenAt))} ago`,
    Object.entries(host.labels)
      .map(([key, value]) => `${key}:${value}`)
      .join(' '),
    host.reason ?? '',
  ];
}

async function hosts(args: readonly string[], environment: Environment, console: Console): Promise<number> {
  const options = parseOptions(OPTIONS, args);
  const client = clientOf(options, environment);
  const limit = limitOf(options);
  const state = options.value<string | undefined>(
    'state',
    (text) => (HOST_STATES.includes(text) ? text : null),
    undefined,
  );
  const query = queryOf({ ...filterOf(options), ...(state === undefined ? {} : { state }) });
  const { terminal } = environment;
  return withApiErrors('hosts', console, async () => {
    const pages = pagesOf(client, HOSTS, query, limit);
    if (options.has('json')) {
      await printPagesAsJson(pages, 'hosts', terminal, console);
      return 0;
    }
    const rows: string[][] = [];
    let total = 0;
    for await (const page of pages) {
      const nowMs = Date.now();
      for (const host of page.items) rows.push(rowOf(host, nowMs));
      total = page.total ?? 0;
    }
    if (rows.length > 0) {
      const headings = ['HOST', 'STATE', 'LAST HEARD', 'LABELS', 'REASON'];
      for (const line of tableLines(headings, rows, terminal.columns)) console.print(line);
    }
    const rest =
      rows.length < total ? `, ${rows.length.toLocaleString('en-US')} shown (--all shows all)` : '';
    console.warn(`${counted(total, 'host')}${rest}`);
    return 0;
  });
}

export const hostsCommand: Command = {
  usage: 'pulsewatch hosts [options]',
  about: 'Lists hosts and their states.',
  table: OPTIONS,
  run: hosts,
};
