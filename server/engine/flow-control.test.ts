import { afterEach, describe, expect, test } from 'vitest';
import { HostState } from '../../lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { BATCHES_UNHANDLED } from './batch-credit.ts';
import { type ShardBatch, TransitionKind } from './index.ts';
import { EVENTS_A_HOST } from './news-merge.ts';
import { ENGINE_MODES } from './testing/engine-modes.ts';
import { agree, events, flood, HOSTS, SlowMain } from './testing/slow-main.ts';
import { ToldEngine } from './testing/told-engine.ts';

const ROUNDS = 60;

const { up, late, down, left } = TransitionKind;

let told: ToldEngine;

afterEach(() => told.stop());

describe.each(ENGINE_MODES)('main stands still, $receiver with $shards', (mode) => {
  test('E115, E119: a flood costs main two batches a shard and the shards a few events a host; silence is judged meanwhile, and in the end main knows all', async () => {
    const main = await SlowMain.start(mode);
    told = main.told;
    const { engine } = told;
    await flood(told, 1_000, 1);
    await told.send(
      'returns interval=100ms seq=1',
      'stays interval=100ms seq=1',
      'swings interval=60s seq=1',
    );
    await told.until(() => told.places.size === HOSTS + 3);
    const stateOf = (name: string): number => engine.read(...told.placeOf(name)).state;
    await expect.poll(() => engine.ingest().newsWaiting).toBe(0);

    main.stall();
    await flood(told, 2_000, ROUNDS);
    // Detection waits for nobody.
    await expect.poll(() => [stateOf('returns'), stateOf('stays')]).toEqual([HostState.down, HostState.down]);
    await told.send('returns interval=60s seq=2');
    for (let seq = 2; seq < 60; seq += 2)
      await told.send(`swings interval=60s seq=${seq} bye=1`, `swings interval=60s seq=${seq + 1}`);
    await told.send('swings interval=60s seq=60 bye=1', 'new interval=60s seq=1');
    await expect.poll(() => [stateOf('returns'), stateOf('swings')]).toEqual([HostState.up, HostState.left]);

    expect(main.unhandled.length).toBeLessThanOrEqual(BATCHES_UNHANDLED * mode.shards);
    await expect.poll(() => engine.ingest().newsMerged).toBeGreaterThan(0);
    const { newsWaiting, newsMerged } = engine.ingest();
    expect(newsWaiting).toBeLessThanOrEqual(EVENTS_A_HOST * (HOSTS + 4) + 1);
    // All of the flood but what waits was merged or is on its way.
    expect(newsMerged + newsWaiting + events(main.unhandled)).toBeGreaterThanOrEqual(ROUNDS * HOSTS);

    main.goOn();
    await told.until(() => told.places.has(hostIdHex('new')));
    await agree(told);
    // Late is told live or not at all.
    const kindsOf = (name: string): number[] => told.ofHost(name).filter((kind) => kind !== late);
    expect(kindsOf('returns')).toEqual([up, down, up]);
    expect(kindsOf('stays')).toEqual([up, down]);
    expect(kindsOf('new')).toEqual([up]);
    expect(kindsOf('swings').at(-1)).toBe(left);
    expect(told.faults).toEqual([]);
  });
});

test('E115: the same flood, when each batch counts as handled at once: what main has taken and not done grows on and on', async () => {
  const taken: ShardBatch[] = [];
  told = await ToldEngine.start({ onBatch: (batch) => void taken.push(batch) });
  await flood(told, 1_000, ROUNDS);
  const merged = (): number => told.engine.ingest().newsMerged;
  await expect.poll(() => events(taken) + merged()).toBeGreaterThanOrEqual(ROUNDS * HOSTS);
  const some = events(taken);
  expect(some).toBeGreaterThan(EVENTS_A_HOST * HOSTS);
  await flood(told, 2_000, ROUNDS);
  await expect.poll(() => events(taken) + merged()).toBeGreaterThanOrEqual(2 * ROUNDS * HOSTS);
  expect(events(taken) - some).toBeGreaterThan(EVENTS_A_HOST * HOSTS);
});
