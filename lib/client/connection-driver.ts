/**
 * Feeds the connection machine its events, one after the other, and keeps its one timer. The machine's code may be
 * loaded when it is first needed. Knows no source and no frame.
 */
import type { nextDeadlineMs, step } from './connection.ts';
import { type Command, type Connection, type ConnectionEvent, newConnection } from './connection-state.ts';
import type { Timing } from './ladder.ts';
import type { SessionAnswer } from './session-question.ts';

/** Without the machine's code nothing can be done about a link: it is asked for again this often. */
const LOAD_AGAIN_MS = 3_000;

/** What opens and closes connections. */
export type HandCommand = Exclude<Command, { type: 'ask' }>;

/** The rules of the connection: connection.ts. */
export type Machine = { readonly step: typeof step; readonly nextDeadlineMs: typeof nextDeadlineMs };

export type DriverOptions = {
  /** Or how to load it. */
  readonly machine: Machine | (() => Promise<Machine>);
  readonly timing?: Partial<Timing>;
  /** ms of a clock that goes evenly, whatever is done to the wall clock. */
  readonly now: () => number;
  readonly random: () => number;
  readonly execute: (command: HandCommand) => void;
  /** Asks the server by a plain request; never rejects. One that answers as ours is there, a slow one may be. */
  readonly ask: () => Promise<SessionAnswer>;
  /** After each event, or row of them. */
  readonly onNews: () => void;
};

export class ConnectionDriver {
  readonly #options: DriverOptions;
  readonly #events: ConnectionEvent[] = [];
  #connection: Connection;
  #machine: Machine | null;
  #loading = false;
  #stepping = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#connection = newConnection('auto', options.timing);
    this.#machine = typeof options.machine === 'function' ? null : options.machine;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Also events that a command's source raises at once come after the one under way. */
  dispatch(event: ConnectionEvent): void {
    if (this.#machine === null && event.type === 'mode') {
      // Before the first step a mode is only remembered.
      this.#connection = { ...this.#connection, mode: event.mode };
    } else {
      this.#events.push(event);
      if (this.#stepping) return;
      if (this.#machine === null) this.#load();
      else this.#run(this.#machine);
    }
    this.#options.onNews();
  }

  stop(): void {
    if (this.#machine !== null) {
      this.dispatch({ type: 'stop' });
      return;
    }
    // Nothing was opened yet, and nothing is to be when the machine comes.
    this.#events.length = 0;
    this.#clearTimer();
    this.#options.onNews();
  }

  #load(): void {
    const { machine } = this.#options;
    if (this.#loading || this.#timer !== null || typeof machine !== 'function') return;
    this.#loading = true;
    machine().then(
      (loaded) => {
        this.#machine = loaded;
        if (this.#events.length > 0) this.#run(loaded);
        this.#options.onNews();
      },
      () => {
        this.#loading = false;
        if (this.#events.length > 0) this.#setTimer(() => this.#load(), LOAD_AGAIN_MS);
        // Nothing new but the time: what there is may be stale by now.
        this.#options.onNews();
      },
    );
  }

  #run(machine: Machine): void {
    const { now, random, execute } = this.#options;
    this.#stepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const { connection, commands } = machine.step(this.#connection, next, now(), random);
        this.#connection = connection;
        for (const command of commands) {
          if (command.type === 'ask') void this.#ask(command.id);
          else execute(command);
        }
      }
    } finally {
      this.#stepping = false;
    }
    const nowMs = now();
    const deadlineMs = machine.nextDeadlineMs(this.#connection, nowMs);
    if (deadlineMs === null) this.#clearTimer();
    else this.#setTimer(() => this.dispatch({ type: 'tick' }), Math.max(1, deadlineMs - nowMs));
  }

  async #ask(id: number): Promise<void> {
    const answer = await this.#options.ask();
    if (this.#connection.askId !== id) return;
    // A slow server may yet be reached by another transport, which waits longer.
    const yes = answer === 'may-watch' || answer === 'slow';
    this.dispatch(answer === 'signed-out' ? { type: answer } : { type: 'answered', id, yes });
  }

  #setTimer(then: () => void, afterMs: number): void {
    this.#clearTimer();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      then();
    }, afterMs);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
