import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Frame } from '#lib/protocol/frames.ts';
import { clockFrom, clockOrigin } from '../clock.ts';
import { LiveLog } from './live-log.ts';
import { ViewerPlaces } from './viewer-places.ts';
import { Viewers } from './viewers.ts';

describe('Viewers', () => {
  const clock = clockFrom(clockOrigin());
  let viewers: Viewers;

  function start(): LiveLog {
    const log = new LiveLog({
      epoch: '0123456789abcdef',
      capacity: 10,
      rates: () => ({ heartbeatsPerSecond: 0, blind: false }),
    });
    log.stageState(log.allotSlot(0)!, 2);
    log.publish(1);
    viewers = new Viewers({ log, clock, places: new ViewerPlaces() });
    return log;
  }

  function tick(log: LiveLog): void {
    log.stageState(0, log.stateAt(0) === 2 ? 4 : 2);
    log.publish(clock());
  }

  /** A viewer that takes `busyMs` to be written to; the spans of what it got. */
  function addViewer(busyMs = 0): [f: number, s: number][] {
    const spans: [number, number][] = [];
    const send = (frames: readonly Frame[]): void => {
      const until = performance.now() + busyMs;
      while (performance.now() < until);
      for (const frame of frames) if (frame.t === 'D') spans.push([frame.f, frame.s]);
    };
    viewers.add({
      link: { ready: () => true, send, close: () => {} },
      position: null,
      acknowledges: false,
      beats: true,
    });
    return spans;
  }

  afterEach(() => viewers.stop());

  test('L25: few viewers are told in the turn of the tick', () => {
    const log = start();
    const spans = [addViewer(), addViewer()];
    tick(log);
    expect(spans).toEqual([[[1, 2]], [[1, 2]]]);
  });

  test('L25: a tick during a round reaches everybody, merged for those not yet served', async () => {
    const log = start();
    const all = Array.from({ length: 200 }, () => addViewer(0.2));
    tick(log);
    const last = all.at(-1)!;
    expect([all[0]!.length, last.length]).toEqual([1, 0]);
    tick(log);
    await vi.waitFor(() => expect(all.every((spans) => spans.at(-1)?.[1] === 3)).toBe(true));
    expect(all[0]).toEqual([
      [1, 2],
      [2, 3],
    ]);
    expect(last).toEqual([[1, 3]]);
  });

  test('L25: a removed viewer is told nothing', () => {
    const log = start();
    const spans = addViewer();
    const gone: Frame[] = [];
    const link = {
      ready: () => true,
      send: (frames: readonly Frame[]) => gone.push(...frames),
      close: () => {},
    };
    const viewer = viewers.add({ link, position: log.position, acknowledges: false, beats: true });
    viewers.remove(viewer);
    gone.length = 0;
    tick(log);
    expect([spans.length, gone, viewers.size]).toEqual([1, [], 1]);
  });

  test('L25: after the stop a viewer is closed instead of being served', () => {
    start();
    viewers.stop();
    const told: string[] = [];
    const link = {
      ready: () => true,
      send: () => void told.push('frames'),
      close: (reason: string) => void told.push(reason),
    };
    viewers.add({ link, position: null, acknowledges: false, beats: true });
    expect([told, viewers.size]).toEqual([['shutdown'], 0]);
  });
});
