import { beforeEach, describe, expect, test } from 'vitest';
import type { Frame } from '#lib/protocol/frames.ts';
import { LiveLog } from './live-log.ts';
import { MAX_UNACKED_FRAMES, STALLED_AFTER_MS, Viewer, type ViewerCloseReason } from './viewer.ts';

let log: LiveLog;
let nowMs: number;

/** What a transport is to a viewer, with everything to be seen. */
class RecordingLink {
  isReady = true;
  answers: (readonly Frame[])[] = [];
  closed: ViewerCloseReason[] = [];

  ready(): boolean {
    return this.isReady;
  }

  send(frames: readonly Frame[]): void {
    this.answers.push(frames);
  }

  close(reason: ViewerCloseReason): void {
    this.closed.push(reason);
  }

  /** Kinds and seqs since the last call: `S1`, `D1-2`, `B2`. */
  taken(): string[] {
    const told = this.answers.flat().map((frame) => {
      if (frame.t === 'D') return `D${frame.f}-${frame.s}`;
      return frame.t === 'R' ? 'R' : `${frame.t}${frame.s}`;
    });
    this.answers = [];
    return told;
  }
}

function later(spanMs: number): number {
  nowMs += spanMs;
  return nowMs;
}

function tick(): void {
  log.stageState(0, log.stateAt(0) === 2 ? 4 : 2);
  log.publish(nowMs);
}

function viewerOn(link: RecordingLink, acknowledges = true, beats = true): Viewer {
  const viewer = new Viewer({ log, link, position: null, acknowledges, beats, nowMs });
  viewer.update(nowMs);
  return viewer;
}

beforeEach(() => {
  nowMs = 1_000;
  log = new LiveLog({
    epoch: '0123456789abcdef',
    capacity: 10,
    rates: () => ({ heartbeatsPerSecond: 0, blind: false }),
  });
  log.allotSlot(nowMs);
  tick();
});

describe('sending', () => {
  test('L20: while the link is not ready only the position is kept; then one merged diff', () => {
    const link = new RecordingLink();
    const viewer = viewerOn(link);
    expect(link.taken()).toEqual(['S1']);
    link.isReady = false;
    for (let i = 0; i < 20; i++) {
      tick();
      viewer.update(nowMs);
    }
    expect(link.taken()).toEqual([]);
    link.isReady = true;
    viewer.drained(nowMs);
    viewer.drained(nowMs);
    expect(link.taken()).toEqual(['D1-21']);
  });

  test('L20: never more than 8 S and D frames unacknowledged; one merged diff on the next ack', () => {
    const link = new RecordingLink();
    const viewer = viewerOn(link);
    for (let i = 0; i < 30; i++) {
      tick();
      viewer.update(nowMs);
    }
    expect(link.taken()).toEqual(['S1', 'D1-2', 'D2-3', 'D3-4', 'D4-5', 'D5-6', 'D6-7', 'D7-8']);
    viewer.acknowledge(4, nowMs);
    expect(link.taken()).toEqual(['D8-31']);
  });

  test('L20: a link without acks is held back by its readiness alone', () => {
    const link = new RecordingLink();
    const viewer = viewerOn(link, false);
    for (let i = 0; i < 2 * MAX_UNACKED_FRAMES; i++) {
      tick();
      viewer.update(nowMs);
    }
    expect(link.taken()).toHaveLength(1 + 2 * MAX_UNACKED_FRAMES);
  });

  test('L21: an ack for what was never sent frees nothing', () => {
    const link = new RecordingLink();
    const viewer = viewerOn(link);
    for (let i = 0; i < 30; i++) {
      tick();
      viewer.update(nowMs);
    }
    link.taken();
    viewer.acknowledge(9, nowMs);
    viewer.acknowledge(Number.MAX_SAFE_INTEGER, nowMs);
    viewer.acknowledge(-1, nowMs);
    viewer.acknowledge(0, nowMs);
    expect(link.taken()).toEqual([]);
    viewer.acknowledge(8, nowMs);
    expect(link.taken()).toEqual(['D8-31']);
  });
});

