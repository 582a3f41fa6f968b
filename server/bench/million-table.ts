/** The results of the benchmark `million` as Markdown, each target beside its figure. Pure. */
import type { MillionResult, Times } from './million.ts';

const MOST_SEARCH_P99_MS = 300;
const MOST_SNAPSHOT_BYTES = 120_000;
const MOST_DELAY_P99_MS = 20;
const MOST_FIRST_ANSWER_MS = 5_000;

const whole = (n: number): string => Math.round(n).toLocaleString('en-US');

type Target = { readonly what: string; readonly measured: string; readonly isMet: boolean };

function targetsOf({ search, stall, restart, snapshot }: MillionResult): Target[] {
  return [
    {
      what: `search, p99 ≤ ${MOST_SEARCH_P99_MS} ms`,
      measured: `${whole(search.p99Ms)} ms`,
      isMet: search.p99Ms <= MOST_SEARCH_P99_MS,
    },
    {
      what: `snapshot with ${whole(snapshot.down)} down ≤ ${MOST_SNAPSHOT_BYTES / 1_000} kB on the wire`,
      measured: `${(snapshot.frameBytes / 1_000).toFixed(1)} kB`,
      isMet: snapshot.frameBytes <= MOST_SNAPSHOT_BYTES,
    },
    {
      what: `event-loop delay meanwhile, p99 < ${MOST_DELAY_P99_MS} ms`,
      measured: `${stall.delayP99Ms.toFixed(1)} ms`,
      isMet: stall.delayP99Ms < MOST_DELAY_P99_MS,
    },
    {
      what: `restart: first answer ≤ ${MOST_FIRST_ANSWER_MS / 1_000} s`,
      measured: `${(restart.firstAnswerMs / 1_000).toFixed(1)} s`,
      isMet: restart.firstAnswerMs <= MOST_FIRST_ANSWER_MS,
    },
    {
      what: 'restart: hosts falsely called down',
      measured: whole(restart.falseDowns),
      isMet: restart.falseDowns === 0,
    },
  ];
}

export function missedMillionTargets(result: MillionResult): readonly string[] {
  return targetsOf(result)
    .filter(({ isMet }) => !isMet)
    .map(({ what, measured }) => `${what}: ${measured}`);
}

export function millionTable(result: MillionResult): string {
  const { hosts, heartbeatsPerSecond, search, plainSearchMs, lists, stall, restart, snapshot } = result;
  const row = (what: string, { p50Ms, p99Ms, longestMs }: Times): string =>
    `| ${what} | ${whole(p50Ms)} | ${whole(p99Ms)} | ${whole(longestMs)} |`;
  return [
    `${whole(hosts)} hosts, ${whole(heartbeatsPerSecond)} heartbeats a second meanwhile:`,
    '',
    '| | p50, ms | p99, ms | longest, ms |',
    '| --- | ---: | ---: | ---: |',
    row('`q=`', search),
    ...lists.map(({ sort, times }) => row(`\`sort=${sort}\`, page by page`, times)),
    `| control: one pass over as many strings | ${whole(plainSearchMs)} | | |`,
    '',
    `Longest stall of the main thread: ${stall.longestMs.toFixed(1)} ms, ${stall.longestCpuMs.toFixed(1)} ms of them its own CPU.`,
    `After the restart all were up again ${(restart.allUpMs / 1_000).toFixed(1)} s after the first answer.`,
    `The states alone through gzip level 1 as it comes: ${(snapshot.plainGzipBytes / 1_000).toFixed(1)} kB.`,
    '',
    '| target | measured |  |',
    '| --- | ---: | ---: |',
    ...targetsOf(result).map(
      ({ what, measured, isMet }) => `| ${what} | ${measured} | ${isMet ? 'met' : 'missed'} |`,
    ),
  ].join('\n');
}
