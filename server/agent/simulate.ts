/**
 * `pulsewatch simulate`: a Fleet on real sockets, paced by a short timer. The effects: clock, timer, sockets, reports.
 * Costs about 6 % of a core for 10,000 heartbeats a second.
 */
import type { Console } from './agent.ts';
import { Fleet } from './fleet.ts';
import type { FleetOptions } from './fleet-plan.ts';
import { formatServerAddress, type ServerAddress } from './option-values.ts';
import { stopSignal } from './stop-signal.ts';
import { UdpLink } from './udp-link.ts';

export type SimulateOptions = FleetOptions & {
  readonly server: ServerAddress;
  /** null: until a signal comes. */
  readonly durationMs: number | null;
  /** Every running host says bye at the end. */
  readonly bye: boolean;
};

/** What falls due within such a span goes out together: a few dozen datagrams of a fleet of 10,000. */
const BUCKET_MS = 4;
const LONGEST_SLEEP_MS = 200;
const REPORT_EVERY_MS = 5_000;
const BYES_WITHIN_MS = 1_000;
/** A server may read several sockets by several threads; more than a few gain nothing. */
const HOSTS_PER_SOCKET = 2_500;
const MAX_SOCKETS = 8;

const count = (n: number): string => Math.round(n).toLocaleString('en-US');
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Runs the fleet until its time is over or a signal comes. Resolves with the exit code. */
export async function runSimulate(options: SimulateOptions, console: Console): Promise<number> {
  let stop = false;
  const stopped = stopSignal().then(() => {
    stop = true;
  });
  const link = new UdpLink({
    server: options.server,
    sockets: Math.min(MAX_SOCKETS, Math.ceil(options.hosts / HOSTS_PER_SOCKET)),
    quietMs: Math.max(1_000, 2.5 * options.intervalMs),
    say: (line) => console.warn(`pulsewatch simulate: ${line}`),
  });
  await Promise.race([link.start(), stopped]);

  let unsent = 0;
  const send = (datagram: Uint8Array, host: number): void => {
    if (!link.send(datagram, host)) unsent++;
  };

  // Its clock starts with the run, not here: hashing a large fleet's names takes a while, and none of it is lateness.
  const fleet = new Fleet(options, 0, Date.now());
  const beganCpu = process.cpuUsage();
  const beganMs = performance.now();
  const endMs = options.durationMs === null ? Number.POSITIVE_INFINITY : beganMs + options.durationMs;
  console.print(
    `pulsewatch simulate: ${count(options.hosts)} hosts, one heartbeat every ${options.intervalMs} ms each, to ${formatServerAddress(options.server)} (seed ${options.seed})`,
  );

  const pause = (forMs: number) => new Promise((resolve) => setTimeout(resolve, forMs));
  let reportedMs = beganMs;
  let reportedSent = 0;
  let reportedLost = 0;
  let worstLateMs = 0;
  const report = (nowMs: number): void => {
    const seconds = (nowMs - reportedMs) / 1_000;
    const { sent, lost, cutOff, skipped } = fleet.tally;
    const lateMs = fleet.takeWorstLateMs();
    worstLateMs = Math.max(worstLateMs, lateMs);
    console.print(
      `${Math.round((nowMs - beganMs) / 1_000)} s: ${count(fleet.running)} of ${count(options.hosts)} hosts run, ` +
        `${count((sent - reportedSent) / seconds)} sent/s, ${count((lost + cutOff - reportedLost) / seconds)} lost/s, ` +
        `worst lateness ${lateMs.toFixed(1)} ms${skipped > 0 ? `, ${count(skipped)} skipped in all` : ''}`,
    );
    reportedMs = nowMs;
    reportedSent = sent;
    reportedLost = lost + cutOff;
  };

  const durationMs = endMs - beganMs;
  while (!stop && fleet.nextDueMs < durationMs) {
    const nowMs = performance.now();
    fleet.advance(nowMs - beganMs, durationMs, send);
    if (nowMs - reportedMs >= REPORT_EVERY_MS) report(nowMs);
    const untilDueMs = beganMs + fleet.nextDueMs - performance.now();
    await pause(Math.min(LONGEST_SLEEP_MS, Math.max(BUCKET_MS, Math.ceil(untilDueMs))));
  }
  // The fleet's time is over when its last interval is, not with the last datagram in it.
  while (!stop && performance.now() < endMs)
    await pause(Math.min(LONGEST_SLEEP_MS, endMs - performance.now()));

  const seconds = (performance.now() - beganMs) / 1_000;
  const cpu = process.cpuUsage(beganCpu);
  if (options.bye) {
    const perBucket = Math.ceil((options.hosts * BUCKET_MS) / BYES_WITHIN_MS);
    while (!fleet.sayBye(perBucket, performance.now() - beganMs, send)) await pause(BUCKET_MS);
  }
  link.close();
  const { due, sent, lost, cutOff, skipped } = fleet.tally;
  worstLateMs = Math.max(worstLateMs, fleet.takeWorstLateMs());
  console.print(
    `pulsewatch simulate: ${seconds.toFixed(1)} s, ${count(due)} heartbeats due = ${count(sent)} sent + ${count(lost)} lost + ` +
      `${count(cutOff)} cut off + ${count(skipped)} skipped; worst lateness ${worstLateMs.toFixed(1)} ms; ` +
      `${count(link.errors)} network errors, ${count(unsent)} never left; ${percent((cpu.user + cpu.system) / 1e6 / seconds)} of a core`,
  );
  return 0;
}
