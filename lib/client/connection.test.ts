import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextDeadlineMs } from './connection-deadlines.ts';
import { type ConnectionEvent, isStale } from './connection-state.ts';
import { LADDER, MODES } from './ladder.ts';
import { live, Machine } from './testing/machine.ts';

describe('freshness', () => {
  test('C16: 7.5 s without proof the view is stale, however open the socket is', () => {
    const machine = live();
    expect(machine.status).toBe('live');
    machine.pass(7_000).send({ type: 'frame', id: machine.newest.id, proof: false }).pass(499);
    expect([machine.status, isStale(machine.connection, machine.nowMs)]).toEqual(['live', false]);
    machine.pass(1);
    expect([machine.status, isStale(machine.connection, machine.nowMs)]).toEqual(['stale', true]);
    machine.proof();
    expect([machine.status, isStale(machine.connection, machine.nowMs)]).toEqual(['live', false]);
  });

  test.each(LADDER)('C17: 12.5 s without proof end a $transport connection', ({ transport }) => {
    const machine = live(transport);
    const { id } = machine.newest;
    machine.pass(12_499);
    expect(machine.alive.has(id)).toBe(true);
    machine.pass(1);
    expect(machine.alive.has(id)).toBe(false);
    expect(machine.status).toBe('reconnecting');
    expect(machine.connection.reconnects).toBe(1);
  });

  test('C17: a timer that came late itself waits once more', () => {
    const machine = live();
    const { id } = machine.newest;
    machine.nowMs += 3_600_000;
    machine.send({ type: 'tick' });
    expect(machine.alive.has(id)).toBe(true);
    machine.pass(12_499);
    expect(machine.alive.has(id)).toBe(true);
    machine.pass(1);
    expect(machine.alive.has(id)).toBe(false);
  });
});

describe('retries', () => {
  test('C18: the first retry comes within 0–2 s, later ones double up to 15 s', () => {
    for (const [random, delaysMs] of [
      [0, [0, 1_000, 2_000, 4_000, 7_500, 7_500]],
      [0.5, [1_000, 1_500, 3_000, 6_000, 11_250, 11_250]],
      [0.999999, [2_000, 2_000, 4_000, 8_000, 15_000, 15_000]],
    ] as const) {
      const machine = live('socketio');
      machine.random = random;
      for (const delayMs of delaysMs) {
        machine.lose();
        expect(machine.connection.retryAtMs! - machine.nowMs).toBeCloseTo(delayMs, -1);
        machine.pass(machine.connection.retryAtMs! - machine.nowMs + 1);
        expect(machine.status).toBe('reconnecting');
      }
      // A connection that lasts ends the row.
      machine.proof().pass(5_000).proof().lose();
      expect(machine.connection.retryAtMs! - machine.nowMs).toBeCloseTo(2_000 * random, -1);
    }
  });

  test('C18: Retry-After is honoured up to 60 s', () => {
    const machine = live('polling').lose(1, 20_000);
    expect(machine.connection.retryAtMs).toBe(machine.nowMs + 20_000);
    const asked = live('polling').lose(1, 86_400_000);
    expect(asked.connection.retryAtMs).toBe(asked.nowMs + 60_000);
  });

  test('C18: waking up retries at once, and looks at once for a connection that died unnoticed', () => {
    const machine = live('socketio').lose(1, 60_000).send({ type: 'wake' });
    expect(machine.transports).toEqual(['socketio']);
    machine.proof().send({ type: 'wake' });
    expect(machine.transports.length).toBe(1);
    machine.nowMs += 3_600_000;
    const old = machine.newest.id;
    machine.send({ type: 'wake' });
    expect(machine.transports.length).toBe(2);
    machine.proof();
    expect([machine.transports.length, machine.alive.has(old), machine.status]).toEqual([1, false, 'live']);
  });

  test('C18: what is found dead by waking up is replaced, what answers after all is kept', () => {
    const machine = live('socketio');
    machine.nowMs += 8_000;
    machine.send({ type: 'wake' }).proof(1);
    const probe = machine.newest.id;
    machine.lose(probe);
    expect([machine.status, [...machine.alive.keys()]]).toEqual(['live', [1]]);
  });
});

