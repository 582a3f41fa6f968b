/** The detection benchmark's result in words and tables, and which of its targets it missed. Pure. */
import type { DetectionFigure, DetectionResult, DetectionRun } from './detection.ts';
import type { Lateness } from './down-verdicts.ts';

const TARGET = { p99Ms: 50, maxMs: 150 };

const whole = (n: number): string => Math.round(n).toLocaleString('en-US');
const ms = (n: number): string => (n < 10 ? n.toFixed(1) : whole(n));
const cells = ({ p50, p99, max }: Lateness): string[] => [ms(p50), ms(p99), ms(max)];

/** A lateness that is none, because nobody was found, is no target met. */
const isMet = ({ latenessMs: { p99, max } }: DetectionFigure): boolean =>
  p99 <= TARGET.p99Ms && max <= TARGET.maxMs;

function unwanted({ hosts, died, found, falseDowns, drops, blindMs }: DetectionRun): string[] {
  const at = `at ${whole(hosts)} hosts`;
  return [
    ...(found === died ? [] : [`${at}: ${whole(found)} of ${whole(died)} dead hosts were found`]),
    ...(falseDowns === 0 ? [] : [`${at}: ${whole(falseDowns)} hosts were called down that lived`]),
    ...(drops === 0 ? [] : [`${at}: ${whole(drops)} datagrams were dropped`]),
    ...(blindMs === 0
      ? []
      : [
          `${at}: the server could not listen for ${ms(blindMs)} ms, and deadlines waited; was the machine quiet?`,
        ]),
  ];
}

export function missedDetectionTargets({ figures, runs }: DetectionResult): string[] {
  const late = figures
    .filter((figure) => !isMet(figure))
    .map(
      ({ hosts, detector, latenessMs: { p99, max } }) =>
        `lateness at ${whole(hosts)} hosts, ${detector}: p99 ${ms(p99)} ms and longest ${ms(max)} ms, the target ${TARGET.p99Ms} and ${TARGET.maxMs} or less`,
    );
  return [...late, ...runs.flatMap(unwanted)];
}

/** As Markdown. */
export function detectionTable(result: DetectionResult): string {
  const { machine, ingest, plan, figures, runs } = result;
  const rows = figures.map((figure) =>
    [
      whole(figure.hosts),
      figure.detector,
      whole(figure.timeoutMs),
      whole(figure.found),
      ...cells(figure.latenessMs),
      isMet(figure) ? 'met' : '**missed**',
      ...cells(figure.sweepMs),
    ].join(' | '),
  );
  const fleets = runs.map(
    (run) =>
      `${whole(run.hosts)} hosts: ${whole(run.heartbeatsPerSecond)} heartbeats/s; ${whole(run.found)} of ${whole(run.died)} dead found; ${whole(run.falseDowns)} called down that lived; ${whole(run.drops)} datagrams dropped; blind for ${whole(run.blindMs)} ms. ${run.fleet}`,
  );
  return [
    `${machine.cores} cores (${machine.cpu}), Node ${machine.node}; ${ingest.receiver}, ${ingest.shards} shard${ingest.shards === 1 ? '' : 's'}; a beat every ${plan.intervalS} s at every size; hosts stop at ${plan.instants} random instants within ${plan.spreadS} s. ms past the deadline.`,
    '',
    `| hosts | detector | its timeout, median | died | p50 | p99 | longest | target ${TARGET.p99Ms} and ${TARGET.maxMs} | sweep every second: p50 | p99 | longest |`,
    '|---:|---|---:|---:|---:|---:|---:|---|---:|---:|---:|',
    ...rows.map((row) => `| ${row} |`),
    '',
    ...fleets,
  ].join('\n');
}