describe('beats', () => {
  test('L22: B after 5 s without a frame, only for the present position and a ready link', () => {
    const link = new RecordingLink();
    const viewer = viewerOn(link);
    link.taken();
    viewer.tick(later(4_999));
    expect(link.taken()).toEqual([]);
    viewer.tick(later(1));
    viewer.tick(later(4_000));
    expect(link.taken()).toEqual(['B1']);
    link.isReady = false;
    viewer.tick(later(5_000));
    expect(link.taken()).toEqual([]);
    link.isReady = true;
    viewer.tick(nowMs);
    expect(link.taken()).toEqual(['B1']);
  });

  test('L22: a newcomer that knows everything gets one B as soon as its link is ready', () => {
    const link = new RecordingLink();
    link.isReady = false;
    const position = log.position;
    const viewer = new Viewer({ log, link, position, acknowledges: true, beats: true, nowMs });
    viewer.update(nowMs);
    expect(link.taken()).toEqual([]);
    link.isReady = true;
    viewer.drained(nowMs);
    viewer.drained(nowMs);
    expect(link.taken()).toEqual(['B1']);
    const asking = new Viewer({ log, link, position, acknowledges: false, beats: false, nowMs });
    asking.update(nowMs);
    expect(link.taken()).toEqual([]);
  });

  test('L22: a viewer that is asked for every answer gets none unasked', () => {
    const link = new RecordingLink();
    const viewer = viewerOn(link, false, false);
    link.taken();
    viewer.tick(later(60_000));
    expect(link.taken()).toEqual([]);
    viewer.beat(nowMs);
    expect(link.taken()).toEqual(['B1']);
  });
});

describe('stalled viewers', () => {
  test('L23: closed after 10 s with data pending and no ack', () => {
    const link = new RecordingLink();
    const viewer = viewerOn(link);
    for (let i = 0; i < 10; i++) {
      tick();
      viewer.update(nowMs);
    }
    viewer.tick(later(STALLED_AFTER_MS - 1));
    expect(link.closed).toEqual([]);
    viewer.tick(later(1));
    expect(link.closed).toEqual(['slow']);
  });

  test('L23: each ack and each drain gives ten seconds more', () => {
    const link = new RecordingLink();
    const viewer = viewerOn(link);
    link.isReady = false;
    tick();
    viewer.update(nowMs);
    viewer.tick(later(6_000));
    viewer.drained(nowMs);
    viewer.tick(later(6_000));
    viewer.acknowledge(1, nowMs);
    viewer.tick(later(9_999));
    expect(link.closed).toEqual([]);
    viewer.tick(later(1));
    expect(link.closed).toEqual(['slow']);
  });

  test('L23: without data pending silence closes nobody', () => {
    const link = new RecordingLink();
    const viewer = viewerOn(link);
    viewer.tick(later(60_000));
    expect(link.closed).toEqual([]);
    tick();
    viewer.update(nowMs);
    viewer.tick(later(STALLED_AFTER_MS - 1));
    expect(link.closed).toEqual([]);
  });

  test('L23: what was handed over and is not taken closes it too, when nothing is new', () => {
    const link = new RecordingLink();
    const viewer = viewerOn(link);
    link.isReady = false;
    viewer.tick(later(1_000));
    viewer.tick(later(STALLED_AFTER_MS - 1));
    expect(link.closed).toEqual([]);
    viewer.tick(later(1));
    expect(link.closed).toEqual(['slow']);
  });

  test('L23: it begins anew once the link is ready again', () => {
    const link = new RecordingLink();
    const viewer = viewerOn(link);
    link.isReady = false;
    viewer.tick(later(6_000));
    link.isReady = true;
    viewer.tick(later(1_000));
    link.isReady = false;
    viewer.tick(later(1_000));
    viewer.tick(later(STALLED_AFTER_MS - 1));
    expect(link.closed).toEqual([]);
  });
});
