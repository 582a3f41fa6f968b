/** Who is told of each frame that a lane applied. Each listener is on its own: one that throws ends nothing. */
import type { Transport } from '../ladder.ts';
import type { LaneListener } from './comparison-state.ts';

export class LaneListeners {
  readonly #listeners = new Map<Transport, Set<LaneListener>>();

  /** Until the function it gives back is called. */
  add(transport: Transport, listener: LaneListener): () => void {
    const told: LaneListener = (slots, states) => listener(slots, states);
    const all = this.#listeners.get(transport) ?? new Set();
    this.#listeners.set(transport, all.add(told));
    return () => all.delete(told);
  }

  tell(transport: Transport, slots: readonly number[] | null, states: Uint8Array): void {
    for (const listener of [...(this.#listeners.get(transport) ?? [])]) {
      try {
        listener(slots, states);
      } catch (error) {
        // The listener's bug, to be seen as such.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
