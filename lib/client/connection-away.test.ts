/** A server that is away is no reason to leave a transport; one that answers while the transport fails is. */
import { describe, expect, test } from 'vitest';
import { fallenTo, live, Machine } from './testing/machine.ts';

/** Every connection fails at once for so long, and nothing answers. */
function away(machine: Machine, forMs: number): Machine {
  machine.answers = false;
  const untilMs = machine.nowMs + forMs;
  while (machine.nowMs < untilMs) {
    for (const id of [...machine.alive.keys()]) machine.lose(id);
    machine.pass(Math.min(50, untilMs - machine.nowMs));
  }
  return machine;
}

describe('C88: while nothing answers the rung is kept', () => {
  test.each([0, 0.3, 0.6, 0.999])('through 8 s and through minutes (random %d)', (random) => {
    for (const awayMs of [500, 2_500, 8_000, 240_000]) {
      const machine = live().beat(10_000);
      machine.random = random;
      away(machine, awayMs);
      expect(machine.connection.away).toBe(true);
      expect([new Set(machine.opened), machine.connection.fallback]).toEqual([new Set(['socketio']), null]);
      machine.answers = true;
      machine.passUntil('socketio').proof();
      expect([machine.status, machine.connection.away]).toEqual(['live', false]);
    }
  });

  // Polling that gives nothing begins at the top again (C20).
  test.each(['sse', 'long-polling'] as const)('%s too', (transport) => {
    const machine = fallenTo(transport).beat(10_000);
    const before = machine.opened.length;
    away(machine, 20_000);
    expect(new Set(machine.opened.slice(before))).toEqual(new Set([transport]));
    expect(machine.connection.fallback).not.toBe(null);
  });

  test('also where connections hang instead of failing', () => {
    const machine = live().beat(10_000);
    machine.answers = false;
    machine.pass(120_000);
    expect(new Set(machine.opened)).toEqual(new Set(['socketio']));
    expect(machine.opened.length).toBeGreaterThan(5);
  });

  test.each([
    ['socketio', () => live()],
    ['long-polling', () => fallenTo('long-polling')],
  ] as const)('its tries are spaced further and further (%s)', (_, start) => {
    const machine = start().beat(10_000);
    const before = machine.opened.length;
    const tries = () => machine.opened.length - before;
    away(machine, 10_000);
    expect(tries()).toBeGreaterThanOrEqual(3);
    const soon = tries();
    away(machine, 60_000);
    expect(tries() - soon).toBeGreaterThanOrEqual(4);
    expect(tries() - soon).toBeLessThanOrEqual(8);
  });
});

test('C88: the first answer has the same rung tried within 2 s, as if nothing had failed before', () => {
  const machine = away(live().beat(10_000), 30_000);
  machine.answers = true;
  machine.passUntil('socketio').lose();
  expect(machine.connection).toMatchObject({ away: false, fallback: null });
  expect(machine.connection.retryAtMs! - machine.nowMs).toBeLessThanOrEqual(2_000);
  // From here on it is the transport's own fault.
  const backAtMs = machine.passUntil('socketio').nowMs;
  machine.passUntil('sse');
  expect(machine.nowMs - backAtMs).toBeLessThanOrEqual(3_000);
  expect(machine.connection.fallback).toMatchObject({ from: 'socketio' });
});

test.each([true, false])('C89: a rung that is to be left waits for the answer (%s)', (yes) => {
  const machine = new Machine().send({ type: 'start' });
  machine.answers = null;
  machine.pass(3_000);
  expect([machine.transports, machine.status]).toEqual([[], 'reconnecting']);
  const { askId } = machine.connection;
  machine.send({ type: 'answered', id: askId! - 1, yes: true });
  expect([machine.transports, machine.connection.askId]).toEqual([[], askId]);
  machine.pass(1_000).send({ type: 'answered', id: askId!, yes });
  expect(machine.transports).toEqual(yes ? ['sse'] : []);
  expect(machine.connection.fallback === null).toBe(!yes);
  machine.passUntil(yes ? 'sse' : 'socketio');
});

test('C89: no answer within 3 s is a no', () => {
  const machine = new Machine().send({ type: 'start' });
  machine.answers = null;
  machine.pass(5_999);
  expect([machine.transports, machine.connection.away]).toEqual([[], false]);
  machine.pass(1);
  expect(machine.connection).toMatchObject({ away: true, fallback: null, askId: null });
  machine.passUntil('socketio');
});

test('C88: what was known of the server is not carried over to another mode', () => {
  const machine = away(live().beat(10_000), 5_000);
  expect(machine.connection.away).toBe(true);
  machine.send({ type: 'mode', mode: 'sse' });
  expect(machine.connection).toMatchObject({ away: false, askId: null, leaving: null });
});

test('C88: what was asked to wait, and what lacks a lease, asks nothing', () => {
  const machine = new Machine().send({ type: 'start' });
  machine.answers = null;
  machine.lose(machine.newest.id, 5_000);
  expect(machine.connection.askId).toBe(null);
  const leaseless = new Machine('sse').send({ type: 'start' });
  leaseless.answers = null;
  leaseless.lackLease();
  expect([leaseless.connection.askId, leaseless.transports]).toEqual([null, ['polling']]);
});

test('C90: a new run of the server has the better transports tried within 2 s', () => {
  const machine = fallenTo('sse').beat(6_000);
  const { id } = machine.newest;
  machine.send({ type: 'restarted' }).pass(2_000).proof(id);
  expect(machine.transports).toEqual(['sse', 'socketio']);
  machine.proof();
  expect([machine.transports, machine.connection.fallback]).toEqual([['socketio'], null]);
  machine.send({ type: 'restarted' }).beat(5_000);
  expect(machine.transports).toEqual(['socketio']);
});
