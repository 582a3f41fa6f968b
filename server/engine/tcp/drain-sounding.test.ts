import { describe, expect, test } from 'vitest';
import { BACKLOG, DrainSounding, type SoundedConnection, UNREAD } from './drain-sounding.ts';

const connection = (): SoundedConnection => ({ ...UNREAD });
const SOME = 100;
const FULL = 64 * 1024;

describe('a sounding', () => {
  test('E151: one turn that leaves nothing over is enough, and each answers once', () => {
    const sounding = new DrainSounding();
    sounding.openDoor();
    expect(sounding.turned([], 0)).toBeNull();
    sounding.begin(1_000);
    sounding.read(connection(), SOME);
    expect(sounding.turned([], 0)).toBe(1_000);
    expect(sounding.isOpen).toBe(false);
    expect(sounding.turned([], 0)).toBeNull();
  });

  test('E151: waits while connections are taken, which are read a turn later, but not for ever', () => {
    const sounding = new DrainSounding();
    const door = sounding.openDoor();
    sounding.begin(1_000);
    for (let turn = 0; turn < 5; turn++) {
      sounding.accepted(door);
      expect(sounding.turned([], 0)).toBeNull();
    }
    expect(sounding.turned([], 0)).toBe(1_000);
    sounding.begin(2_000);
    let turns = 0;
    let drainedAtMs: number | null = null;
    while (drainedAtMs === null) {
      sounding.accepted(door);
      drainedAtMs = sounding.turned([], 0);
      turns++;
    }
    // Everybody who stood in the queue at the instant has been taken, and read.
    expect(turns).toBe(BACKLOG + 2);
  });

  test('E151: waits for whoever may have more, until he has given more than the kernel keeps', () => {
    const sounding = new DrainSounding();
    const [flood, other] = [connection(), connection()];
    sounding.read(flood, FULL);
    sounding.begin(1_000);
    sounding.read(other, FULL);
    expect(sounding.turned([], 0)).toBeNull();
    sounding.read(other, SOME);
    expect(sounding.turned([], 0)).toBe(1_000);
    sounding.begin(2_000);
    let given = 0;
    for (let drained: number | null = null; drained === null; drained = sounding.turned([], 0)) {
      sounding.read(flood, FULL);
      given += FULL;
    }
    expect(given).toBeGreaterThanOrEqual(32 * 1024 * 1024);
    expect(given).toBeLessThan(34 * 1024 * 1024);
  });

  test('E151: waits for what was read and has not been handed on', () => {
    const sounding = new DrainSounding();
    const blocked = connection();
    sounding.read(blocked, SOME);
    sounding.begin(1_000);
    for (let turn = 0; turn < 100; turn++) expect(sounding.turned([blocked], 0)).toBeNull();
    expect(sounding.turned([], 0)).toBe(1_000);
  });

  test('E151: waits for nobody who was read to his end since the instant and has more already', () => {
    const sounding = new DrainSounding();
    const busy = connection();
    sounding.read(busy, SOME);
    sounding.begin(1_000);
    // What arrived by the instant may still be unread.
    sounding.served(busy, true, true);
    sounding.read(busy, FULL);
    sounding.served(busy, true, true);
    expect(sounding.turned([], 0)).toBeNull();
    sounding.read(busy, SOME);
    expect(sounding.turned([busy], 0)).toBeNull();
    sounding.served(busy, true, true);
    sounding.read(busy, FULL);
    expect(sounding.turned([busy], 0)).toBe(1_000);
  });

  test('E151: what was taken from the kernel before the instant is no proof that nothing is left there', () => {
    const sounding = new DrainSounding();
    const relay = connection();
    sounding.begin(1_000);
    relay.heldUntilBytes = SOME;
    for (const bytes of [SOME, FULL]) {
      sounding.read(relay, bytes);
      sounding.served(relay, true, true);
    }
    expect(sounding.turned([relay], 0)).toBeNull();
    sounding.read(relay, SOME);
    sounding.served(relay, true, true);
    expect(sounding.turned([relay], 0)).toBe(1_000);
  });

  test('E151: waits 1 s for whoever is served and does not come to his end, then again when he has', () => {
    const sounding = new DrainSounding();
    const flood = connection();
    sounding.read(flood, FULL);
    sounding.begin(1_000);
    let nowMs = 0;
    const turn = (all: boolean): number | null => {
      sounding.served(flood, true, all);
      nowMs += 10;
      return sounding.turned([flood], nowMs);
    };
    while (turn(nowMs % 100 === 50) === null);
    expect(nowMs).toBeGreaterThan(1_000);
    expect(nowMs).toBeLessThan(1_050);
    sounding.begin(2_000);
    expect(turn(false)).toBe(2_000);
    sounding.read(flood, SOME);
    sounding.served(flood, true, true);
    sounding.begin(3_000);
    sounding.read(flood, FULL);
    expect(turn(false)).toBeNull();
  });

  test('E151: the time in which this process stood still, or there was no room, counts against nobody', () => {
    const sounding = new DrainSounding();
    const relay = connection();
    sounding.read(relay, FULL);
    sounding.begin(1_000);
    for (let nowMs = 0; nowMs < 10_000; nowMs += 10) {
      sounding.served(relay, false, false);
      expect(sounding.turned([relay], nowMs)).toBeNull();
    }
    for (const nowMs of [20_000, 30_000, 40_000]) {
      sounding.served(relay, true, false);
      expect(sounding.turned([relay], nowMs)).toBeNull();
    }
  });
});
