/** What the connection machine does when nobody is signed in. */
import { describe, expect, test } from 'vitest';
import { type ConnectionEvent, isStale } from './connection-state.ts';
import { LADDER, MODES } from './ladder.ts';
import { fallenTo, live, Machine } from './testing/machine.ts';

const SIGNED_OUT = { kind: 'signed-out', detail: 'nobody is signed in' } as const;
const HOUR_MS = 3_600_000;

describe('C77: signed out', () => {
  test.each(MODES)('in mode %s nothing is open and nothing is tried, for as long as it lasts', (mode) => {
    const machine = live(mode).end(SIGNED_OUT);
    const { length } = machine.opened;
    expect([machine.status, machine.transports]).toEqual(['signed-out', []]);
    machine.pass(HOUR_MS).send({ type: 'wake' }).send({ type: 'wake', slept: true }).send({ type: 'tick' });
    expect([machine.status, machine.opened.length]).toEqual(['signed-out', length]);
    expect(machine.connection).toMatchObject({
      fallback: null,
      retryAtMs: null,
      climbAtMs: null,
      problem: null,
    });
  });

  test('it is no failure of the transport: the same one is opened when somebody is signed in', () => {
    for (const { transport } of LADDER.slice(1)) {
      const machine = fallenTo(transport);
      const { fallback } = machine.connection;
      machine.end(SIGNED_OUT).pass(HOUR_MS).send({ type: 'signed-in' });
      expect(machine.transports).toEqual([transport]);
      expect(machine.connection.fallback).toEqual(fallback);
      machine.proof();
      expect(machine.status).toBe('live');
    }
  });

  test('what failed before is forgiven: the first retry afterwards comes within 2 s', () => {
    const machine = live('socketio');
    for (let i = 0; i < 6; i++) machine.lose().pass(machine.connection.retryAtMs! - machine.nowMs);
    machine.end(SIGNED_OUT).send({ type: 'signed-in' }).lose();
    expect(machine.connection.retryAtMs! - machine.nowMs).toBeLessThanOrEqual(2_000);
  });

  test('told of by the second connection, or by another request, it ends both', () => {
    const climbing = fallenTo('sse').beat(61_000);
    expect(climbing.transports).toEqual(['sse', 'socketio']);
    const [, candidate] = [...climbing.alive.keys()];
    climbing.end(SIGNED_OUT, candidate);
    expect([climbing.status, climbing.transports]).toEqual(['signed-out', []]);
    const told = fallenTo('sse').beat(61_000).send({ type: 'signed-out' });
    expect([told.status, told.transports]).toEqual(['signed-out', []]);
  });

  test('between two attempts it ends the waiting', () => {
    const machine = live('polling').lose(1, 30_000).send({ type: 'signed-out' });
    expect([machine.status, machine.connection.retryAtMs]).toEqual(['signed-out', null]);
    machine.pass(HOUR_MS);
    expect(machine.transports).toEqual([]);
  });

  test('before the start and while it waits, a mode is only remembered; pause and stop act as ever', () => {
    const waiting = (): Machine => new Machine('sse').send({ type: 'signed-out' });
    expect(waiting().status).toBe('signed-out');
    expect(waiting().send({ type: 'start' }).opened).toEqual([]);
    const other = waiting().send({ type: 'mode', mode: 'polling' });
    expect(other.opened).toEqual([]);
    expect(other.send({ type: 'signed-in' }).opened).toEqual(['polling']);
    const paused = waiting().send({ type: 'pause' });
    expect(paused.status).toBe('paused');
    expect(paused.send({ type: 'signed-in' }).opened).toEqual([]);
    expect(paused.send({ type: 'resume' }).opened).toEqual(['sse']);
    expect(waiting().send({ type: 'stop' }).status).toBe('stopped');
  });

  const ELSEWHERE: readonly (readonly [string, Machine])[] = [
    ['paused', live().send({ type: 'pause' })],
    ['stopped', live().send({ type: 'stop' })],
  ];
  test.each(ELSEWHERE)('%s it is of no concern', (status, machine) => {
    expect(machine.send({ type: 'signed-out' }).status).toBe(status);
    expect(machine.send({ type: 'signed-in' }).status).toBe(status);
  });

  test('a sign-in that nobody waited for changes nothing', () => {
    const machine = live();
    const before = machine.connection;
    machine.send({ type: 'signed-in' });
    expect(machine.connection).toEqual(before);
  });
});

test('C78: a signed-out view is stale at once; one that holds nothing is not', () => {
  const machine = live().end(SIGNED_OUT);
  expect(isStale(machine.connection, machine.nowMs)).toBe(true);
  machine.send({ type: 'signed-in' } satisfies ConnectionEvent);
  expect([machine.status, isStale(machine.connection, machine.nowMs)]).toEqual(['catching-up', false]);
  const empty = new Machine().send({ type: 'start' }).end(SIGNED_OUT);
  expect([empty.status, isStale(empty.connection, empty.nowMs)]).toEqual(['signed-out', false]);
});
