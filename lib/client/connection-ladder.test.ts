/** Down and up the ladder, and what only a lease is missing for. */
import { describe, expect, test } from 'vitest';
import { LADDER, TRANSPORTS, type Transport } from './ladder.ts';
import { fallenTo, live, Machine } from './testing/machine.ts';

describe('down', () => {
  test('C19: auto leaves Socket.IO after 3 s without a frame, for SSE, and says from what and why', () => {
    const machine = new Machine().send({ type: 'start' });
    machine.send({ type: 'opened', id: machine.newest.id }).pass(2_999);
    expect(machine.transports).toEqual(['socketio']);
    machine.pass(1);
    expect(machine.transports).toEqual(['sse']);
    expect(machine.connection.fallback).toEqual({
      from: 'socketio',
      why: 'no-frame',
      detail: 'no frame for 3 s',
      below: [],
    });
    machine.proof();
    expect(machine.status).toBe('live');
    expect(machine.connection.fallback).not.toBe(null);
  });

  test.each([0.1, 0.5, 0.999])(
    'C19: connections that fail at once are tried again until 3 s have passed, and no longer (random %d)',
    (random) => {
      const machine = live();
      machine.random = random;
      machine.pass(6_000).proof().lose();
      const startedMs = machine.nowMs;
      for (;;) {
        machine.pass(machine.connection.retryAtMs! - machine.nowMs);
        if (machine.newest.transport === 'sse') break;
        machine.lose();
      }
      expect(machine.nowMs - startedMs).toBe(3_000);
      expect(machine.connection.fallback).toMatchObject({ from: 'socketio', why: 'lost', detail: 'cut' });
      expect(machine.proof().status).toBe('live');
    },
  );

  test('C41: auto leaves SSE after 3 s without a frame', () => {
    const machine = new Machine().send({ type: 'start' }).pass(3_000);
    machine.send({ type: 'opened', id: machine.newest.id }).pass(2_999);
    expect(machine.transports).toEqual(['sse']);
    machine.pass(1);
    expect(machine.transports).toEqual(['long-polling']);
  });

  test('C41: … or after three connections in a row that ended within 1 s, whatever they delivered', () => {
    const machine = fallenTo('sse');
    machine.beat(10_000).random = 0;
    for (const livedMs of [1_001, 500, 0]) {
      machine.pass(livedMs).lose();
      expect(machine.newestTransport(), `lived ${livedMs} ms`).toBe(undefined);
      machine.passUntil('sse').proof();
    }
    machine.pass(999).lose();
    expect(machine.transports).toEqual(['long-polling']);
    expect(machine.connection.fallback!.below).toEqual([{ from: 'sse', why: 'closed-early', detail: 'cut' }]);
  });

  test('C41: auto leaves long polling after two failures in a row', () => {
    const machine = fallenTo('long-polling');
    machine.beat(6_000).lose().passUntil('long-polling');
    // One that lasted forgives what was before.
    machine.proof().beat(8_000).lose().passUntil('long-polling');
    machine.lose();
    expect(machine.transports).toEqual(['polling']);
    expect(machine.connection.fallback!.below.at(-1)).toMatchObject({ from: 'long-polling', why: 'lost' });
  });

  test('C41: a long poll whose first answer does not come within 3 s has failed', () => {
    const machine = new Machine().send({ type: 'start' }).passUntil('long-polling').pass(2_900);
    expect(machine.transports).toEqual(['long-polling']);
    machine.pass(200);
    expect(machine.transports).toEqual([]);
    machine.passUntil('long-polling').passUntil('polling');
    expect(machine.connection.fallback!.below.at(-1)).toMatchObject({
      from: 'long-polling',
      why: 'no-frame',
    });
  });

  test('C43: each transport above the present one has its own reason', () => {
    const machine = new Machine().send({ type: 'start' }).pass(3_000);
    machine.end({ kind: 'refused', detail: 'SSE: status 403' });
    for (let i = 0; i < 2; i++) machine.passUntil('sse').end({ kind: 'refused', detail: 'SSE: status 403' });
    machine.passUntil('long-polling').lose().passUntil('long-polling').lose();
    expect(machine.newestTransport()).toBe('polling');
    expect(machine.proof().connection.fallback).toEqual({
      from: 'socketio',
      why: 'no-frame',
      detail: 'no frame for 3 s',
      below: [
        { from: 'sse', why: 'refused', detail: 'SSE: status 403' },
        { from: 'long-polling', why: 'lost', detail: 'cut' },
      ],
    });
  });

  test('C18, C19: a server that asks to be left alone is not asked over the next transport instead', () => {
    const machine = new Machine().send({ type: 'start' });
    machine.lose(machine.newest.id, 5_000).pass(4_999);
    expect(machine.transports).toEqual([]);
    machine.pass(1);
    expect(machine.transports).toEqual(['socketio']);
    machine.lose(machine.newest.id, 5_000).pass(4_999);
    expect([machine.transports, machine.status]).toEqual([[], 'reconnecting']);
    machine.pass(1);
    expect(machine.transports).toEqual(['sse']);
    expect(machine.connection.fallback).toMatchObject({ from: 'socketio' });
  });

  test('C19: a page that slept through its retry begins at the best transport', () => {
    const machine = live().lose();
    machine.nowMs += 3_600_000;
    machine.send({ type: 'tick' });
    expect(machine.transports).toEqual(['socketio']);
    machine.lose();
    expect(machine.connection.fallback).toBe(null);
  });

  test('C20: when the last rung gives nothing either, the next round begins at the best one', () => {
    const machine = new Machine().send({ type: 'start' }).passUntil('polling').lose();
    expect([machine.status, machine.connection.fallback]).toEqual(['reconnecting', null]);
    machine.pass(machine.connection.retryAtMs! - machine.nowMs);
    expect(machine.newest.transport).toBe('socketio');
  });

  test('C20: polling that worked and failed once polls again', () => {
    const machine = fallenTo('polling').lose();
    expect(machine.connection.fallback).not.toBe(null);
    machine.pass(machine.connection.retryAtMs! - machine.nowMs);
    expect(machine.newest.transport).toBe('polling');
  });

  test.each(LADDER)('C21: a forced $transport never falls back', ({ transport }) => {
    const machine = new Machine(transport).send({ type: 'start' });
    for (let i = 0; i < 50; i++) {
      if (machine.alive.size > 0 && i % 2 === 0) machine.lose();
      machine.pass(20_000);
    }
    expect(new Set(machine.opened)).toEqual(new Set([transport]));
    expect(machine.opened.length).toBeGreaterThan(20);
    expect(machine.connection.fallback).toBe(null);
  });
});

