/**
 * `pulsewatch simulate`: a Fleet on real sockets. The effects: clock, sleep, sockets, reports. One thread.
 * Cost, µs of CPU a heartbeat over loopback, the kernel's delivery in it: single datagrams 2.1 to 2.6 (0.38M/s a core),
 * segments 0.5 to 0.6, a relay's bundles 0.12, hellos 2.7; node:dgram about twice. A million hosts: 180 MB.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Console } from './agent.ts';
import { Fleet, type FleetOutlet } from './fleet.ts';
import { FleetKeys, type FleetMaster } from './fleet-keys.ts';
import { FleetLateness } from './fleet-lateness.ts';
import { FleetLink } from './fleet-link.ts';
import {
  GUARDED_PER_SECOND,
  heartbeatsPerSecond,
  isThisMachine,
  type SegmentChoice,
  type SenderChoice,
} from './fleet-load.ts';
import { messageSizes } from './fleet-messages.ts';
import { FleetPace } from './fleet-pace.ts';
import type { FleetOptions } from './fleet-plan.ts';
import { sleep } from './fleet-sleep.ts';
import { formatServerAddress, type ServerAddress } from './option-values.ts';
import { paceComplaint, progressLine, type RunCounts, summaryLine } from './simulate-report.ts';
import { makeSender } from './simulate-sender.ts';
import { stopSignal } from './stop-signal.ts';

export type SimulateOptions = FleetOptions & {
  readonly server: ServerAddress;
  /** null: until a signal comes. */
  readonly durationMs: number | null;
  /** Every running host says bye at the end. */
  readonly bye: boolean;
  /** Exit code 1 when it did not keep its pace. */
  readonly strict: boolean;
  /** The network is the operator's: any load may go anywhere. */
  readonly ownNetwork: boolean;
  /** The key every host's own is derived from; null: no tags. */
  readonly master: FleetMaster | null;
  readonly sender: SenderChoice;
  readonly relay: boolean;
  readonly segment: SegmentChoice;
};

const LONGEST_SLEEP_MS = 200;
const REPORT_EVERY_MS = 5_000;
const BYES_PER_SECOND = 50_000;

/** Runs the fleet until its time is over or a signal comes. Resolves with the exit code. */
export async function runSimulate(options: SimulateOptions, console: Console): Promise<number> {
  const warn = (line: string): void => console.warn(`pulsewatch simulate: ${line}`);
  let stop = false;
  const stopped = stopSignal().then(() => {
    stop = true;
  });
  const perSecond = heartbeatsPerSecond(options);
  const sizes = messageSizes(options, options.master !== null);
  const { carrier, plan, words } = makeSender({ ...options, perSecond }, sizes, warn);
  const link = new FleetLink({
    server: options.server,
    carrier,
    quietMs: Math.max(1_000, 2.5 * options.intervalMs),
    isAllowed: (address) => options.ownNetwork || perSecond <= GUARDED_PER_SECOND || isThisMachine(address),
    say: warn,
  });
  await Promise.race([link.start(), stopped]);
  if (link.refusedAddress !== null) {
    link.close();
    warn(
      `${Math.round(perSecond).toLocaleString('en-US')} heartbeats/s would go to ${link.refusedAddress}, which is not this machine; beyond ${GUARDED_PER_SECOND.toLocaleString('en-US')}/s that takes --own-network`,
    );
    return 2;
  }

  // Its clock starts with the run, not here: hashing a large fleet's names takes a while, and none of it is lateness.
  const keys = options.master === null ? null : new FleetKeys(options.master, options.hosts);
  const fleet = new Fleet(options, 0, Date.now(), keys);
  const beganCpu = process.cpuUsage();
  const beganMs = performance.now();
  const elapsedMs = (): number => performance.now() - beganMs;
  const durationMs = options.durationMs ?? Number.POSITIVE_INFINITY;
  console.print(
    `pulsewatch simulate: ${options.hosts.toLocaleString('en-US')} hosts, one heartbeat every ${options.intervalMs} ms each, to ${formatServerAddress(options.server)} (seed ${options.seed})`,
  );
  console.print(`pulsewatch simulate: ${words}`);

  const recent = new FleetLateness();
  const all = new FleetLateness();
  const outlet: FleetOutlet = {
    batch: carrier.batch,
    flush: (part) => {
      const { firstDueMs, lastDueMs, heartbeats } = carrier.batch;
      link.flush(part);
      const nowMs = elapsedMs();
      recent.add(nowMs - firstDueMs, nowMs - lastDueMs, heartbeats);
    },
  };
  const counts = (): RunCounts => ({
    fleet: fleet.tally,
    carrier: carrier.counts,
    unsent: link.unsent,
    errors: link.errors,
  });

  let reported = { atMs: 0, sent: 0, lost: 0 };
  const report = (atMs: number): void => {
    const hosts = { running: fleet.running, all: options.hosts };
    console.print(progressLine(atMs, hosts, counts(), reported, recent));
    all.merge(recent);
    recent.clear();
    reported = { atMs, sent: carrier.counts.sent, lost: fleet.tally.lost + fleet.tally.cutOff };
  };

  while (!stop && fleet.nextDueMs < durationMs) {
    const nowMs = elapsedMs();
    fleet.advance(nowMs, durationMs, outlet);
    if (nowMs - reported.atMs >= REPORT_EVERY_MS) report(nowMs);
    // Rounds begin a bucket apart, or one after the other when there is more to send than time.
    const nextMs = Math.max(nowMs + plan.bucketMs, fleet.nextDueMs);
    await sleep(Math.min(LONGEST_SLEEP_MS, nextMs - elapsedMs()));
  }
  // The fleet's time is over when its last interval is, not with the last datagram in it.
  while (!stop && elapsedMs() < durationMs) {
    await pause(Math.min(LONGEST_SLEEP_MS, Math.ceil(durationMs - elapsedMs())));
  }
  all.merge(recent);

  const seconds = elapsedMs() / 1_000;
  const cpu = process.cpuUsage(beganCpu);
  const ran = structuredClone(counts());
  if (options.bye) await sayByes(fleet, outlet, perSecond, elapsedMs, plan.bucketMs);
  link.close();
  console.print(`pulsewatch simulate: ${summaryLine(seconds, (cpu.user + cpu.system) / 1e6, ran, all)}`);
  const complaint = paceComplaint(ran, all, options.intervalMs);
  if (complaint === null) return 0;
  warn(`did not keep its pace: ${complaint}`);
  return options.strict ? 1 : 0;
}

/** A second for all of them, or longer when that were a greater load than the fleet's own. */
async function sayByes(
  fleet: Fleet,
  outlet: FleetOutlet,
  perSecond: number,
  elapsedMs: () => number,
  bucketMs: number,
): Promise<void> {
  const byesPerSecond = Math.max(perSecond, Math.min(BYES_PER_SECOND, fleet.running));
  const pace = new FleetPace(byesPerSecond / 1_000, elapsedMs());
  for (;;) {
    const nowMs = elapsedMs();
    const count = pace.due(nowMs);
    if (fleet.sayBye(count, nowMs, outlet)) return;
    pace.done(count);
    await sleep(nowMs + bucketMs - elapsedMs());
  }
}
