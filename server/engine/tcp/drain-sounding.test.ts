import { describe, expect, test } from 'vitest';
import { BACKLOG, DrainSounding, type SoundedConnection } from './drain-sounding.ts';

const connection = (): SoundedConnection => ({ readBytes: 0, readBytesThen: 0, sounding: 0 });
const SOME = 100;
const FULL = 64 * 1024;

describe('a sounding', () => {
  test('E151: one turn that leaves nothing over is enough, and each answers once', () => {
    const sounding = new DrainSounding();
    sounding.openDoor();
    expect(sounding.turned([])).toBeNull();
    sounding.begin(1_000);
    sounding.read(connection(), SOME);
    expect(sounding.turned([])).toBe(1_000);
    expect(sounding.isOpen).toBe(false);
    expect(sounding.turned([])).toBeNull();
  });

  test('E151: waits while connections are taken, which are read a turn later, but not for ever', () => {
    const sounding = new DrainSounding();
    const door = sounding.openDoor();
    sounding.begin(1_000);
    for (let turn = 0; turn < 5; turn++) {
      sounding.accepted(door);
      expect(sounding.turned([])).toBeNull();
    }
    expect(sounding.turned([])).toBe(1_000);
    sounding.begin(2_000);
    let turns = 0;
    let drainedAtMs: number | null = null;
    while (drainedAtMs === null) {
      sounding.accepted(door);
      drainedAtMs = sounding.turned([]);
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
    expect(sounding.turned([])).toBeNull();
    sounding.read(other, SOME);
    expect(sounding.turned([])).toBe(1_000);
    sounding.begin(2_000);
    let given = 0;
    for (let drained: number | null = null; drained === null; drained = sounding.turned([])) {
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
    for (let turn = 0; turn < 100; turn++) expect(sounding.turned([blocked])).toBeNull();
    expect(sounding.turned([])).toBe(1_000);
  });
});
