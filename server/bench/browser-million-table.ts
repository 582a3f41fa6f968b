/** The result of the benchmark `browser-million` as Markdown, each figure beside its target. */
import {
  type Arrival,
  type BrowserMillionResult,
  FRAMES_TARGET,
  MAP_TARGET_MS,
  RATE_TARGET,
} from './browser-million.ts';
import { LONG_TASK_MS } from './million-page.ts';
import { median } from './statistics.ts';

const whole = (n: number): string => Math.round(n).toLocaleString('en-US');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)];
}

/** The browser counts no task below 50 ms. */
const taskWords = (ms: number): string => (ms === 0 ? `≤ ${LONG_TASK_MS}` : whole(ms));

function arrivalRows(quiet: readonly Arrival[], busy: readonly Arrival[]): string[][] {
  return quiet.map((arrival, i) => {
    const cells = [arrival, busy[i]!].flatMap(({ mapMs, longestTaskMs }) => [
      whole(median(mapMs)),
      whole(Math.max(...mapMs)),
      taskWords(longestTaskMs),
    ]);
    return [arrival.mode, ...cells];
  });
}

export function browserMillionTable(result: BrowserMillionResult): string {
  const { machine, chromium, hosts, changesPerSecond, quiet, busy, stays } = result;
  return [
    `${machine.cores} cores (${machine.cpu}), Node ${machine.node}, Chromium ${chromium} without a GPU, server, sender and browser on the same machine; ${whole(hosts)} hosts, 3 % of them down in random places.`,
    '',
    `From the navigation until the map of all hosts is on the screen, a fresh browser context each time (target: median ≤ ${whole(MAP_TARGET_MS)} ms). The longest task is the framework's start or the charts', not the hosts'.`,
    '',
    ...table(
      [
        'transport',
        'quiet: median, ms',
        'most, ms',
        'longest task, ms',
        `${whole(changesPerSecond)} changes/s: median, ms`,
        'most, ms',
        'longest task, ms',
      ],
      arrivalRows(quiet, busy),
    ),
    '',
    `While hosts change (target: ${whole(RATE_TARGET)} changes/s, no task over ${LONG_TASK_MS} ms, at least ${FRAMES_TARGET} frames/s).`,
    '',
    ...table(
      [
        'page',
        'transport',
        'frames/s',
        'longest frame, ms',
        'map drawn/s',
        'tasks > 50 ms',
        'longest, ms',
        'heap, MiB',
        'RSS of the tab, MiB',
        'DOM nodes',
      ],
      stays.map((stay) => [
        `\`${stay.route}\``,
        stay.mode,
        stay.framesPerSecond.toFixed(1),
        whole(stay.longestFrameMs),
        stay.drawsPerSecond.toFixed(1),
        String(stay.longTasks),
        taskWords(stay.longestTaskMs),
        stay.memory.heapMiB.toFixed(0),
        whole(stay.memory.rssMiB),
        whole(stay.memory.domNodes),
      ]),
    ),
  ].join('\n');
}
