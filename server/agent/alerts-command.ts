/** `pulsewatch alerts`: alerts, who took them and until when, as a table or as the API's own objects. */
import {
  type Acknowledgement,
  ALERT_STATUSES,
  type Alert,
  type AlertStatus,
} from '../../lib/protocol/alert.ts';
import type { Console } from './agent.ts';
import { isRecord } from './api-client.ts';
import { clientOf, counted, LIST_OPTIONS, limitOf, SERVER_OPTIONS, withApiErrors } from './api-command.ts';
import { type ListOf, pagesOf, printPagesAsJson } from './api-pages.ts';
import type { Command, Environment } from './command.ts';
import { type OptionTable, parseOptions } from './command-line.ts';
import { instantInWords } from './instants.ts';
import { tableLines } from './text-table.ts';

const OPTIONS = {
  status: {
    kind: 'value',
    placeholder: 'STATUS',
    help: `Which: ${ALERT_STATUSES.join(', ')}; open (acknowledged or not) unless given`,
    takes: `one of ${ALERT_STATUSES.join(', ')}`,
  },
  ...LIST_OPTIONS,
  ...SERVER_OPTIONS,
} as const satisfies OptionTable;

/** As far as the commands read it. */
export function isAcknowledgement(value: unknown): value is Acknowledgement {
  return (
    isRecord(value) &&
    typeof value.by === 'string' &&
    typeof value.at === 'number' &&
    (value.comment === null || typeof value.comment === 'string') &&
    (value.expiresAt === null || typeof value.expiresAt === 'number')
  );
}

function isAlert(value: unknown): value is Alert {
  return (
    isRecord(value) &&
    ['id', 'host', 'reason'].every((field) => typeof value[field] === 'string') &&
    typeof value.openedAt === 'number' &&
    (value.closedAt === null || typeof value.closedAt === 'number') &&
    (value.ack === null || isAcknowledgement(value.ack))
  );
}

const ALERTS: ListOf<Alert> = { path: '/api/alerts', field: 'alerts', isItem: isAlert };

/** `ana at 2026-11-20 13:05:59 until 2026-11-20 14:05:59: on it` */
export function acknowledgementInWords({ by, at, comment, expiresAt }: Acknowledgement): string {
  const until = expiresAt === null ? '' : ` until ${instantInWords(expiresAt)}`;
  return `${by} at ${instantInWords(at)}${until}${comment === null ? '' : `: ${comment}`}`;
}

function rowOf({ id, host, openedAt, closedAt, ack, reason }: Alert): string[] {
  return [
    host,
    instantInWords(openedAt),
    closedAt === null ? 'open' : instantInWords(closedAt),
    ack === null ? '' : acknowledgementInWords(ack),
    reason,
    id,
  ];
}

async function alerts(args: readonly string[], environment: Environment, console: Console): Promise<number> {
  const options = parseOptions(OPTIONS, args);
  const client = clientOf(options, environment);
  const limit = limitOf(options);
  const status = options.value<AlertStatus>(
    'status',
    (text) => ALERT_STATUSES.find((each) => each === text) ?? null,
    'open',
  );
  const { terminal } = environment;
  return withApiErrors('alerts', console, async () => {
    const pages = pagesOf(client, ALERTS, new URLSearchParams({ status }), limit);
    if (options.has('json')) {
      await printPagesAsJson(pages, 'alerts', terminal, console);
      return 0;
    }
    const rows: string[][] = [];
    let isEnd = true;
    for await (const page of pages) {
      for (const alert of page.items) rows.push(rowOf(alert));
      isEnd = page.nextCursor === null;
    }
    if (rows.length > 0) {
      const headings = ['HOST', 'OPENED', 'CLOSED', 'ACKNOWLEDGED BY', 'REASON', 'ID'];
      for (const line of tableLines(headings, rows, terminal.columns)) console.print(line);
    }
    console.warn(`${counted(rows.length, 'alert')}${isEnd ? '' : ', and there are more (--all shows all)'}`);
    return 0;
  });
}

export const alertsCommand: Command = {
  usage: 'pulsewatch alerts [options]',
  about: 'Lists alerts, and who took them.',
  table: OPTIONS,
  run: alerts,
};
