/** The results of the benchmarks `fanout` and `transports` as Markdown, each figure beside its target. */
import type { FanoutPart, FanoutResult, UnreadingResult } from './fanout.ts';
import { LIVE_HOSTS, type ViewerKind } from './live-messages.ts';
import type { LiveRun } from './live-run.ts';
import { type Machine, median } from './statistics.ts';
import { TRANSPORT_VIEWERS, type TransportsResult } from './transports.ts';

const NAMES: Readonly<Record<ViewerKind, string>> = {
  socketio: 'Socket.IO',
  'bare-ws': 'bare `ws`',
  sse: 'SSE',
  'bare-sse': 'bare `response.write`',
  'long-polling': 'long polling',
  polling: 'polling, 2 s',
};

const whole = (n: number): string => Math.round(n).toLocaleString('en-US');
const ms = (n: number): string => (n < 10 ? n.toFixed(1) : whole(n));
const share = (n: number): string => `${(100 * n).toFixed(1)} %`;
const medianOf = (runs: readonly LiveRun[], value: (run: LiveRun) => number): number =>
  median(runs.map(value));
const megabytes = (mib: number): string => ((mib * 2 ** 20) / 1e6).toFixed(0);
const verdict = (met: boolean): string => (met ? 'met' : '**missed**');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)];
}

const machineLine = ({ cores, cpu, node }: Machine): string => `${cores} cores (${cpu}), Node ${node}`;

function fanoutRows(kind: 'socketio' | 'sse', part: FanoutPart): string[][] {
  return (['ours', 'bare'] as const).map((side) => {
    const { runs, memory, memoryAfter } = part[side];
    const bare = kind === 'socketio' ? 'bare-ws' : 'bare-sse';
    return [
      NAMES[side === 'ours' ? kind : bare],
      whole(runs[0]!.viewers),
      medianOf(runs, (run) => run.updatesPerSecond).toFixed(1),
      share(medianOf(runs, (run) => run.serverCpuShare)),
      medianOf(runs, (run) => run.cpuUsPerUpdate).toFixed(1),
      side === 'ours' ? part.cpuRatio.toFixed(2) : '',
      ms(medianOf(runs, (run) => run.latencyMs.p50)),
      ms(medianOf(runs, (run) => run.latencyMs.p99)),
      ...[memory, memoryAfter].map(({ heapKiB, rssKiB }) => `${heapKiB.toFixed(1)} / ${rssKiB.toFixed(1)}`),
      share(medianOf(runs, (run) => run.viewersCpuShare)),
    ];
  });
}

function unreadingRow(name: string, { viewers, rssMiB, closedAfterS, dueMiB }: UnreadingResult): string[] {
  return [
    name,
    whole(viewers),
    whole(dueMiB),
    Math.max(...rssMiB).toFixed(1),
    rssMiB.at(-1)!.toFixed(1),
    closedAfterS === null ? `not within ${rssMiB.length} s` : `${closedAfterS} s`,
  ];
}