describe('changing the mode', () => {
  test('C22: the new connection delivers before the old one is stopped', () => {
    const machine = live('socketio').send({ type: 'mode', mode: 'polling' });
    expect(machine.transports).toEqual(['socketio', 'polling']);
    const [old, candidate] = [...machine.alive.keys()] as [number, number];
    machine.proof(old);
    expect([machine.status, machine.transports.length]).toEqual(['live', 2]);
    machine.proof(candidate);
    expect([machine.status, machine.transports]).toEqual(['live', ['polling']]);
    machine.send({ type: 'mode', mode: 'auto' }).proof();
    expect([machine.status, machine.transports]).toEqual(['live', ['socketio']]);
    machine.send({ type: 'mode', mode: 'socketio' });
    expect(machine.opened.length).toBe(3);
  });

  test('C22: a forced transport that gives nothing within 3 s is shown as reconnecting', () => {
    const machine = live('socketio').send({ type: 'mode', mode: 'polling' }).pass(2_999);
    expect(machine.status).toBe('live');
    machine.pass(1);
    expect([machine.status, machine.transports]).toEqual(['reconnecting', []]);
    machine.pass(2_000);
    expect(machine.transports).toEqual(['polling']);
  });

  test('C22: auto that cannot climb from where it stands stays there and says so', () => {
    const machine = live('polling').send({ type: 'mode', mode: 'auto' });
    machine.lose().lose().lose();
    expect([machine.status, machine.transports]).toEqual(['live', ['polling']]);
    expect(machine.connection.fallback).toMatchObject({ from: 'socketio', why: 'lost' });
    expect(machine.connection.fallback!.below.map(({ from }) => from)).toEqual(['sse', 'long-polling']);
    expect(machine.connection.climbAtMs).not.toBe(null);
    machine.send({ type: 'mode', mode: 'polling' });
    expect([machine.connection.fallback, machine.connection.climbAtMs]).toEqual([null, null]);
  });

  test('C22: when the old one ends while the new one is made, the new one takes over', () => {
    const machine = live('socketio').send({ type: 'mode', mode: 'polling' }).lose(1);
    expect(machine.transports).toEqual(['polling']);
    machine.proof();
    expect(machine.status).toBe('live');
  });

  test('C22: without a connection the new mode starts at once', () => {
    const machine = live('socketio').lose(1, 60_000).send({ type: 'mode', mode: 'polling' });
    expect(machine.transports).toEqual(['polling']);
  });

  test('C24: pause stops every connection, resume makes one', () => {
    const machine = live('socketio').send({ type: 'mode', mode: 'polling' }).send({ type: 'pause' });
    expect([machine.status, machine.transports]).toEqual(['paused', []]);
    machine.pass(100_000);
    expect([machine.status, isStale(machine.connection, machine.nowMs)]).toEqual(['paused', false]);
    machine.send({ type: 'resume' });
    expect(machine.transports).toEqual(['polling']);
    machine.proof();
    expect(machine.status).toBe('live');
  });
});

test('C19, C24: a pause on the way to auto leaves no transport without a reason', () => {
  const machine = live('polling').send({ type: 'mode', mode: 'auto' });
  expect(machine.transports).toEqual(['polling', 'socketio']);
  machine.send({ type: 'pause' }).send({ type: 'resume' });
  expect([machine.transports, machine.connection.fallback]).toEqual([['socketio'], null]);
});

test('C22: a mode chosen while a second connection looks whether the view is right is not forgotten', () => {
  const machine = live('sse').pass(1_000).send({ type: 'wake', slept: true });
  expect(machine.transports).toEqual(['sse', 'sse']);
  machine.send({ type: 'mode', mode: 'socketio' });
  expect(machine.transports).toEqual(['sse', 'socketio']);
  machine.lose();
  expect([machine.transports, machine.status]).toEqual([[], 'reconnecting']);
  machine.passUntil('socketio').proof();
  expect(machine.status).toBe('live');
});

describe('resyncs', () => {
  const demand = (machine: Machine, why: 'gap' | 'epoch' | 'digest' = 'gap'): Machine =>
    machine.send({ type: 'demand', id: machine.newest.id, why });

  test('C4: a gap opens one new connection, whatever else the old one sends', () => {
    const machine = demand(live());
    const old = [...machine.alive.keys()][0]!;
    expect(machine.transports).toEqual(['socketio', 'socketio']);
    machine.send({ type: 'demand', id: old, why: 'gap' }).proof(old);
    expect([machine.transports.length, machine.status]).toEqual([2, 'catching-up']);
    machine.proof();
    expect([machine.transports.length, machine.status, machine.connection.resyncs]).toEqual([1, 'live', 1]);
    expect(machine.alive.has(old)).toBe(false);
  });

  test('C6: a resync after an epoch change is spread over 0–2 s', () => {
    const machine = live();
    machine.random = 0.75;
    demand(machine, 'epoch').pass(1_499);
    expect(machine.transports.length).toBe(1);
    machine.pass(1);
    expect(machine.transports.length).toBe(2);
  });

  test('C25: resyncs that follow each other are spaced, doubling up to 15 s, and calm down again', () => {
    const machine = live();
    const waitsMs: number[] = [];
    for (let i = 0; i < 7; i++) {
      const fromMs = machine.nowMs;
      demand(machine, 'digest');
      while (machine.transports.length === 1) machine.proof().pass(10);
      waitsMs.push(machine.nowMs - fromMs);
      machine.proof();
    }
    expect(waitsMs).toEqual([0, 750, 1_500, 3_000, 6_000, 11_250, 11_250]);
    for (let i = 0; i < 10; i++) machine.pass(4_000).proof();
    demand(machine, 'digest');
    expect(machine.transports.length).toBe(2);
  });

  test('C10: a resync that fails ends the connection that asked for it', () => {
    const machine = demand(live('socketio'), 'digest').lose();
    expect([machine.transports, machine.status]).toEqual([[], 'reconnecting']);
  });
});

