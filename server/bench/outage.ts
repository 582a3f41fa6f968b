/**
 * A whole fleet at work: a million hosts at 200,000 heartbeats a second, watched by one view; then 100,000 of them die
 * at once. Counts what must not happen before (a late or lost host, a dropped datagram) and measures after it how late
 * each verdict was, when the view had them all, and whether the living went on. Real server, real datagrams.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { About, Health } from '#lib/protocol/api.ts';
import type { Stall } from './alerts-messages.ts';
import { BenchServer } from './bench-server.ts';
import { downVerdicts, type Lateness, latenessOf } from './down-verdicts.ts';
import { FleetViewer } from './fleet-viewer.ts';
import { SimulatedFleet } from './simulated-fleet.ts';
import { type Machine, machine } from './statistics.ts';

export const FLEET_HOSTS = 1_000_000;
export const INTERVAL_S = 5;
export const DYING = 100_000;
export const STEADY_S = 60;
const TIMEOUT_MS = 5 * INTERVAL_S * 1_000;
/** A fleet that starts: names hashed, hellos sent, everybody heard twice. */
const ALL_UP_WITHIN_MS = 120_000;
const SETTLE_MS = 2 * INTERVAL_S * 1_000;
const DOWN_WITHIN_MS = TIMEOUT_MS + 60_000;
/** Enough to say that the living went on. */
const AFTER_MS = 5_000;

export type OutageResult = {
  readonly machine: Machine;
  readonly ingest: Pick<Health['ingest'], 'receiver' | 'shards' | 'receiveBufferBytes'>;
  /** What the fleet itself says at its end. */
  readonly fleet: readonly string[];
  readonly steady: {
    readonly seconds: number;
    readonly heartbeatsPerSecond: number;
    readonly lates: number;
    readonly downs: number;
    readonly drops: number;
    readonly rssMiB: readonly number[];
    readonly stall: Stall;
  };
  readonly outage: {
    readonly hosts: number;
    /** From a host's deadline to the verdict. */
    readonly latenessMs: Lateness;
    /** From the last deadline to the frame with which the view had them all. */
    readonly inViewMs: number;
    readonly stall: Stall;
    /** Others that went down or late. */
    readonly falseVerdicts: number;
    readonly drops: number;
  };
};

function rssMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}

export async function benchOutage(say: (line: string) => void): Promise<OutageResult> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'pulsewatch-outage-'));
  const server = await BenchServer.start(dataDir);
  let fleet: SimulatedFleet | null = null;
  let viewer: FleetViewer | null = null;
  try {
    const { heartbeat } = (await server.ask<About>('/api/about')).answer;
    const killAtS = Math.ceil(ALL_UP_WITHIN_MS / 1_000) + STEADY_S;
    const kill = ['--kill', `${DYING}@${killAtS}s`];
    fleet = new SimulatedFleet(heartbeat.port, FLEET_HOSTS, INTERVAL_S, ...kill);
    const beganMs = performance.now();
    viewer = new FleetViewer(server.origin);
    await viewer.until(({ up }) => up === FLEET_HOSTS, ALL_UP_WITHIN_MS);
    say(`${FLEET_HOSTS} hosts are up after ${Math.round((performance.now() - beganMs) / 1_000)} s`);
    await pause(SETTLE_MS);

    const began = await server.health();
    const steadySinceMs = performance.now();
    await server.stall();
    const memory: number[] = [];
    for (let i = 0; i < STEADY_S / 5; i++) {
      await pause(5_000);
      memory.push(rssMiB(server.pid));
    }
    const steadyStall = await server.stall();
    const steadied = await server.health();
    const steadySeconds = (performance.now() - steadySinceMs) / 1_000;
    say(`steady for ${steadySeconds.toFixed(0)} s: ${JSON.stringify(steadied.transitions)}`);

    // The kill comes at its own time; nothing is asked of the server meanwhile but what the view is pushed.
    const fromMs = performance.timeOrigin + performance.now();
    await viewer.until(({ late }) => late > 0, ALL_UP_WITHIN_MS + STEADY_S * 1_000);
    const before = await server.health();
    await server.stall();
    const inViewAtMs = await viewer.until(({ down }) => down >= DYING, DOWN_WITHIN_MS);
    await pause(AFTER_MS);
    const outageStall = await server.stall();
    const after = await server.health();
    const verdicts = await downVerdicts(server, fromMs, () => TIMEOUT_MS);
    const lastDeadlineAtMs = verdicts.reduce((last, { deadlineAtMs }) => Math.max(last, deadlineAtMs), 0);
    const { ingest } = after;
    await fleet.end();
    return {
      machine: machine(),
      ingest: {
        receiver: ingest.receiver,
        shards: ingest.shards,
        receiveBufferBytes: ingest.receiveBufferBytes,
      },
      fleet: fleet.said.slice(-2),
      steady: {
        seconds: steadySeconds,
        heartbeatsPerSecond: (steadied.ingest.accepted - began.ingest.accepted) / steadySeconds,
        lates: steadied.transitions.late - began.transitions.late,
        downs: steadied.transitions.down - began.transitions.down,
        drops: steadied.ingest.kernelDrops - began.ingest.kernelDrops,
        rssMiB: memory,
        stall: steadyStall,
      },
      outage: {
        hosts: verdicts.length,
        latenessMs: latenessOf(verdicts.map(({ lateMs }) => lateMs)),
        inViewMs: inViewAtMs - lastDeadlineAtMs,
        stall: outageStall,
        falseVerdicts: after.hosts.down + after.hosts.late - DYING,
        drops: after.ingest.kernelDrops - before.ingest.kernelDrops,
      },
    };
  } finally {
    viewer?.end();
    await fleet?.end();
    await server.end();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
