/** The results of the benchmark `outage` as Markdown, each figure beside its target. */
import { DYING, FLEET_HOSTS, INTERVAL_S, type OutageResult } from './outage.ts';

const whole = (n: number): string => Math.round(n).toLocaleString('en-US');
const ms = (n: number): string => `${n < 10 ? n.toFixed(1) : whole(n)} ms`;

type Row = {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
  readonly isMet: boolean;
};

function rowsOf({ steady, outage }: OutageResult): Row[] {
  const { rssMiB } = steady;
  const mean = rssMiB.reduce((sum, each) => sum + each, 0) / rssMiB.length;
  const swing = Math.max(...rssMiB.map((each) => Math.abs(each - mean))) / mean;
  const nothing = (what: string, count: number): Row => ({
    what,
    measured: whole(count),
    target: '0',
    isMet: count === 0,
  });
  const atMost = (what: string, measuredMs: number, limitMs: number): Row => ({
    what,
    measured: ms(measuredMs),
    target: `≤ ${limitMs} ms`,
    isMet: measuredMs <= limitMs,
  });
  return [
    nothing('steady: hosts late', steady.lates),
    nothing('steady: hosts down', steady.downs),
    nothing('steady: datagrams dropped', steady.drops),
    {
      what: 'steady: memory of the server',
      measured: `${whole(mean)} MiB ± ${(100 * swing).toFixed(1)} %`,
      target: '± 5 %',
      isMet: swing <= 0.05,
    },
    atMost('steady: event-loop delay of the main thread, p99', steady.stall.delayP99Ms, 20),
    {
      what: `${whole(DYING)} hosts die at once: found`,
      measured: whole(outage.hosts),
      target: whole(DYING),
      isMet: outage.hosts === DYING,
    },
    { what: 'lateness of the verdict, p50', measured: ms(outage.latenessMs.p50), target: '', isMet: true },
    atMost('lateness of the verdict, p99', outage.latenessMs.p99, 50),
    atMost('lateness of the verdict, longest', outage.latenessMs.max, 150),
    atMost('all of them in the view, after the last deadline', outage.inViewMs, 1_000),
    atMost('longest stall of the main thread meanwhile', outage.stall.longestMs, 50),
    nothing('others called late or down', outage.falseVerdicts),
    nothing('datagrams dropped meanwhile', outage.drops),
  ];
}

export function missedOutageTargets(result: OutageResult): readonly string[] {
  return rowsOf(result)
    .filter(({ isMet }) => !isMet)
    .map(({ what, measured, target }) => `${what}: ${measured}, target ${target}`);
}

export function outageTable(result: OutageResult): string {
  const { cores, cpu, node } = result.machine;
  const { receiver, shards, receiveBufferBytes } = result.ingest;
  const { steady } = result;
  return [
    `${cores} cores (${cpu}), Node ${node}; ${receiver}, ${shards} shard${shards === 1 ? '' : 's'}, receive buffer ${whole(receiveBufferBytes)} bytes.`,
    `${whole(FLEET_HOSTS)} hosts every ${INTERVAL_S} s: ${whole(steady.heartbeatsPerSecond)} heartbeats/s for ${whole(steady.seconds)} s, the sender on the same machine; one view open. Stall with CPU time: steady ${ms(steady.stall.longestCpuMs)}, outage ${ms(result.outage.stall.longestCpuMs)}.`,
    ...result.fleet.map((line) => `The fleet: ${line}`),
    '',
    '| what | measured | target |  |',
    '| --- | ---: | ---: | ---: |',
    ...rowsOf(result).map(
      ({ what, measured, target, isMet }) =>
        `| ${[what, measured, target, target === '' ? '' : isMet ? 'met' : '**missed**'].join(' | ')} |`,
    ),
  ].join('\n');
}