/** Another transport than the first choice is in use for a reason that is shown, and not for ever. */
function expectFallbackIsShown({ connection }: Machine): void {
  const { mode, current, candidate, fallback, climbAtMs, leaseAtMs } = connection;
  if (current === null || candidate !== null) return;
  const first = mode === 'auto' ? 'socketio' : mode;
  expect(fallback?.from ?? current.transport).toBe(first);
  if (current.transport === first) expect(fallback).toBe(null);
  else expect(mode === 'auto' ? climbAtMs : leaseAtMs).not.toBe(null);
  if (mode !== 'auto' && fallback !== null) expect(fallback.why).toBe('no-lease');
}

/** From here on every connection works: the view is live by its first choice within a climb's longest wait. */
function expectRecovery(machine: Machine): void {
  const { phase } = machine.connection;
  if (phase === 'idle' || phase === 'stopped') machine.send({ type: 'start' });
  if (phase === 'paused') machine.send({ type: 'resume' });
  if (phase === 'signed-out') machine.send({ type: 'signed-in' });
  for (let second = 0; second < 100; second++) {
    for (const id of [...machine.alive.keys()]) machine.send({ type: 'opened', id }).proof(id);
    machine.pass(1_000);
  }
  const { mode, current } = machine.connection;
  const first = mode === 'auto' ? 'socketio' : mode;
  expect([machine.status, current!.transport, machine.transports]).toEqual(['live', first, [first]]);
}

test('C31: any event in any phase leaves at most two connections, all of them known', () => {
  const pick = fc.nat({ max: 3 });
  const event = fc.oneof(
    fc
      .constantFrom(
        'start',
        'stop',
        'pause',
        'resume',
        'wake',
        'tick',
        'signed-out',
        'signed-in',
        'restarted',
      )
      .map((type) => ({ type })),
    fc.constantFrom(...MODES).map((mode) => ({ type: 'mode', mode })),
    fc.record({ type: fc.constant('opened'), pick }),
    fc.record({ type: fc.constant('frame'), pick, proof: fc.boolean() }),
    fc.record({ type: fc.constant('demand'), pick, why: fc.constantFrom('gap', 'digest', 'epoch', 'bad') }),
    fc.record({
      type: fc.constant('closed'),
      pick,
      reason: fc.record({
        kind: fc.constantFrom('lost', 'refused', 'no-lease', 'signed-out'),
        detail: fc.constant('cut'),
      }),
    }),
    fc.record({ type: fc.constant('wake'), slept: fc.boolean() }),
    fc.record({ answers: fc.constantFrom(true, false, null) }),
    fc.record({ type: fc.constant('pass'), ms: fc.nat({ max: 20_000 }) }),
  );
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 80, size: 'max' }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (events, random) => {
        const machine = new Machine();
        machine.random = random;
        for (const one of events) {
          if ('answers' in one) machine.answers = one.answers;
          else if ('ms' in one) machine.pass(one.ms);
          else if ('pick' in one) {
            const [id, transport] = [...machine.alive][one.pick] ?? [10_000, null];
            // Only what streams needs a lease.
            const leased = transport === 'sse' || transport === 'long-polling';
            const lease = 'reason' in one && one.reason.kind === 'no-lease';
            const reason = lease && !leased ? { kind: 'lost', detail: 'cut' } : undefined;
            machine.send({ ...one, ...(reason && { reason }), id } as unknown as ConnectionEvent);
          } else machine.send(one as ConnectionEvent);
          const { phase, current, candidate, retryAtMs } = machine.connection;
          const known = [current, candidate].filter((attempt) => attempt !== null).map(({ id }) => id);
          expect([...machine.alive.keys()].sort()).toEqual(known.sort());
          const off = ['idle', 'signed-out', 'paused', 'stopped'].includes(phase);
          // Where a connection is wanted there is one, or an instant at which there will be.
          expect(known.length > 0 || retryAtMs !== null).toBe(!off);
          if (off) expect(nextDeadlineMs(machine.connection, machine.nowMs)).toBe(null);
          expectFallbackIsShown(machine);
        }
        machine.answers = true;
        expectRecovery(machine);
      },
    ),
    { numRuns: 500 },
  );
});
