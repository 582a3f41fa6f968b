/** What a quiet server, a sleeping machine, late timers and a throttled page mean for the view. */
import { describe, expect, test } from 'vitest';
import { isStale } from './connection-state.ts';
import { LADDER, TRANSPORTS } from './ladder.ts';
import { live, type Machine } from './testing/machine.ts';

const stale = (machine: Machine): boolean => isStale(machine.connection, machine.nowMs);

describe('how long nothing may come', () => {
  test.each(LADDER)('C46: over $transport a view is stale after $staleAfterMs ms', (rung) => {
    const machine = live(rung.transport).pass(rung.staleAfterMs - 1);
    expect([machine.status, stale(machine)]).toEqual(['live', false]);
    machine.pass(1);
    expect([machine.status, stale(machine)]).toEqual(['stale', true]);
  });

  test.each(['auto', 'long-polling'] as const)(
    'C46: a quiet server that answers long polls every 10.7 s is neither stale nor dead (%s)',
    (mode) => {
      const machine = live('long-polling');
      if (mode === 'auto') {
        machine.send({ type: 'mode', mode });
        // Neither of the better ones can be had.
        machine.lose().lose();
      }
      expect(machine.transports).toEqual(['long-polling']);
      const { id } = machine.newest;
      for (let i = 0; i < 4; i++) {
        const untilMs = machine.nowMs + 10_700;
        machine.pass(untilMs - machine.nowMs);
        expect(machine.status).toBe('live');
        machine.proof(id);
      }
    },
  );

  test.each(TRANSPORTS.filter((transport) => transport !== 'long-polling'))(
    'C46: nor does it become stale by a switch to %s: long polling serves it until then',
    (mode) => {
      const machine = live('long-polling').pass(10_000).send({ type: 'mode', mode });
      expect([machine.status, stale(machine)]).toEqual(['live', false]);
      machine.pass(2_000);
      expect([machine.status, stale(machine)]).toEqual(['stale', true]);
      machine.proof();
      expect([machine.status, machine.transports]).toEqual(['live', [mode]]);
      machine.pass(7_500);
      expect(stale(machine)).toBe(true);
    },
  );

  test('C46: a source that asks seldom may be given more', () => {
    const machine = live('polling');
    const patient = { ...machine.connection, timing: { ...machine.connection.timing, patienceMs: 60_000 } };
    machine.connection = patient;
    machine.pass(67_499);
    expect([machine.status, machine.transports]).toEqual(['live', ['polling']]);
    machine.pass(1);
    expect(machine.status).toBe('stale');
    machine.pass(5_000);
    expect(machine.status).toBe('reconnecting');
  });
});

describe('sleep', () => {
  test.each(TRANSPORTS)(
    'C48: after a sleep %s is no false alarm, is asked at once, and is alarmed when it is dead',
    (transport) => {
      const machine = live(transport);
      const { id } = machine.newest;
      machine.nowMs += 3_600_000;
      machine.send({ type: 'wake', slept: true });
      expect([machine.status, stale(machine)]).toEqual(['live', false]);
      expect(machine.transports).toEqual([transport, transport]);
      machine.pass(LADDER.find((rung) => rung.transport === transport)!.staleAfterMs - 1);
      expect([machine.status, machine.alive.has(id)]).toEqual(['live', true]);
      machine.pass(1);
      expect([machine.status, stale(machine)]).toEqual(['stale', true]);
    },
  );

  test('C48: a sleep that the clock of the page does not know of asks at once too', () => {
    const machine = live().pass(1_000);
    machine.send({ type: 'wake' });
    expect(machine.transports).toEqual(['socketio']);
    machine.send({ type: 'wake', slept: true });
    expect(machine.transports).toEqual(['socketio', 'socketio']);
    const [old] = machine.alive.keys();
    machine.proof();
    expect([machine.transports, machine.alive.has(old!), machine.status]).toEqual([
      ['socketio'],
      false,
      'live',
    ]);
  });

  test('C48: the deadline may be missed by the first event after the sleep as well as by the timer', () => {
    const machine = live();
    machine.nowMs += 3_600_000;
    machine.send({ type: 'frame', id: machine.newest.id, proof: false });
    expect([machine.status, stale(machine)]).toEqual(['live', false]);
  });

  test('C48: a timer that comes late again without any proof in between is no sleep any more', () => {
    const machine = live();
    machine.nowMs += 60_000;
    machine.send({ type: 'tick' });
    expect(stale(machine)).toBe(false);
    machine.nowMs += 60_000;
    machine.send({ type: 'tick' });
    expect(stale(machine)).toBe(true);
    expect(machine.status).toBe('reconnecting');
  });

  test('C48: a new connection that slept through its first 3 s gets them again', () => {
    const machine = live('polling').send({ type: 'mode', mode: 'auto' });
    machine.nowMs += 3_600_000;
    machine.send({ type: 'tick' }).pass(2_999);
    expect(machine.transports).toEqual(['polling', 'socketio']);
    machine.pass(1);
    expect(machine.transports).toEqual(['polling', 'sse']);
  });
});

test.each(TRANSPORTS)(
  'C49: a hidden page whose timers come once a minute is not stale over %s, and asks on return',
  (transport) => {
    const machine = live(transport);
    const { id } = machine.newest;
    // Frames still come in a hidden page; what it asks for by a timer comes with the timer.
    const asks = transport === 'polling';
    for (let minute = 0; minute < 6; minute++) {
      for (let i = 0; !asks && i < 12; i++) {
        machine.nowMs += 5_000;
        machine.proof(id);
      }
      if (asks) machine.nowMs += 60_000;
      machine.send({ type: 'tick' });
      expect([machine.status, stale(machine)]).toEqual(['live', false]);
      if (asks) machine.proof(id);
      expect(machine.transports).toEqual([transport]);
    }
    machine.nowMs += 30_000;
    machine.send({ type: 'wake' });
    expect([machine.status, stale(machine)]).toEqual(['live', false]);
    expect(machine.transports).toEqual([transport, transport]);
    machine.proof();
    expect([machine.status, machine.transports, machine.connection.reconnects]).toEqual([
      'live',
      [transport],
      0,
    ]);
  },
);
