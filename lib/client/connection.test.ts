import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { step } from './connection.ts';
import { nextDeadlineMs } from './connection-moves.ts';
import { type ConnectionEvent, isStale, newConnection, statusOf } from './connection-state.ts';
import { LADDER, type Mode, type Transport } from './ladder.ts';

type Alive = { id: number; transport: Transport };

/** Runs the machine on a clock of its own, and keeps what its commands left open. */
class Machine {
  nowMs = 10_000;
  random = 0.5;
  connection = newConnection('auto');
  readonly opened: Transport[] = [];
  readonly alive = new Map<number, Transport>();

  constructor(mode: Mode = 'auto') {
    this.send({ type: 'mode', mode });
  }

  send(event: ConnectionEvent): this {
    const { connection, commands } = step(this.connection, event, this.nowMs, () => this.random);
    if (event.type === 'closed') this.alive.delete(event.id);
    this.connection = connection;
    for (const command of commands) {
      if (command.type === 'close') {
        expect(this.alive.delete(command.id), 'closes what is open').toBe(true);
      } else {
        this.alive.set(command.id, command.transport);
        this.opened.push(command.transport);
      }
    }
    return this;
  }

  /** Lets time pass, with a tick at every deadline on the way. */
  pass(forMs: number): this {
    const untilMs = this.nowMs + forMs;
    for (;;) {
      const dueMs = nextDeadlineMs(this.connection, this.nowMs);
      if (dueMs === null || dueMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs + 1, dueMs);
      this.send({ type: 'tick' });
    }
    this.nowMs = untilMs;
    return this;
  }

  get newest(): Alive {
    const [id, transport] = [...this.alive].at(-1)!;
    return { id, transport };
  }
  get transports(): Transport[] {
    return [...this.alive.values()];
  }
  newestTransport(): Transport | undefined {
    return this.transports.at(-1);
  }
  get status() {
    return statusOf(this.connection, this.nowMs);
  }
  proof(id = this.newest.id): this {
    return this.send({ type: 'frame', id, proof: true });
  }
  lose(id = this.newest.id, retryAfterMs?: number): this {
    return this.send({ type: 'closed', id, reason: { kind: 'lost', detail: 'cut', retryAfterMs } });
  }
}

const live = (mode: Mode = 'auto'): Machine => {
  const machine = new Machine(mode).send({ type: 'start' });
  machine.send({ type: 'opened', id: machine.newest.id });
  return machine.proof();
};

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
    expect(machine.status).toBe('stale');
    machine.pass(12_500);
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

