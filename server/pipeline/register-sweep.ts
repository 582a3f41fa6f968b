/**
 * Goes through all hosts about every five seconds and has the rows of the register written that are behind what
 * the engine's columns say. Main thread; owns one timer; a few ms a step, the more hosts the longer a round.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HostDirectory } from '../live/host-directory.ts';
import type { Register } from './register.ts';

const ROUND_MS = 5_000;
const STEP_MS = 50;
/** Slots in one step at most: about 2 ms. Above 400,000 hosts a round takes longer than ROUND_MS. */
const MAX_SLOTS_A_STEP = 4_096;

export type RegisterSweepOptions = {
  readonly directory: HostDirectory;
  readonly register: Register;
  /** Has the rows of these slots written. */
  readonly write: (slots: readonly number[]) => void;
  readonly roundMs?: number;
};

export class RegisterSweep {
  readonly #options: RegisterSweepOptions;
  readonly #steps: number;
  readonly #timer: NodeJS.Timeout;
  #next = 0;

  constructor(options: RegisterSweepOptions) {
    this.#options = options;
    const stepMs = Math.min(STEP_MS, options.roundMs ?? ROUND_MS);
    this.#steps = Math.ceil((options.roundMs ?? ROUND_MS) / stepMs);
    this.#timer = setInterval(() => this.#step(), stepMs);
    this.#timer.unref();
  }

  #step(): void {
    const { slotCount } = this.#options.directory;
    if (this.#next >= slotCount) this.#next = 0;
    this.#look(Math.min(MAX_SLOTS_A_STEP, Math.ceil(slotCount / this.#steps)));
  }

  #look(slots: number): void {
    const { directory, register, write } = this.#options;
    const end = Math.min(directory.slotCount, this.#next + slots);
    const behind: number[] = [];
    for (let slot = this.#next; slot < end; slot++) {
      if (directory.has(slot) && register.isBehind(slot)) behind.push(slot);
    }
    this.#next = end;
    if (behind.length > 0) write(behind);
  }

  /** No further step. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /**
   * Stops, and looks at every host once more; what is behind then is handed to `write`, until nothing is left. For a
   * clean stop, when `write` no longer puts off anything.
   */
  async finish(): Promise<void> {
    this.stop();
    const { directory, register, write } = this.#options;
    for (this.#next = 0; this.#next < directory.slotCount; ) {
      this.#look(MAX_SLOTS_A_STEP);
      await nextTurn();
    }
    while (register.waiting > 0) {
      write([]);
      await nextTurn();
    }
  }
}