describe('up', () => {
  test.each([
    [0, 30_000],
    [0.5, 60_000],
    [1 - 1e-9, 90_000],
  ])('C20: auto tries upward (random %d: after %d ms) and swaps on the first frame', (random, afterMs) => {
    const machine = new Machine().send({ type: 'start' });
    machine.random = random;
    machine.pass(3_000);
    const leftAtMs = machine.nowMs;
    const sse = machine.proof().newest.id;
    machine.beat(leftAtMs + afterMs - 2 - machine.nowMs, sse);
    expect(machine.transports).toEqual(['sse']);
    machine.proof(sse).pass(3);
    expect(machine.transports).toEqual(['sse', 'socketio']);
    // It fails: SSE goes on, and the next try comes after another while.
    const triedAtMs = machine.nowMs;
    machine.lose();
    expect([machine.transports, machine.status]).toEqual([['sse'], 'live']);
    machine.beat(triedAtMs + afterMs - 5 - machine.nowMs, sse);
    expect(machine.transports).toEqual(['sse']);
    machine.proof(sse).pass(6);
    expect(machine.transports).toEqual(['sse', 'socketio']);
    expect(machine.connection.fallback).not.toBe(null);
    machine.proof();
    expect([machine.transports, machine.status]).toEqual([['socketio'], 'live']);
    expect(machine.connection.fallback).toBe(null);
    expect(machine.connection.climbAtMs).toBe(null);
  });

  const climbing = (): Machine => {
    const machine = fallenTo('polling');
    const { id } = machine.newest;
    for (let i = 0; i < 100 && machine.transports.length === 1; i++) machine.beat(1_000, id).proof(id);
    return machine;
  };

  test('C42: one climb tries every rung above, from the best on, and takes the first that delivers', () => {
    const machine = climbing();
    expect(machine.transports).toEqual(['polling', 'socketio']);
    machine.lose();
    expect(machine.transports).toEqual(['polling', 'sse']);
    machine.proof();
    expect([machine.transports, machine.status]).toEqual([['sse'], 'live']);
    // What is below it says nothing any more; what is above it says what it said last.
    expect(machine.connection.fallback).toEqual({ from: 'socketio', why: 'lost', detail: 'cut', below: [] });
    expect(machine.connection.climbAtMs).not.toBe(null);
  });

  test('C42: a climb that finds nothing leaves the connection as it is', () => {
    const machine = climbing();
    const [polling] = machine.alive.keys();
    machine.end({ kind: 'refused', detail: 'no WebSocket' });
    machine.pass(2_999).proof(polling);
    expect(machine.transports).toEqual(['polling', 'sse']);
    machine.pass(1);
    expect(machine.transports).toEqual(['polling', 'long-polling']);
    machine.lose();
    expect([machine.transports, machine.status, machine.alive.has(polling!)]).toEqual([
      ['polling'],
      'live',
      true,
    ]);
    expect(machine.connection.fallback).toEqual({
      from: 'socketio',
      why: 'refused',
      detail: 'no WebSocket',
      below: [
        { from: 'sse', why: 'no-frame', detail: 'no frame for 3 s' },
        { from: 'long-polling', why: 'lost', detail: 'cut' },
      ],
    });
  });

  test('C50: the interval may be another one', () => {
    const machine = new Machine('auto', { climbEveryMs: 4_000 }).send({ type: 'start' });
    machine.pass(3_000).proof().pass(3_999);
    expect(machine.transports).toEqual(['sse']);
    machine.pass(1);
    expect(machine.transports).toEqual(['sse', 'socketio']);
  });
});