describe('ladder', () => {
  test('C19: auto leaves Socket.IO after 3 s without a frame, polls, and says from what and why', () => {
    const machine = new Machine().send({ type: 'start' });
    machine.send({ type: 'opened', id: machine.newest.id }).pass(2_999);
    expect(machine.transports).toEqual(['socketio']);
    machine.pass(1);
    expect(machine.transports).toEqual(['polling']);
    expect(machine.connection.fallback).toEqual({
      from: 'socketio',
      why: 'no-frame',
      detail: 'no frame for 3 s',
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
        if (machine.newest.transport === 'polling') break;
        machine.lose();
      }
      expect(machine.nowMs - startedMs).toBe(3_000);
      expect(machine.transports).toEqual(['polling']);
      expect(machine.connection.fallback).toMatchObject({ from: 'socketio', why: 'lost', detail: 'cut' });
      expect(machine.proof().status).toBe('live');
    },
  );

  test('C18, C19: a server that asks to be left alone is not asked over the next transport instead', () => {
    const machine = new Machine().send({ type: 'start' });
    machine.lose(machine.newest.id, 5_000).pass(4_999);
    expect(machine.transports).toEqual([]);
    machine.pass(1);
    expect(machine.transports).toEqual(['socketio']);
    machine.lose(machine.newest.id, 5_000).pass(4_999);
    expect([machine.transports, machine.status]).toEqual([[], 'reconnecting']);
    machine.pass(1);
    expect(machine.transports).toEqual(['polling']);
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

  test.each([
    [0, 30_000],
    [0.5, 60_000],
    [1 - 1e-9, 90_000],
  ])('C20: auto tries upward (random %d: after %d ms) and swaps on the first frame', (random, afterMs) => {
    const machine = new Machine().send({ type: 'start' });
    machine.random = random;
    machine.pass(3_000).proof();
    const polling = machine.newest.id;
    const beatUntil = (untilMs: number): void => {
      while (machine.nowMs + 2_000 < untilMs) machine.pass(2_000).proof(polling);
      machine.pass(untilMs - machine.nowMs);
    };
    beatUntil(13_000 + afterMs - 2);
    expect(machine.transports).toEqual(['polling']);
    machine.proof(polling).pass(3);
    expect(machine.transports).toEqual(['polling', 'socketio']);
    // It fails: polling goes on, and the next try comes after another while.
    machine.lose();
    expect([machine.transports, machine.status]).toEqual([['polling'], 'live']);
    beatUntil(machine.nowMs + afterMs + 1);
    expect(machine.transports).toEqual(['polling', 'socketio']);
    expect(machine.connection.fallback).not.toBe(null);
    machine.proof();
    expect([machine.transports, machine.status]).toEqual([['socketio'], 'live']);
    expect(machine.connection.fallback).toBe(null);
    expect(machine.connection.climbAtMs).toBe(null);
  });

  test('C20: when the last rung gives nothing either, the next round begins at the best one', () => {
    const machine = new Machine().send({ type: 'start' }).pass(3_000);
    expect(machine.newest.transport).toBe('polling');
    machine.lose();
    expect([machine.status, machine.connection.fallback]).toEqual(['reconnecting', null]);
    machine.pass(machine.connection.retryAtMs! - machine.nowMs);
    expect(machine.newest.transport).toBe('socketio');
  });

  test('C20: polling that worked and failed once polls again', () => {
    const machine = new Machine().send({ type: 'start' }).pass(3_000).proof().lose();
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
    machine.lose();
    expect([machine.status, machine.transports]).toEqual(['live', ['polling']]);
    expect(machine.connection.fallback).toMatchObject({ from: 'socketio', why: 'lost' });
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

test('C31: any event in any phase leaves at most two connections, all of them known', () => {
  const pick = fc.nat({ max: 3 });
  const event = fc.oneof(
    fc.constantFrom('start', 'stop', 'pause', 'resume', 'wake', 'tick').map((type) => ({ type })),
    fc.constantFrom('auto', 'socketio', 'polling').map((mode) => ({ type: 'mode', mode })),
    fc.record({ type: fc.constant('opened'), pick }),
    fc.record({ type: fc.constant('frame'), pick, proof: fc.boolean() }),
    fc.record({ type: fc.constant('demand'), pick, why: fc.constantFrom('gap', 'digest', 'epoch', 'bad') }),
    fc.record({
      type: fc.constant('closed'),
      pick,
      reason: fc.constant({ kind: 'lost', detail: 'cut' }),
    }),
    fc.record({ type: fc.constant('pass'), ms: fc.nat({ max: 20_000 }) }),
  );
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 80 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (events, random) => {
        const machine = new Machine();
        machine.random = random;
        for (const one of events) {
          if ('ms' in one) machine.pass(one.ms);
          else if ('pick' in one) {
            const id = [...machine.alive.keys()][one.pick] ?? 10_000;
            machine.send({ ...one, id } as unknown as ConnectionEvent);
          } else machine.send(one as ConnectionEvent);
          const { phase, current, candidate, retryAtMs } = machine.connection;
          const known = [current, candidate].filter((attempt) => attempt !== null).map(({ id }) => id);
          expect([...machine.alive.keys()].sort()).toEqual(known.sort());
          const off = phase === 'idle' || phase === 'paused' || phase === 'stopped';
          // Where a connection is wanted there is one, or an instant at which there will be.
          expect(known.length > 0 || retryAtMs !== null).toBe(!off);
          if (off) expect(nextDeadlineMs(machine.connection, machine.nowMs)).toBe(null);
        }
      },
    ),
    { numRuns: 500 },
  );
});