export function fanoutTable(result: FanoutResult): string {
  const { socketio, sse, waiters, unreading } = result;
  const p99 = medianOf(socketio.ours.runs, (run) => run.latencyMs.p99);
  const cpu = medianOf(socketio.ours.runs, (run) => run.serverCpuShare);
  const kib = Math.max(socketio.ours.memory.rssKiB, socketio.ours.memoryAfter.rssKiB);
  return [
    `${machineLine(result.machine)}; ${whole(LIVE_HOSTS)} hosts, 1,000 of them change at once ten times a second; medians of ${socketio.ours.runs.length} rounds.`,
    '',
    ...table(
      [
        'viewers by',
        'number',
        'diffs/s each',
        'server CPU, of a core',
        'µs a diff sent',
        'ratio to bare',
        'latency p50, ms',
        'p99, ms',
        'KiB a viewer when all are there: heap / RSS',
        'after the runs',
        "viewers' own CPU",
      ],
      [...fanoutRows('socketio', socketio), ...fanoutRows('sse', sse)],
    ),
    '',
    `The log without any viewer, in every figure above: ${share(socketio.logCpuShare)} of a core.`,
    '',
    `${whole(waiters.viewers)} waiting long polls: ${megabytes(waiters.rssMiB)} MB RSS, ${megabytes(waiters.heapMiB)} MB of it heap; aborted, all were gone within ${ms(waiters.goneAfterMs)} ms, ${waiters.socketsLeft} sockets left.`,
    '',
    ...table(
      [
        'viewers that never read',
        'number',
        'due to them, MiB',
        'RSS at most, MiB above the beginning',
        'at the end',
        'all closed after',
      ],
      [unreadingRow('Socket.IO', unreading.socketio), unreadingRow('SSE', unreading.sse)],
    ),
    '',
    ...table(
      ['target', 'measured', ''],
      [
        ['Socket.IO p99 ≤ 150 ms', `${ms(p99)} ms`, verdict(p99 <= 150)],
        ['Socket.IO server CPU ≤ 60 % of a core', share(cpu), verdict(cpu <= 0.6)],
        [
          'Socket.IO ≤ 1.6 × bare `ws` with acks',
          `${socketio.cpuRatio.toFixed(2)} ×`,
          verdict(socketio.cpuRatio <= 1.6),
        ],
        ['Socket.IO ≤ 40 KiB a viewer (RSS, the larger)', `${kib.toFixed(1)} KiB`, verdict(kib <= 40)],
        ['SSE ≤ 1.6 × bare `response.write`', `${sse.cpuRatio.toFixed(2)} ×`, verdict(sse.cpuRatio <= 1.6)],
        [
          '5,000 long polls ≤ 100 MB',
          `${megabytes(waiters.rssMiB)} MB`,
          verdict(waiters.rssMiB * 2 ** 20 <= 100e6),
        ],
        ['none left after abort', `${waiters.socketsLeft}`, verdict(waiters.socketsLeft === 0)],
      ],
    ),
  ].join('\n');
}

export function transportsTable({ machine, rates, memory }: TransportsResult): string {
  const rows = rates.map(({ kind, perSecond, runs }) => [
    NAMES[kind],
    whole(perSecond),
    ms(medianOf(runs, (run) => run.latencyMs.p50)),
    ms(medianOf(runs, (run) => run.latencyMs.p95)),
    ms(medianOf(runs, (run) => run.latencyMs.p99)),
    medianOf(runs, (run) => run.cpuUsPerDelivered).toFixed(1),
    whole(medianOf(runs, (run) => run.bytesPerDelivered)),
  ]);
  const first = (kind: ViewerKind): readonly LiveRun[] =>
    rates.find((each) => each.kind === kind && each.perSecond === 1)!.runs;
  const push = (['socketio', 'sse'] as const).flatMap((kind) => {
    const p50 = medianOf(first(kind), (run) => run.latencyMs.p50);
    const p99 = medianOf(first(kind), (run) => run.latencyMs.p99);
    return [
      [`${NAMES[kind]} p50 ≤ 5 ms`, `${ms(p50)} ms`, verdict(p50 <= 5)],
      [`${NAMES[kind]} p99 ≤ 40 ms`, `${ms(p99)} ms`, verdict(p99 <= 40)],
    ];
  });
  const waiting = medianOf(first('long-polling'), (run) => run.latencyMs.p50);
  const polling = first('polling');
  const half = medianOf(polling, (run) => run.latencyMs.p50);
  const most = medianOf(polling, (run) => run.latencyMs.p99);
  return [
    `${machineLine(machine)}; ${whole(LIVE_HOSTS)} hosts, ${TRANSPORT_VIEWERS} viewers; medians of ${rates[0]!.runs.length} rounds.`,
    '',
    ...table(
      [
        'viewers by',
        'changes/s',
        'latency p50, ms',
        'p95, ms',
        'p99, ms',
        'server CPU µs a change delivered',
        'bytes a change delivered, up and down',
      ],
      rows,
    ),
    '',
    ...table(
      ['viewers by', 'heap, KiB a viewer', 'RSS, KiB a viewer'],
      memory.map(({ kind, heapKiB, rssKiB }) => [NAMES[kind], heapKiB.toFixed(1), rssKiB.toFixed(1)]),
    ),
    '',
    ...table(
      ['target, at 1 change/s', 'measured', ''],
      [
        ...push,
        ['long polling p50 ≤ 10 ms', `${ms(waiting)} ms`, verdict(waiting <= 10)],
        [
          'polling uniform over 0–2 s: p50 about 1,000, p99 about 1,980 ms',
          `${ms(half)} and ${ms(most)} ms`,
          verdict(Math.abs(half - 1_000) <= 150 && Math.abs(most - 1_980) <= 100),
        ],
      ],
    ),
  ].join('\n');
}
