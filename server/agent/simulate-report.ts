/** What a simulated run says of itself: a line now and then, the summary, and whether it kept its pace. Pure. */
import type { FleetTally } from './fleet.ts';
import type { CarrierCounts } from './fleet-carrier.ts';
import type { FleetLateness } from './fleet-lateness.ts';

/** Everything counted since the start. */
export type RunCounts = {
  readonly fleet: Readonly<FleetTally>;
  readonly carrier: Readonly<CarrierCounts>;
  /** Heartbeats that never left for want of an address, and errors of the network and the name service. */
  readonly unsent: number;
  readonly errors: number;
};

const count = (n: number): string => Math.round(n).toLocaleString('en-US');
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const ms = (n: number): string => `${n.toFixed(1)} ms`;

function latenessWords(lateness: FleetLateness): string {
  const [p50, p99] = [lateness.quantileMs(0.5), lateness.quantileMs(0.99)];
  return `worst lateness ${ms(lateness.maxMs)} (p50 ${ms(p50)}, p99 ${ms(p99)})`;
}

/** The line of every few seconds: rates of the time since the last one, which `since` counted up to. */
export function progressLine(
  atMs: number,
  hosts: { readonly running: number; readonly all: number },
  now: RunCounts,
  since: { readonly atMs: number; readonly sent: number; readonly lost: number },
  lateness: FleetLateness,
): string {
  const seconds = (atMs - since.atMs) / 1_000;
  const { lost, cutOff, skipped } = now.fleet;
  const refused = now.carrier.refused + now.unsent;
  return [
    `${Math.round(atMs / 1_000)} s: ${count(hosts.running)} of ${count(hosts.all)} hosts run`,
    `${count((now.carrier.sent - since.sent) / seconds)} sent/s`,
    `${count((lost + cutOff - since.lost) / seconds)} lost/s`,
    latenessWords(lateness),
    ...(skipped > 0 ? [`${count(skipped)} skipped in all`] : []),
    ...(refused > 0 ? [`${count(refused)} not taken by the network in all`] : []),
  ].join(', ');
}

export function summaryLine(
  seconds: number,
  cpuSeconds: number,
  { fleet, carrier, unsent, errors }: RunCounts,
  lateness: FleetLateness,
): string {
  const { due, lost, cutOff, skipped } = fleet;
  const perHeartbeat = carrier.sent === 0 ? 0 : (cpuSeconds * 1e6) / carrier.sent;
  return (
    `${seconds.toFixed(1)} s, ${count(due)} heartbeats due = ${count(carrier.sent)} sent + ${count(lost)} lost + ` +
    `${count(cutOff)} cut off + ${count(skipped)} skipped + ${count(carrier.refused)} refused by the kernel + ` +
    `${count(unsent)} without an address; ${count(carrier.datagrams)} datagrams; ${latenessWords(lateness)}; ` +
    `${count(errors)} network errors; ${percent(cpuSeconds / seconds)} of a core, ${perHeartbeat.toFixed(2)} µs a heartbeat`
  );
}

/** So late may one heartbeat in a hundred be: a tenth of the interval, but no less than what a busy machine does. */
const LATE_SHARE_OF_INTERVAL = 0.1;
const LATE_AT_LEAST_MS = 50;

/** Why the run was not what was asked for; null when it was. */
export function paceComplaint(
  { fleet, carrier, unsent }: RunCounts,
  lateness: FleetLateness,
  intervalMs: number,
): string | null {
  const allowedMs = Math.max(LATE_AT_LEAST_MS, LATE_SHARE_OF_INTERVAL * intervalMs);
  const p99Ms = lateness.quantileMs(0.99);
  const complaints = [
    ...(fleet.skipped > 0 ? [`${count(fleet.skipped)} heartbeats were skipped`] : []),
    ...(carrier.refused > 0 ? [`the kernel refused ${count(carrier.refused)}`] : []),
    ...(unsent > 0 ? [`${count(unsent)} had no address to go to`] : []),
    ...(p99Ms > allowedMs
      ? [`one in a hundred was ${ms(p99Ms)} late or more (${ms(allowedMs)} allowed)`]
      : []),
  ];
  return complaints.length === 0 ? null : complaints.join(', ');
}
