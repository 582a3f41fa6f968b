import { afterEach, describe, expect, test } from 'vitest';
import { TransitionKind } from './index.ts';
import { ENGINE_MODES, shardOf } from './testing/engine-modes.ts';
import { ToldEngine } from './testing/told-engine.ts';
import { withFleetOnTime } from './testing/watched-process.ts';

const INTERVAL_MS = 250;
const TIMEOUT_MS = 5 * INTERVAL_MS;

let told: ToldEngine;

afterEach(() => told.stop());

describe.each(ENGINE_MODES)('$receiver with $shards', (mode) => {
  test(
    'E89: a worker that ends is made anew while hosts beat: nobody alive goes down, rows stay, counts go on',
    {
      timeout: 60_000,
    },
    () =>
      withFleetOnTime(INTERVAL_MS, async (startFleet) => {
        const HOSTS = 2_000;
        const VICTIM = 77;
        // Of a try before this one.
        await told?.stop();
        told = await ToldEngine.start(mode);
        const { engine } = told;
        const fleet = startFleet(HOSTS, INTERVAL_MS, 1, [String(engine.addresses[0]!.port)]);
        await told.until(() => told.places.size === HOSTS);
        const places = JSON.stringify([...told.places]);
        const { read, accepted } = engine.ingest();
        const shard = shardOf(`host-${VICTIM}`, mode.shards);
        await fleet.silence(VICTIM);
        for (let ends = 1; ends <= 2; ends++) {
          const again = told.workers + 1;
          await told.end(shard);
          await told.until(() => told.notices.length === ends);
          expect(told.notices.at(-1)).toMatch(new RegExp(`shard ${shard} ended .* started again`));
          await expect.poll(() => told.workers, { timeout: 10_000 }).toBe(again);
        }
        await told.until(() => told.ofHost(`host-${VICTIM}`).includes(TransitionKind.down));
        // Long enough for whoever was not heard since to go down as well.
        await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS));
        expect(told.downs).toBe(1);
        expect(JSON.stringify([...told.places])).toBe(places);
        const after = engine.ingest();
        expect(after.shardRestarts).toBe(2);
        expect(after.read).toBeGreaterThan(read);
        expect(after.accepted).toBeGreaterThan(accepted);
        expect(after.accepted + Object.values(after.rejected).reduce((sum, n) => sum + n, 0)).toBe(
          after.read,
        );
        expect(after.blindMs).toBeGreaterThan(0);
        expect(after.blindMs).toBeLessThan(30_000);
        expect(told.faults).toEqual([]);
        const source = engine.read(...told.placeOf('host-1'));
        expect(source).toMatchObject({ state: 2, heardAgain: true });
        expect(source.sourceIndex).not.toBeNull();
      }),
  );
});
