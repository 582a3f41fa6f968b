/** The results of the benchmark `memory` as Markdown, each target beside its figure. Pure. */
import type { MemoryResult, MemoryRun } from './memory.ts';

const MOST_MIB = 700;
const MOST_FIRST_ANSWER_MS = 5_000;
/** A host of the largest fleet may cost so much more than one of the next smaller. */
const MOST_GROWTH = 1.25;

const whole = (n: number): string => Math.round(n).toLocaleString('en-US');

function bytesAHost({ control }: MemoryResult, { hosts, fleet }: MemoryRun): number {
  return ((fleet.nowMiB - control.fleet.nowMiB) * 2 ** 20) / hosts;
}

type Target = { readonly what: string; readonly measured: string; readonly isMet: boolean };

function targetsOf(result: MemoryResult): Target[] {
  const [before, largest] = result.runs.slice(-2);
  if (before === undefined || largest === undefined) return [];
  const mostMiB = Math.max(largest.fleet.nowMiB, largest.restarted.nowMiB);
  const growth = bytesAHost(result, largest) / bytesAHost(result, before);
  const of = `${whole(largest.hosts)} hosts`;
  return [
    { what: `${of}: RSS ≤ ${MOST_MIB} MB`, measured: `${whole(mostMiB)} MiB`, isMet: mostMiB <= MOST_MIB },
    {
      what: `${of}: first answer after a restart ≤ ${MOST_FIRST_ANSWER_MS / 1_000} s`,
      measured: `${(largest.firstAnswerMs / 1_000).toFixed(1)} s`,
      isMet: largest.firstAnswerMs <= MOST_FIRST_ANSWER_MS,
    },
    {
      what: `a host costs at most ${MOST_GROWTH} × what one of ${whole(before.hosts)} does`,
      measured: `${growth.toFixed(2)} ×`,
      isMet: growth <= MOST_GROWTH,
    },
  ];
}

export function missedMemoryTargets(result: MemoryResult): readonly string[] {
  return targetsOf(result)
    .filter(({ isMet }) => !isMet)
    .map(({ what, measured }) => `${what}: ${measured}`);
}

export function memoryTable(result: MemoryResult): string {
  const { control, runs } = result;
  const row = (run: MemoryRun): string => {
    const { hosts, fleet, restarted, firstAnswerMs } = run;
    const cells = [
      hosts === 0 ? 'none (control)' : whole(hosts),
      `${whole(fleet.nowMiB)} / ${whole(fleet.mostMiB)}`,
      hosts === 0 ? '' : whole(bytesAHost(result, run)),
      `${whole(restarted.nowMiB)} / ${whole(restarted.mostMiB)}`,
      `${(firstAnswerMs / 1_000).toFixed(2)} s`,
    ];
    return `| ${cells.join(' | ')} |`;
  };
  return [
    '| hosts | RSS now / at most, MiB | bytes a host above the control | after a restart: RSS now / at most, MiB | first answer |',
    '| ---: | ---: | ---: | ---: | ---: |',
    ...[control, ...runs].map(row),
    '',
    '| target | measured |  |',
    '| --- | ---: | ---: |',
    ...targetsOf(result).map(
      ({ what, measured, isMet }) => `| ${what} | ${measured} | ${isMet ? 'met' : 'missed'} |`,
    ),
  ].join('\n');
}
