import { describe, expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import type { StoreBatch } from '../store/store.ts';
import { pipelineFleet, TryingStore } from '../testing/pipeline-fleet.ts';
import { SlotQueue } from './slot-queue.ts';

/** Writes history as slowly as the test lets it. */
class SlowStore extends TryingStore {
  readonly #waiting: { readonly rows: number; readonly write: () => Promise<void> }[] = [];
  mostRows = 0;

  override health(): ReturnType<TryingStore['health']> {
    return { ...super.health(), waiting: this.#waiting.reduce((sum, { rows }) => sum + rows, 0) };
  }

  override append(batch: StoreBatch, as: 'history' | 'command'): Promise<void> {
    if (as === 'command') return super.append(batch, as);
    const rows = (batch.hosts?.length ?? 0) + (batch.events?.length ?? 0);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ rows, write: () => super.append(batch, as).then(resolve) });
    this.mostRows = Math.max(this.mostRows, this.health().waiting);
    return promise;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** The oldest of what waits is on disk. */
  async write(): Promise<void> {
    await this.#waiting.shift()?.write();
  }
}

const HOSTS = 72_000;
const LIMIT = 65_536;

/** All of them at once, their events left out: only rows of the register. */
function appear(store: SlowStore) {
  const fleet = pipelineFleet({ store, slots: HOSTS, maxHosts: HOSTS });
  const labels = { rack: 'r1' };
  for (let row = 0; row < HOSTS; row += 4_000) {
    fleet.take(Array.from({ length: 4_000 }, (_, i) => ({ row: row + i, name: `h${row + i}`, labels })));
  }
  return fleet;
}

describe('a fleet that appears at once', () => {
  test('P51: no more rows than the store takes are made, and all of them are written in time', async () => {
    const store = new SlowStore();
    const fleet = appear(store);
    await expect.poll(() => fleet.directory.size, { timeout: 15_000 }).toBe(HOSTS);
    await expect.poll(() => fleet.register.waiting, { timeout: 15_000 }).toBe(HOSTS - LIMIT);
    expect(store.mostRows).toBe(LIMIT);
    // As the host is when its row is written, not as it was when it registered.
    fleet.setColumns(HOSTS - 1, { intervalMs: 7_000 });
    while (!store.isIdle || fleet.register.waiting > 0) {
      await store.write();
      await new Promise(setImmediate);
    }
    expect(store.mostRows).toBe(LIMIT);
    const rows = await fleet.rows();
    expect(rows).toHaveLength(HOSTS);
    expect(rows.find(({ name }) => name === `h${HOSTS - 1}`)?.intervalMs).toBe(7_000);
  });

  test('P13, P51: a stop puts off nothing', async () => {
    const store = new SlowStore();
    const fleet = appear(store);
    await expect.poll(() => fleet.register.waiting, { timeout: 15_000 }).toBe(HOSTS - LIMIT);
    await fleet.pipeline.finish();
    while (fleet.register.waiting > 0) fleet.pipeline.writeRows([]);
    while (!store.isIdle) await store.write();
    expect(await fleet.rows()).toHaveLength(HOSTS);
  });
});

describe('removing a host whose row is still to be written', () => {
  const fleetOf = async () => {
    const store = new SlowStore();
    const fleet = appear(store);
    await expect.poll(() => fleet.register.waiting, { timeout: 15_000 }).toBe(HOSTS - LIMIT);
    const last = `h${HOSTS - 1}`;
    const writeAll = async () => {
      while (!store.isIdle || fleet.register.waiting > 0) {
        await store.write();
        await new Promise(setImmediate);
      }
      return (await fleet.rows()).some(({ name }) => name === last);
    };
    return { store, fleet, id: hostIdHex(last), writeAll };
  };

  test('P52: removed, it is not written any more', async () => {
    const { fleet, id, writeAll } = await fleetOf();
    expect(await fleet.pipeline.removeHosts([id], 'ada')).toEqual({ removed: 1, ids: [id] });
    expect(await writeAll()).toBe(false);
    expect((await fleet.store.load(0)).tombstones).toEqual([id]);
  });

  test('P52: where the store refuses the removal it is written all the same', async () => {
    const { store, fleet, id, writeAll } = await fleetOf();
    store.failing = true;
    await expect(fleet.pipeline.removeHosts([id], 'ada')).rejects.toThrow('no space left');
    expect(await writeAll()).toBe(true);
  });
});

test('slots wait once each, and what is dropped does not come (seed 1)', () => {
  const queue = new SlotQueue();
  const model = new Set<number>();
  let seed = 1;
  const chance = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const wrong: string[] = [];
  for (let i = 0; i < 100_000; i++) {
    const slot = chance(5_000);
    const what = chance(10);
    if (what < 6) {
      queue.add(slot);
      model.add(slot);
    } else if (what < 9) {
      if (queue.drop(slot) !== model.delete(slot)) wrong.push(`drop ${slot}`);
    } else {
      const taken = queue.take();
      if (taken === null ? model.size > 0 : !model.delete(taken)) wrong.push(`take ${taken}`);
    }
    if (queue.size !== model.size) wrong.push(`${queue.size} wait instead of ${model.size}`);
  }
  expect(wrong).toEqual([]);
  for (let taken = queue.take(); taken !== null; taken = queue.take()) expect(model.delete(taken)).toBe(true);
  expect(model.size).toBe(0);
  for (const slot of [7, 3, 9_999, 1]) queue.add(slot);
  expect([queue.take(), queue.drop(9_999), queue.take(), queue.take(), queue.take()]).toEqual([
    7,
    true,
    3,
    1,
    null,
  ]);
});
