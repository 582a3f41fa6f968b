/** The connection machine on a clock of its own, with the books of what its commands left open. */
import { expect } from 'vitest';
import { step } from '../connection.ts';
import { nextDeadlineMs } from '../connection-deadlines.ts';
import { type ConnectionEvent, newConnection, statusOf } from '../connection-state.ts';
import { type Mode, rungsOf, type Timing, type Transport } from '../ladder.ts';
import type { CloseReason } from '../source.ts';

type Alive = { id: number; transport: Transport };

export class Machine {
  nowMs = 10_000;
  random = 0.5;
  /** Whether the server answers a plain request, at once; null: the question stays open. */
  answers: boolean | null = true;
  connection;
  readonly opened: Transport[] = [];
  readonly alive = new Map<number, Transport>();

  constructor(mode: Mode = 'auto', timing: Partial<Timing> = {}) {
    this.connection = newConnection('auto', timing);
    this.send({ type: 'mode', mode });
  }

  send(event: ConnectionEvent): this {
    const { connection, commands } = step(this.connection, event, this.nowMs, () => this.random);
    if (event.type === 'closed') this.alive.delete(event.id);
    this.connection = connection;
    for (const command of commands) {
      if (command.type === 'ask') {
        if (this.answers !== null) this.send({ type: 'answered', id: command.id, yes: this.answers });
      } else if (command.type === 'close') {
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
    return this.end({ kind: 'lost', detail: 'cut', retryAfterMs }, id);
  }
  end(reason: CloseReason, id = this.newest.id): this {
    return this.send({ type: 'closed', id, reason });
  }
  lackLease(): this {
    return this.end({ kind: 'no-lease', detail: 'other tabs' });
  }
  /** Time passes while this connection proves the view fresh every two seconds. */
  beat(forMs: number, id = this.newest.id): this {
    const untilMs = this.nowMs + forMs;
    while (this.nowMs + 2_000 < untilMs) this.pass(2_000).proof(id);
    return this.pass(untilMs - this.nowMs);
  }
  /** Time passes and nothing comes, until this transport is the newest tried. */
  passUntil(transport: Transport): this {
    for (let i = 0; i < 500 && this.newestTransport() !== transport; i++) {
      this.pass((nextDeadlineMs(this.connection, this.nowMs) ?? this.nowMs) - this.nowMs);
    }
    expect(this.newestTransport()).toBe(transport);
    return this;
  }
}

export const live = (mode: Mode = 'auto'): Machine => {
  const machine = new Machine(mode).send({ type: 'start' });
  machine.send({ type: 'opened', id: machine.newest.id });
  return machine.proof();
};

/** A machine in `auto` that fell to this transport, where it is live. */
export function fallenTo(transport: Transport): Machine {
  const machine = new Machine().send({ type: 'start' });
  const above = rungsOf('auto').findIndex((rung) => rung.transport === transport);
  expect(above).toBeGreaterThan(0);
  return machine.passUntil(transport).proof();
}
