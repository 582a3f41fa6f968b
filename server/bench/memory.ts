/**
 * What a host costs in memory: the whole server with pages at 10,000, 100,000 and a million named hosts with three
 * labels each, registered by heartbeats and after a restart, beside the same server without any. About six minutes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Machine, machine } from './statistics.ts';
import { BenchFleet, type Resident, WholeServer } from './whole-server.ts';

export const FLEETS = [10_000, 100_000, 1_000_000] as const;
const INTERVAL_S = 30;
/** Every host has been heard again, and what was behind in the register is written. */
const SETTLE_MS = 2 * INTERVAL_S * 1_000;
const AFTER_START_MS = 10_000;

export type MemoryRun = {
  readonly hosts: number;
  readonly fleet: Resident;
  /** Of the same hosts, not heard yet. */
  readonly restarted: Resident;
  /** From the start of the second process to its first answer. */
  readonly firstAnswerMs: number;
};

export type MemoryResult = {
  readonly machine: Machine;
  /** The same without hosts. */
  readonly control: MemoryRun;
  readonly runs: readonly MemoryRun[];
};

async function measure(hosts: number, settleMs: number): Promise<MemoryRun> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'pulsewatch-bench-memory-'));
  let server: WholeServer | null = null;
  let fleet: BenchFleet | null = null;
  try {
    server = await WholeServer.start(dataDir);
    await server.visit();
    if (hosts > 0) {
      fleet = new BenchFleet(server.heartbeatPort, hosts, INTERVAL_S);
      await fleet.settled(() => server!.health(), hosts);
    }
    await pause(settleMs);
    const inUse = server.resident;
    await fleet?.end();
    await server.end();
    server = await WholeServer.start(dataDir);
    const { firstAnswerMs } = server;
    await server.visit();
    await pause(Math.min(settleMs, AFTER_START_MS));
    const { total } = (await server.health()).hosts;
    if (total !== hosts) throw new Error(`${total} hosts are known after the restart instead of ${hosts}`);
    return { hosts, fleet: inUse, restarted: server.resident, firstAnswerMs };
  } finally {
    await fleet?.end();
    await server?.end();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Runs it all; `say` takes lines of progress. Rejects when something is not as it must be. */
export async function benchMemory(
  say: (line: string) => void,
  { fleets = FLEETS, settleMs = SETTLE_MS }: { fleets?: readonly number[]; settleMs?: number } = {},
): Promise<MemoryResult> {
  // The first start may build the pages, which is none of what is measured.
  await measure(0, 0);
  const control = await measure(0, AFTER_START_MS);
  say('the server without hosts is measured');
  const runs: MemoryRun[] = [];
  for (const hosts of fleets) {
    runs.push(await measure(hosts, settleMs));
    say(`${hosts} hosts are measured`);
  }
  return { machine: machine(), control, runs };
}
