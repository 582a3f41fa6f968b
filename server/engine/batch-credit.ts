/**
 * How many batches a shard may still post before main has handled one: two words of shared memory, no messages. A
 * shard that has none left goes on hearing and judging, and gathers its news. One end a thread. Cost: two loads.
 */
import { CONTROL } from './shard-messages.ts';

/**
 * Batches of a shard posted and not handled yet, at most: the one main is at, and the next. All of them may be
 * received in one turn of main's loop.
 */
export const BATCHES_UNHANDLED = 2;

/** The shard's end. A successor goes on with what its predecessor posted. */
export class BatchCredit {
  readonly #control: Int32Array;

  constructor(control: SharedArrayBuffer) {
    this.#control = new Int32Array(control);
  }

  get isLeft(): boolean {
    const posted = Atomics.load(this.#control, CONTROL.posted);
    // Counts go round after 2³² batches; what lies between them does not.
    return ((posted - Atomics.load(this.#control, CONTROL.handled)) | 0) < BATCHES_UNHANDLED;
  }

  /** Before a batch is posted. */
  spend(): void {
    Atomics.add(this.#control, CONTROL.posted, 1);
  }
}

/** Main's end. */
export class BatchReceipts {
  readonly #control: Int32Array;
  #received = 0;

  constructor(control: SharedArrayBuffer) {
    this.#control = new Int32Array(control);
  }

  received(): void {
    this.#received = (this.#received + 1) | 0;
  }

  handled(): void {
    Atomics.add(this.#control, CONTROL.handled, 1);
  }

  /** The worker ended, and all it posted was received: one that it counted and never posted is no debt. */
  settle(): void {
    Atomics.store(this.#control, CONTROL.posted, this.#received);
  }
}
