/**
 * An engine whose batches main does not come to handle until it is let, and a flood of news for it, for tests. One
 * engine at a time: see ToldEngine.
 */
import { createSocket } from 'node:dgram';
import { expect } from 'vitest';
import { type ShardBatch, TransitionKind } from '../index.ts';
import type { EngineMode } from './engine-modes.ts';
import { beatBytes, joined } from './shard-probe.ts';
import { ToldEngine } from './told-engine.ts';

const BUNDLE = 46;
const BUNDLES = 10;
/** Of the flood. */
export const HOSTS = BUNDLE * BUNDLES;
/** What a socket holds while its thread is kept from reading. */
const ROUNDS_AT_ONCE = 5;
/** Long enough that none of the flood's hosts is ever silent. */
const INTERVAL_MS = 60_000;

/** Main, which does not come to handle what it is told until it is let. */
export class SlowMain {
  told!: ToldEngine;
  /** Told and not handled. */
  readonly unhandled: ShardBatch[] = [];
  #release: (() => void) | null = null;
  #waits: Promise<void> | null = null;

  static async start(mode: EngineMode): Promise<SlowMain> {
    const main = new SlowMain();
    main.told = await ToldEngine.start({ ...mode, onBatch: main.#onBatch });
    return main;
  }

  readonly #onBatch = (batch: ShardBatch): void | Promise<void> => {
    if (this.#waits === null) {
      this.told.onBatch(batch);
      return;
    }
    this.unhandled.push(batch);
    return this.#waits.then(() => this.told.onBatch(batch));
  };

  stall(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waits = promise;
    this.#release = resolve;
  }

  goOn(): void {
    this.#waits = null;
    this.#release?.();
    this.unhandled.length = 0;
  }
}

export const events = (batches: readonly ShardBatch[]): number =>
  batches.reduce((sum, { transitions }) => sum + transitions.length, 0);

/** Every host of the flood begins a new run in every round, and each of them is news. */
export async function flood({ engine }: ToldEngine, fromRun: number, rounds: number): Promise<void> {
  const { port, host } = engine.addresses[0]!;
  const socket = createSocket('udp4');
  const before = engine.ingest().read;
  for (let round = 1; round <= rounds; round++) {
    for (let bundle = 0; bundle < BUNDLES; bundle++) {
      const beats = Array.from({ length: BUNDLE }, (_, i) =>
        beatBytes(`h${bundle * BUNDLE + i}`, { incarnation: fromRun + round, intervalMs: INTERVAL_MS }),
      );
      socket.send(joined(...beats), port, host);
    }
    // No faster than it is read: what the kernel drops would be no flood.
    if (round % ROUNDS_AT_ONCE > 0 && round < rounds) continue;
    await expect
      .poll(() => engine.ingest().read, { interval: 1 })
      .toBeGreaterThanOrEqual(before + round * HOSTS);
  }
  socket.close();
}

/** What main knows is what the engine's columns say. */
export async function agree(told: ToldEngine): Promise<void> {
  const { engine, places } = told;
  await expect
    .poll(() => {
      if (engine.ingest().newsWaiting > 0) return 'news waits';
      for (const [id, { shard, row }] of places) {
        const last = told.of(shard, row).findLast((kind) => kind !== TransitionKind.restarted);
        if (last !== engine.read(shard, row).state) return `${id}: told ${last}`;
      }
      return 'all told';
    })
    .toBe('all told');
}
