/** Runs of `pulsewatch simulate` as processes of their own, and what their datagrams say. For tests. */
import path from 'node:path';
import { HEADER_BYTES, MessageType } from '../../lib/protocol/heartbeat.ts';
import { SpawnedProcess } from './spawned-process.ts';
import type { UdpListener } from './udp-listener.ts';

const BIN = path.join(import.meta.dirname, '..', 'agent', 'pulsewatch.js');
/** Makes a Node look like one on another system. */
export const ELSEWHERE = [
  '--import',
  'data:text/javascript,Object.defineProperty(process,"platform",{value:"darwin"})',
];
const SUMMARY =
  /([\d,]+) heartbeats due = ([\d,]+) sent \+ ([\d,]+) lost \+ ([\d,]+) cut off \+ ([\d,]+) skipped \+ ([\d,]+) refused by the kernel \+ ([\d,]+) without an address; ([\d,]+) datagrams; worst lateness ([\d.]+) ms \(p50 ([\d.]+) ms, p99 ([\d.]+) ms\)/;

/** 8 heartbeats a ms. */
export const HOSTS = 2_000;
export const INTERVAL_MS = 250;
export const DURATION_MS = 1_000;

/** `before`: a command that the Node is started by, and its arguments. */
export function startSimulate(
  args: readonly string[],
  nodeOptions: readonly string[] = [],
  before: readonly string[] = [],
): SpawnedProcess {
  const [command = process.execPath, ...rest] = [...before, ...(before.length > 0 ? [process.execPath] : [])];
  return new SpawnedProcess([...rest, ...nodeOptions, BIN, 'simulate', ...args], {}, command);
}

export const endlessFleet = (port: number, ...more: string[]): string[] => [
  ...['--server', `127.0.0.1:${port}`, '--hosts', String(HOSTS), '--interval', `${INTERVAL_MS}ms`],
  ...more,
];
export const shortFleet = (port: number, ...more: string[]): string[] =>
  endlessFleet(port, '--duration', `${DURATION_MS}ms`, ...more);

/** The numbers of its summary, and its exit code, when it has ended. */
export async function summaryOf(child: SpawnedProcess) {
  const [due, sent, lost, cutOff, skipped, refused, unsent, datagrams, worst, p50, p99] = (
    await child.line(SUMMARY)
  )
    .slice(1)
    .map((text) => Number(text.replaceAll(',', ''))) as [
    ...[number, number, number, number, number, number, number, number, number, number, number],
  ];
  const { code } = await child.exit;
  return { due, sent, lost, cutOff, skipped, refused, unsent, datagrams, worst, p50, p99, code };
}

export type SimulatedBeat = {
  readonly id: string;
  readonly seq: number;
  readonly type: number;
  /** When it should have left, by its own clock less how late it says it was: whatever this machine was doing. */
  readonly dueMs: number;
  readonly clockMs: number;
};

/** Every heartbeat, those of bundles one by one. */
export function beatsIn(listener: UdpListener, beatBytes = HEADER_BYTES): SimulatedBeat[] {
  return listener.arrivals.flatMap(({ bytes }) => {
    const count = (bytes[1]! & 15) === MessageType.beat ? bytes.length / beatBytes : 1;
    return Array.from({ length: count }, (_, i) => {
      const at = i * beatBytes;
      const clockMs = bytes.readUInt32LE(at + 24);
      return {
        id: bytes.toString('hex', at + 4, at + 12),
        seq: bytes.readUInt32LE(at + 20),
        type: bytes[at + 1]! & 15,
        dueMs: clockMs - bytes.readUInt16LE(at + 30),
        clockMs,
      };
    });
  });
}
