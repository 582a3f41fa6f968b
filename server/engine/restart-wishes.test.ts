import { afterEach, describe, expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { TransitionKind } from './index.ts';
import { ENGINE_MODES, shardOf } from './testing/engine-modes.ts';
import { restoredHosts } from './testing/shard-probe.ts';
import { ToldEngine } from './testing/told-engine.ts';

let told: ToldEngine;

afterEach(() => told.stop());

describe.each(ENGINE_MODES)('$receiver with $shards', (mode) => {
  test('E90: what main asked for and the worker had not done is done by its successor', async () => {
    told = await ToldEngine.start(mode);
    const { engine } = told;
    await told.send('a interval=60s', 'b interval=60s');
    await told.until(() => told.places.size === 2);
    const a = told.placeOf('a');
    const shard = shardOf('a', mode.shards);
    const ended = told.end(shard);
    engine.remove(...a);
    engine.expect({ id: hostIdHex('a'), name: 'a', labels: {}, intervalMs: 100 });
    await ended;
    await told.until(() => told.ofHost('a').includes(TransitionKind.down));
    const again = told.placeOf('a');
    expect(again).not.toEqual(a);
    expect(engine.read(...a).state).toBe(0);
    expect(engine.read(...told.placeOf('b')).state).toBe(2);
    expect(told.ofHost('a')).toEqual([TransitionKind.pending, TransitionKind.down]);
  });

  test('E90: a worker that ends in a hold, before or after it knows who is known: all are there in the end', async () => {
    told = await ToldEngine.start({ ...mode, hold: true });
    const { engine } = told;
    await told.send('early interval=60s');
    for (let shard = 0; shard < mode.shards; shard++) await told.end(shard);
    await expect.poll(() => told.workers).toBe(2 * mode.shards);
    const hosts = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`h${i}`, { intervalMs: 200 }]));
    const ended = Promise.all(Array.from({ length: mode.shards }, (_, shard) => told.end(shard)));
    const places = engine.restore(restoredHosts({ ...hosts, gone: { state: 'left' } }));
    await ended;
    // Each of them waits from the start of the newest worker on, and goes down once.
    await told.until(() => told.downs === 3_000);
    const left = places.at(-1)!;
    expect(engine.read(left.shard, left.row).state).toBe(5);
    for (const { shard, row } of places.slice(0, -1))
      expect(told.of(shard, row)).toEqual([TransitionKind.down]);
    expect(told.faults).toEqual([]);
    await told.send('h0 interval=60s', 'late interval=60s');
    await told.until(() => told.ofHost('late').length > 0);
    expect(told.of(places[0]!.shard, places[0]!.row)).toEqual([TransitionKind.down, TransitionKind.up]);
  });
});
