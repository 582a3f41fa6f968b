/** The results of the benchmark `alerts` as Markdown, each figure beside its control and its target. */
import type { AlertsResult, Spread } from './alerts.ts';
import { BULK, HISTORY_DAYS, REGISTER_HOSTS, TRANSITIONS } from './alerts-fleet.ts';
import type { Stall } from './alerts-messages.ts';

const whole = (n: number): string => Math.round(n).toLocaleString('en-US');
const ms = (n: number): string => `${n < 10 ? n.toFixed(1) : whole(n)} ms`;
const both = ({ medianMs, longestMs }: Spread): string => `${ms(medianMs)}, longest ${ms(longestMs)}`;

const stalled = ({ longestMs, longestCpuMs }: Stall): string => `${ms(longestMs)} (CPU ${ms(longestCpuMs)})`;

type Row = {
  readonly what: string;
  readonly measured: string;
  readonly control?: string;
  readonly target?: { readonly words: string; readonly isMet: boolean };
};

const atMost = (limitMs: number, measuredMs: number): Row['target'] => ({
  words: `≤ ${limitMs < 1_000 ? `${limitMs} ms` : `${limitMs / 1_000} s`}`,
  isMet: measuredMs <= limitMs,
});

function rowsOf({ control, start, downs, bulk, history, oneHost, retention }: AlertsResult): Row[] {
  return [
    {
      what: `start to first answer, ${whole(REGISTER_HOSTS)} hosts in the register`,
      measured: both(start),
      target: atMost(3_000, start.longestMs),
    },
    {
      what: `${whole(REGISTER_HOSTS)} hosts down at once: all stored`,
      measured: `${ms(downs.storedMs)} (all down after ${ms(downs.allDownMs)})`,
      control: ms(control.downsMs),
      target: atMost(3_000, downs.storedMs),
    },
    {
      what: 'longest stall of the main thread meanwhile',
      measured: stalled(downs.stall),
      target: atMost(50, downs.stall.longestMs),
    },
    {
      what: 'first page of /api/alerts meanwhile',
      measured: both(downs.page),
      target: atMost(1_000, downs.page.longestMs),
    },
    {
      what: `acknowledge ${whole(BULK)} by filter`,
      measured: both(bulk.ack),
      control: ms(control.ackMs),
      target: atMost(1_000, bulk.ack.longestMs),
    },
    { what: 'take that batch back', measured: both(bulk.undo), control: ms(control.ackMs) },
    { what: 'longest stall of the main thread meanwhile', measured: stalled(bulk.stall) },
    {
      what: `${whole(TRANSITIONS)} transitions: a host’s timeline of ${HISTORY_DAYS} days`,
      measured: both(history.timeline),
      target: atMost(100, history.timeline.longestMs),
    },
    {
      what: `the same where one host holds all ${whole(TRANSITIONS)}`,
      measured: both(oneHost.timeline),
      // 23 transitions a minute for a month: slower than any other host's, but it must hold nobody else up.
      target: atMost(500, oneHost.timeline.longestMs),
    },
    {
      what: 'an acknowledgement while that is read again and again',
      measured: both(oneHost.ack),
      control: `${both(retention.loneAck)} (nothing is read)`,
      target: atMost(100, oneHost.ack.longestMs),
    },
    {
      what: 'the newest events of the fleet, a page',
      measured: both(history.events),
      target: atMost(200, history.events.longestMs),
    },
    {
      what: 'the events of one day of the month, a page',
      measured: both(history.laterEvents),
      target: atMost(200, history.laterEvents.longestMs),
    },
    {
      what: `an acknowledgement while ${whole(retention.rows)} rows are trimmed (${ms(retention.tookMs)})`,
      measured: both(retention.ack),
      control: `${both(retention.loneAck)} (nothing is trimmed)`,
      target: atMost(100, retention.ack.longestMs),
    },
  ];
}

/** What was to be measured and was not met, in words; empty: all targets were. */
export function missedTargets(result: AlertsResult): readonly string[] {
  return rowsOf(result)
    .filter(({ target }) => target !== undefined && !target.isMet)
    .map(({ what, measured, target }) => `${what}: ${measured}, target ${target!.words}`);
}

export function alertsTable(result: AlertsResult): string {
  const { cores, cpu, node } = result.machine;
  const rows = rowsOf(result).map(({ what, measured, control = '', target }) => {
    const verdict = target === undefined ? '' : target.isMet ? 'met' : '**missed**';
    return `| ${[what, measured, control, target?.words ?? '', verdict].join(' | ')} |`;
  });
  return [
    `${cores} cores (${cpu}), Node ${node}; ${result.start.count} starts, ${result.bulk.ack.count} bulk calls, ${result.history.timeline.count} of each read.`,
    '',
    '| what | measured: median | control | target |  |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}
