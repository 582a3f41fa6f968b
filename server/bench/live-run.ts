/** The processes of one live benchmark and what is asked of them: both servers, and the process with the viewers. */
import { setTimeout as pause } from 'node:timers/promises';
import { clockOrigin } from '../clock.ts';
import { BenchChild } from './bench-child.ts';
import {
  isServerAnswer,
  isViewersAnswer,
  type Load,
  type LoadAnswer,
  type ServerAnswer,
  type ServerKind,
  type ServerQuestion,
  type ServerReading,
  type TickChanges,
  type ViewerKind,
  type ViewersAnswer,
  type ViewersQuestion,
} from './live-messages.ts';
import { startOptions } from './start-options.ts';

/** One load on one server with the viewers it had, seen from both sides. */
export type LiveRun = {
  readonly viewers: number;
  /** Of one core. */
  readonly serverCpuShare: number;
  readonly cpuUsPerUpdate: number;
  readonly viewersCpuShare: number;
  /** Server CPU over host changes delivered. */
  readonly cpuUsPerDelivered: number;
  readonly bytesPerDelivered: number;
  readonly delivered: number;
  readonly updates: number;
  /** To each viewer. */
  readonly updatesPerSecond: number;
  readonly latencyMs: ViewersAnswer['latencyMs'];
};

const origin = String(clockOrigin().epochMinusMonotonicMs);

/** How much later than expected the last change may come, and how often it is looked for. */
const LATE_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 500;

/** Host changes in these ticks, each once. */
export function changesIn(ticks: readonly TickChanges[]): number {
  return ticks.reduce((sum, [, changes]) => sum + changes.reduce((all, [, count]) => all + count, 0), 0);
}

export class LiveProcesses {
  readonly #server: BenchChild<ServerQuestion, ServerAnswer>;
  readonly #viewers: BenchChild<ViewersQuestion, ViewersAnswer>;
  #port = 0;
  #count = 0;

  constructor(kind: ServerKind) {
    const serverModule = new URL('./live-server.ts', import.meta.url);
    const viewersModule = new URL('./live-viewers.ts', import.meta.url);
    this.#server = new BenchChild(serverModule, [kind, origin], isServerAnswer, [
      '--expose-gc',
      ...startOptions(),
    ]);
    this.#viewers = new BenchChild(viewersModule, [origin], isViewersAnswer);
  }

  /** Memory after a garbage collection. */
  async reading(): Promise<ServerReading> {
    const answer = await this.#server.ask({ ask: 'reading' });
    if (!('rssBytes' in answer)) throw new Error('not a reading');
    return answer;
  }

  async open(kind: ViewerKind, count: number, applying: number): Promise<void> {
    if (this.#port === 0) this.#port = (await this.reading()).port;
    const { lost } = await this.#viewers.ask({ ask: 'open', kind, port: this.#port, count, applying });
    if (lost > 0) throw new Error(`${lost} viewers of ${kind} were not let in`);
    this.#count += count;
  }

  async close(): Promise<void> {
    await this.#viewers.ask({ ask: 'close' });
    this.#count = 0;
  }

  async stopReading(): Promise<void> {
    await this.#viewers.ask({ ask: 'stop-reading' });
  }

  /** What the server spends on changes, whoever watches. */
  async load(load: Load): Promise<LoadAnswer> {
    const answer = await this.#server.ask({ ask: 'load', ...load });
    if (!('ticks' in answer)) throw new Error('not a load');
    return answer;
  }

  /** Rejects when a viewer was lost or stands somewhere else than the server. */
  async run(load: Load): Promise<LiveRun> {
    await this.#viewers.ask({ ask: 'begin' });
    const { ticks, cpuUs, tookMs, digest } = await this.load(load);
    const due = this.#count * changesIn(ticks);
    const deadlineMs = performance.now() + LATE_WITHIN_MS;
    let seen = await this.#viewers.ask({ ask: 'end', ticks });
    // On a busy machine some may still be on their way.
    while (seen.delivered < due && seen.lost === 0 && performance.now() < deadlineMs) {
      await pause(LOOK_EVERY_MS);
      seen = await this.#viewers.ask({ ask: 'end', ticks });
    }
    if (seen.lost > 0) throw new Error(`${seen.lost} viewers lost their connection`);
    if (seen.delivered !== due) throw new Error(`${seen.delivered} changes came, ${due} were due`);
    if (seen.digest !== null && seen.digest !== digest)
      throw new Error('a viewer is not at the state of the server');
    return {
      viewers: this.#count,
      serverCpuShare: cpuUs / 1_000 / tookMs,
      cpuUsPerUpdate: cpuUs / seen.updates,
      viewersCpuShare: seen.cpuUs / 1_000 / tookMs,
      cpuUsPerDelivered: cpuUs / seen.delivered,
      bytesPerDelivered: (seen.bytesDown + seen.bytesUp) / seen.delivered,
      delivered: seen.delivered,
      updates: seen.updates,
      updatesPerSecond: (seen.updates * 1_000) / tookMs / this.#count,
      latencyMs: seen.latencyMs,
    };
  }

  /** Resolves when the server has no viewer left, with the ms that took; rejects after `withinMs`. */
  async untilNoViewer(withinMs: number): Promise<number> {
    const beganMs = performance.now();
    for (;;) {
      const { viewers } = await this.reading();
      const tookMs = performance.now() - beganMs;
      if (viewers === 0) return tookMs;
      if (tookMs > withinMs) throw new Error(`${viewers} viewers are left after ${withinMs} ms`);
      await pause(50);
    }
  }

  end(): void {
    this.#server.end();
    this.#viewers.end();
  }
}

export type ViewerMemory = { readonly rssKiB: number; readonly heapKiB: number };

export function memoryPerViewer(before: ServerReading, after: ServerReading, viewers: number): ViewerMemory {
  return {
    rssKiB: (after.rssBytes - before.rssBytes) / 1_024 / viewers,
    heapKiB: (after.heapBytes - before.heapBytes) / 1_024 / viewers,
  };
}
