/**
 * What the tests' viewers have in common: frames applied as the protocol's client part says, everything that
 * came recorded. Knows no transport.
 */
import { gunzipSync } from 'node:zlib';
import { digestOf } from '#lib/protocol/digest.ts';
import { decodeSlots, type Frame } from '#lib/protocol/frames.ts';
import type { Position } from '#lib/protocol/position.ts';
import type { ContractServer } from './contract-server.ts';

/** One viewer's knowledge, and each frame it got. Throws on a frame that does not fit where it stands. */
export class ContractView {
  readonly frames: Frame[] = [];
  position: Position | null;
  states = new Uint8Array(0);

  constructor(position: Position | null = null, states: Uint8Array = new Uint8Array(0)) {
    this.position = position;
    this.states = Uint8Array.from(states);
  }

  /** Types of the frames, in order: `ASDD`. */
  get kinds(): string {
    return this.frames.map((frame) => frame.t).join('');
  }

  get digest(): string {
    return digestOf(this.states);
  }

  apply(frame: Frame): void {
    this.frames.push(frame);
    if (frame.t === 'R') this.position = null;
    if (frame.t === 'B') this.#confirm(frame);
    if (frame.t === 'S') {
      this.states = Uint8Array.from(frame.enc === 'gzip' ? gunzipSync(frame.data) : frame.data);
      this.#moveTo(frame);
    }
    if (frame.t === 'D') {
      const { position } = this;
      if (position === null || frame.e !== position.e || frame.f > position.s || frame.s <= position.s) {
        throw new Error(`D ${frame.f}..${frame.s} does not fit ${JSON.stringify(position)}`);
      }
      const slots = decodeSlots(frame.slots);
      const grown = new Uint8Array(Math.max(this.states.length, (slots.at(-1) ?? -1) + 1));
      grown.set(this.states);
      slots.forEach((slot, i) => {
        grown[slot] = frame.states[i]!;
      });
      this.states = grown;
      this.#moveTo(frame);
    }
  }

  #moveTo(frame: { e: string; s: number; dig: string }): void {
    this.position = { e: frame.e, s: frame.s };
    this.#confirm(frame);
  }

  #confirm(frame: { e: string; s: number; dig: string }): void {
    const { position } = this;
    if (position?.e !== frame.e || position.s !== frame.s) {
      throw new Error(`${frame.e}.${frame.s} is not the viewer's position ${JSON.stringify(position)}`);
    }
    if (this.digest !== frame.dig) throw new Error(`the digest at ${frame.s} differs`);
  }
}

/** Those who wait for a view to become as they want it. For viewers whose frames come without being asked for. */
export class Waiting {
  readonly #view: ContractView;
  readonly #looks = new Set<() => void>();
  #failure: Error | null = null;

  constructor(view: ContractView) {
    this.#view = view;
  }

  /** Something has come. */
  look(): void {
    for (const look of [...this.#looks]) look();
  }

  /** It is over for all of them, now and later; the first failure counts. */
  fail(error: unknown): void {
    this.#failure ??= error as Error;
    this.look();
  }

  until(condition: (view: ContractView) => boolean): Promise<void> {
    return new Promise((met, failed) => {
      const look = (): void => {
        if (this.#failure === null && !condition(this.#view)) return;
        this.#looks.delete(look);
        if (this.#failure === null) met();
        else failed(this.#failure);
      };
      this.#looks.add(look);
      look();
    });
  }
}

/** Why a viewer was not let in. */
export class Refused extends Error {
  readonly status: number;
  readonly retryAfterMs: number | null;

  constructor(status: number, retryAfterMs: number | null) {
    super(`refused with ${status}`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export type ConnectOptions = {
  readonly position?: Position | null;
  /** What it knows at that position. */
  readonly states?: Uint8Array;
  readonly origin?: string;
  readonly host?: string;
  /** Who asks: a cookie or a token. */
  readonly headers?: Readonly<Record<string, string>>;
};

export type ContractViewer = {
  readonly view: ContractView;
  /** Resolves once the condition holds, looked at after each frame; asks for frames where that is needed. */
  until(condition: (view: ContractView) => boolean): Promise<void>;
  /** Takes no more bytes from its socket; resolves when the server can send it something no more unnoticed. */
  stopReading(): Promise<void>;
  resumeReading(): void;
  /** Cuts the socket, without a goodbye. */
  abort(): void;
};

export type TransportAdapter = {
  readonly name: string;
  /** Frames come without being asked for. */
  readonly pushes: boolean;
  /** Asks, and is held until there is news. */
  readonly holds: boolean;
  /** Says what it has applied; otherwise only draining shows that it reads. */
  readonly acknowledges: boolean;
  /** Rejects with Refused. For a transport that asks, it has the first answer. */
  connect(server: ContractServer, options?: ConnectOptions): Promise<ContractViewer>;
};
