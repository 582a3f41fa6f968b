import { afterEach, describe, expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { BATCHES_UNHANDLED } from './batch-credit.ts';
import { ENGINE_MODES, shardOf } from './testing/engine-modes.ts';
import { agree, flood, HOSTS, SlowMain } from './testing/slow-main.ts';
import type { ToldEngine } from './testing/told-engine.ts';

let told: ToldEngine;

afterEach(() => told.stop());

describe.each(ENGINE_MODES)('an end while main is behind, $receiver with $shards', (mode) => {
  test('E118: a shard that ends while main is behind owes and is owed nothing: its successor tells all that is', async () => {
    const main = await SlowMain.start(mode);
    told = main.told;
    await flood(told, 1_000, 1);
    await told.until(() => told.places.size === HOSTS);
    main.stall();
    // Of the shard whose end is to come; the first ones are under way when the others are heard.
    const named = (prefix: string, count: number): string[] =>
      Array.from({ length: 16 * count }, (_, i) => `${prefix}-${i}`)
        .filter((name) => shardOf(name, mode.shards) === 0)
        .slice(0, count);
    const waiting = named('waiting', 20);
    const { accepted } = told.engine.ingest();
    for (const [i, name] of waiting.entries()) {
      await told.send(`${name} interval=60s`);
      await expect.poll(() => told.engine.ingest().accepted, { interval: 5 }).toBe(accepted + i + 1);
    }
    expect(main.unhandled.length).toBeLessThanOrEqual(BATCHES_UNHANDLED * mode.shards);
    await told.end(0);
    await told.until(() => told.notices.some((notice) => notice.includes('started again')));
    main.goOn();
    await told.until(() => waiting.every((name) => told.places.has(hostIdHex(name))));
    await agree(told);
    // It goes on as ever: a shard that had lost its credit would be silent now. Sent again until it listens.
    for (const name of named('after', BATCHES_UNHANDLED + 1)) {
      await expect
        .poll(async () => {
          await told.send(`${name} interval=60s`);
          return told.places.has(hostIdHex(name));
        })
        .toBe(true);
    }
  });

  test('E162: what waits when the engine is stopped is told before it has ended', async () => {
    const main = await SlowMain.start(mode);
    told = main.told;
    main.stall();
    await flood(told, 1_000, 3);
    await told.send('last interval=60s bye=1', 'last interval=60s');
    await expect.poll(() => told.engine.ingest().accepted).toBe(3 * HOSTS + 1);
    await told.engine.stop();
    const described = main.unhandled.flatMap((batch) => batch.described.map(({ hostId }) => hostId));
    expect(new Set(described).size).toBe(HOSTS + 1);
    expect(told.engine.ingest().newsWaiting).toBe(0);
  });
});