describe('without a lease', () => {
  const STREAMING = ['sse', 'long-polling'] as const;

  test.each(STREAMING)('C45: a forced %s polls at once, says why, and is tried again every 5 s', (mode) => {
    const machine = new Machine(mode).send({ type: 'start' }).lackLease();
    expect(machine.transports).toEqual(['polling']);
    const polling = machine.proof().newest.id;
    expect(machine.status).toBe('live');
    expect(machine.connection.fallback).toEqual({
      from: mode,
      why: 'no-lease',
      detail: 'other tabs',
      below: [],
    });
    for (let i = 0; i < 3; i++) {
      machine.beat(4_990, polling);
      expect(machine.transports).toEqual(['polling']);
      machine.pass(10);
      expect(machine.transports).toEqual(['polling', mode]);
      machine.lackLease().proof(polling);
    }
    machine.beat(5_000, polling).proof();
    expect([machine.transports, machine.status]).toEqual([[mode], 'live']);
    expect([machine.connection.fallback, machine.connection.leaseAtMs]).toEqual([null, null]);
    // From here on it is forced again: a failure is no reason to poll.
    machine.beat(10_000).lose().passUntil(mode);
    expect(machine.transports).toEqual([mode]);
  });

  test('C45: a forced transport that got its lease and then fails is not served by polling', () => {
    const machine = new Machine('sse').send({ type: 'start' }).lackLease().proof();
    machine.beat(5_000, machine.newest.id);
    expect(machine.transports).toEqual(['polling', 'sse']);
    machine.lose();
    expect([machine.transports, machine.status, machine.connection.fallback]).toEqual([
      [],
      'reconnecting',
      null,
    ]);
    machine.pass(2_000);
    expect(machine.transports).toEqual(['sse']);
  });

  test('C45: switching to a transport without a lease ends on polling, make-before-break', () => {
    const machine = live('socketio').send({ type: 'mode', mode: 'sse' });
    expect(machine.transports).toEqual(['socketio', 'sse']);
    machine.lackLease();
    expect([machine.transports, machine.status]).toEqual([['socketio', 'polling'], 'live']);
    machine.proof();
    expect([machine.transports, machine.status]).toEqual([['polling'], 'live']);
    expect(machine.connection.fallback).toMatchObject({ from: 'sse', why: 'no-lease' });
    machine.send({ type: 'mode', mode: 'polling' });
    expect([machine.transports, machine.connection.fallback]).toEqual([['polling'], null]);
  });

  test('C45: auto goes to polling past both streaming transports, and takes SSE as soon as there is room', () => {
    const machine = new Machine().send({ type: 'start' }).pass(3_000).lackLease().lackLease();
    expect(machine.transports).toEqual(['polling']);
    const polling = machine.proof().newest.id;
    expect(machine.connection.fallback).toMatchObject({
      from: 'socketio',
      below: [
        { from: 'sse', why: 'no-lease' },
        { from: 'long-polling', why: 'no-lease' },
      ],
    });
    machine.beat(5_000, polling);
    expect(machine.transports).toEqual(['polling', 'sse']);
    machine.proof();
    expect([machine.transports, machine.connection.fallback?.below]).toEqual([['sse'], []]);
  });

  test('C45: what pauses or goes away meanwhile begins at its own transport again', () => {
    const machine = new Machine('sse').send({ type: 'start' }).lackLease().proof();
    machine.send({ type: 'pause' }).send({ type: 'resume' });
    expect(machine.newestTransport()).toBe('sse');
    machine.lackLease().proof().lose().passUntil('polling').lose().passUntil('sse');
  });
});

test.each(TRANSPORTS.flatMap((from) => TRANSPORTS.map((to) => [from, to] as const)))(
  'C22: from %s to %s the new connection delivers before the old one is stopped',
  (from: Transport, to: Transport) => {
    const machine = live(from).send({ type: 'mode', mode: to });
    if (from === to) return expect(machine.transports).toEqual([from]);
    expect(machine.transports).toEqual([from, to]);
    const [old] = machine.alive.keys();
    machine.proof(old);
    expect([machine.status, machine.transports.length]).toEqual(['live', 2]);
    machine.proof();
    expect([machine.status, machine.transports]).toEqual(['live', [to]]);
    expect(machine.connection.fallback).toBe(null);
  },
);
