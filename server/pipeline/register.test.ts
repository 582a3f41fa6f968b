import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { pipelineFleet as setUp } from '../testing/pipeline-fleet.ts';
import { RegisterSweep } from './register-sweep.ts';

const WEB = { row: 0, name: 'web' };
type Fleet = ReturnType<typeof setUp>;
const rows = (fleet: Fleet) => fleet.rows();
const written = ({ store }: Fleet) => store.batches.flatMap(({ hosts }) => hosts ?? []);

describe('rows of the register', () => {
  test('P11: written at registration, at a new description, at leaving and at coming back', async () => {
    const fleet = setUp();
    fleet.setColumns(0, { heardAgain: false, intervalMs: 2_000 });
    const id = hostIdHex('web');
    fleet.take([{ row: 0, name: null, id }], { row: 0, kind: 'up', atMs: 1 });
    const row = { id, name: null, labels: {}, intervalMs: 2_000, registeredAt: 1_000_000 };
    expect(await rows(fleet)).toEqual([{ ...row, confirmed: false, left: null }]);
    fleet.take([{ ...WEB, labels: { rack: 'r1' } }]);
    const named = { ...row, name: 'web', labels: { rack: 'r1' } };
    expect(await rows(fleet)).toEqual([{ ...named, confirmed: false, left: null }]);
    fleet.setColumns(0, { heardAgain: true });
    fleet.take([], { row: 0, kind: 'left', atMs: 5_000 });
    const left = { at: 5_000, evidence: fleet.directory.evidenceOf(0) };
    expect(await rows(fleet)).toEqual([{ ...named, confirmed: true, left }]);
    expect(left.evidence?.kind).toBe('bye');
    fleet.nowMs = 1_000_001;
    fleet.take([], { row: 0, kind: 'up', atMs: 6_000 });
    expect(await rows(fleet)).toEqual([{ ...named, confirmed: true, left: null }]);
  });

  test('P11: ups and downs, and what is told again, write no row', () => {
    const fleet = setUp();
    fleet.take([WEB], { row: 0, kind: 'up', atMs: 1 });
    fleet.take([], { row: 0, kind: 'late', atMs: 2 }, { row: 0, kind: 'down', atMs: 3 });
    fleet.take([WEB], { row: 0, kind: 'up', atMs: 4 }, { row: 0, kind: 'restarted', atMs: 5 });
    expect(written(fleet)).toHaveLength(1);
  });

  test('P12: behind is a row with another interval, or of a host heard again since; once confirmed, always', () => {
    const fleet = setUp();
    fleet.setColumns(0, { heardAgain: false });
    fleet.take([WEB], { row: 0, kind: 'up', atMs: 1 });
    expect(fleet.register.isBehind(0)).toBe(false);
    fleet.setColumns(0, { heardAgain: true });
    expect(fleet.register.isBehind(0)).toBe(true);
    fleet.pipeline.writeRows([0]);
    expect(fleet.register.isBehind(0)).toBe(false);
    fleet.setColumns(0, { heardAgain: false, intervalMs: 5_000 });
    expect(fleet.register.isBehind(0)).toBe(true);
    fleet.pipeline.writeRows([0]);
    expect(fleet.register.isBehind(0)).toBe(false);
    expect(written(fleet).map(({ intervalMs, confirmed }) => [intervalMs, confirmed])).toEqual([
      [1_000, false],
      [1_000, true],
      [5_000, true],
    ]);
  });
});

describe('a host of an earlier run that its shard has not placed yet', () => {
  test('P12: is not behind, and a row that is due anyway keeps its interval', () => {
    const fleet = setUp();
    fleet.take([WEB], { row: 0, kind: 'up', atMs: 1 });
    fleet.setColumns(0, { heardAgain: false, intervalMs: 0 });
    expect(fleet.register.isBehind(0)).toBe(false);
    fleet.pipeline.writeRows([0]);
    expect(written(fleet).map(({ intervalMs }) => intervalMs)).toEqual([1_000, 1_000]);
  });
});

describe('the sweep', () => {
  const fleetOf = (hosts: number) => {
    const fleet = setUp();
    const all = Array.from({ length: hosts }, (_, row) => row);
    fleet.take(
      all.map((row) => ({ row, name: `h${row}` })),
      ...all.map((row) => ({ row, kind: 'up', atMs: 1 }) as const),
    );
    return fleet;
  };
  const sweepOf = ({ directory, register, pipeline }: Fleet, roundMs: number) =>
    new RegisterSweep({ directory, register, roundMs, write: (slots) => pipeline.writeRows(slots) });

  test('P12: every row that is behind is written within a round, and no other', async () => {
    const fleet = fleetOf(300);
    fleet.store.batches.length = 0;
    for (const row of [0, 7, 150, 299]) fleet.setColumns(row, { intervalMs: 3_000 });
    const sweep = sweepOf(fleet, 100);
    await expect.poll(() => written(fleet).length, { timeout: 10_000 }).toBe(4);
    fleet.setColumns(7, { intervalMs: 4_000 });
    await expect.poll(() => written(fleet).length, { timeout: 10_000 }).toBe(5);
    sweep.stop();
    expect(written(fleet).map(({ name, intervalMs }) => `${name} ${intervalMs}`)).toEqual([
      'h0 3000',
      'h7 3000',
      'h150 3000',
      'h299 3000',
      'h7 4000',
    ]);
  });

  test('P13: a clean stop writes all that is behind, and nothing follows', async () => {
    const fleet = fleetOf(1_000);
    fleet.pipeline.removeHosts([hostIdHex('h5')], 'ada');
    await expect.poll(() => fleet.directory.size, { timeout: 10_000 }).toBe(999);
    fleet.store.batches.length = 0;
    const sweep = sweepOf(fleet, 1_000_000);
    for (const row of [1, 5, 999]) fleet.setColumns(row, { intervalMs: 3_000 });
    await sweep.finish();
    expect(written(fleet).map(({ name }) => name)).toEqual(['h1', 'h999']);
    fleet.setColumns(2, { intervalMs: 3_000 });
    await nextTurn();
    expect(written(fleet)).toHaveLength(2);
  });
});
