import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { clockFrom, clockOrigin } from '../clock.ts';
import { LiveLog } from './live-log.ts';
import { Publisher } from './publisher.ts';

const TICK_MS = 60;

describe('Publisher', () => {
  const clock = clockFrom(clockOrigin());
  let publisher: Publisher;

  function start(): LiveLog {
    const log = new LiveLog({
      epoch: '0123456789abcdef',
      capacity: 10,
      rates: () => ({ heartbeatsPerSecond: 0, blind: false }),
    });
    log.allotSlot(0);
    publisher = new Publisher({ log, clock, tickMs: TICK_MS });
    return log;
  }

  const nextTick = (log: LiveLog): Promise<number> =>
    new Promise((resolve) => {
      const end = log.subscribe(() => {
        end();
        resolve(clock());
      });
    });

  afterEach(() => publisher.stop());

  test('L4: the first change on a quiet server goes out after the present turn, with all of that turn', async () => {
    const log = start();
    log.stageState(0, 2);
    log.stageState(0, 4);
    expect(log.seq).toBe(0);
    await turn();
    expect([log.seq, log.stateAt(0)]).toEqual([1, 4]);
  });

  test('L4: then at most one tick every TICK_MS, however much is staged', async () => {
    const log = start();
    const ticksAtMs: number[] = [];
    for (let i = 0; i < 4; i++) {
      const ticked = nextTick(log);
      log.stageState(0, i % 2 ? 2 : 4);
      ticksAtMs.push(await ticked);
    }
    expect(log.seq).toBe(4);
    // A timer of Node may fire up to a millisecond early.
    for (let i = 1; i < 4; i++) expect(ticksAtMs[i]! - ticksAtMs[i - 1]!).toBeGreaterThan(TICK_MS - 2);
  });

  test('L4: what a listener stages during a tick waits for the next one', async () => {
    const log = start();
    let restaged = false;
    const first = nextTick(log);
    log.subscribe(() => {
      if (restaged) return;
      restaged = true;
      log.stageState(0, 4);
    });
    log.stageState(0, 2);
    const firstAtMs = await first;
    expect((await nextTick(log)) - firstAtMs).toBeGreaterThan(TICK_MS - 2);
    expect([log.seq, log.stateAt(0)]).toEqual([2, 4]);
  });

  test('L4: flush publishes at once, and a stopped publisher nothing any more', async () => {
    const log = start();
    log.stageState(0, 2);
    publisher.flush();
    expect(log.seq).toBe(1);
    publisher.stop();
    log.stageState(0, 4);
    await turn();
    expect([log.seq, log.hasStaged]).toEqual([1, true]);
  });
});
