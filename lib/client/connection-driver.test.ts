import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nextDeadlineMs, step } from './connection.ts';
import { ConnectionDriver, type Machine } from './connection-driver.ts';

let loads: { come(machine: Machine): void; fail(): void }[];
let opened: string[];
let driver: ConnectionDriver;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  [loads, opened] = [[], []];
  driver = new ConnectionDriver({
    machine: () =>
      new Promise((come, fail) => {
        loads.push({ come, fail: () => fail(new Error('chunk 7 is gone')) });
      }),
    now: () => 1_000,
    random: () => 0.5,
    ask: async () => 'may-watch' as const,
    execute: (command) => opened.push(command.type === 'open' ? command.transport : 'close'),
    onNews: () => {},
  });
});
afterEach(() => vi.useRealTimers());

const come = async (): Promise<void> => {
  loads.at(-1)!.come({ step, nextDeadlineMs });
  await vi.advanceTimersByTimeAsync(0);
};

test('C51: the machine is loaded at the first event, and takes what came before it in its order', async () => {
  driver.dispatch({ type: 'mode', mode: 'polling' });
  expect([loads.length, driver.connection.mode]).toEqual([0, 'polling']);
  driver.dispatch({ type: 'start' });
  driver.dispatch({ type: 'mode', mode: 'sse' });
  driver.dispatch({ type: 'pause' });
  driver.dispatch({ type: 'resume' });
  expect([loads.length, opened]).toEqual([1, []]);
  await come();
  expect(opened).toEqual(['sse', 'close', 'sse']);
  driver.stop();
  expect(opened).toEqual(['sse', 'close', 'sse', 'close']);
});

test('C51: what was stopped before the machine came opens nothing when it comes', async () => {
  driver.dispatch({ type: 'start' });
  driver.stop();
  await come();
  expect(opened).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  driver.dispatch({ type: 'start' });
  expect(opened).toEqual(['socketio']);
});

test('C51: a machine that could not be loaded is asked for every 3 s, while it is wanted', async () => {
  driver.dispatch({ type: 'start' });
  for (let tries = 1; tries < 4; tries++) {
    loads.at(-1)!.fail();
    await vi.advanceTimersByTimeAsync(2_999);
    driver.dispatch({ type: 'wake' });
    expect(loads).toHaveLength(tries);
    await vi.advanceTimersByTimeAsync(1);
    expect(loads).toHaveLength(tries + 1);
  }
  loads.at(-1)!.fail();
  await vi.advanceTimersByTimeAsync(0);
  driver.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(loads).toHaveLength(4);
  driver.dispatch({ type: 'start' });
  await come();
  expect(opened).toEqual(['socketio']);
});
