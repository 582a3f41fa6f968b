/**
 * How a command of a person reaches the store: refused at once while nothing can be stored, stored in the order in
 * which commands were decided, answered only when all that were decided before have been settled too, because an
 * answer may tell of them. Main thread; O(1) beside the store's own work.
 */
import { type Store, type StoreBatch, StoreUnavailable } from '../store/store.ts';

export class StoreCommands {
  readonly #store: Pick<Store, 'append' | 'health'>;
  /** When all commands so far are settled; never rejects. */
  #earlier: Promise<void> = Promise.resolve();

  constructor(store: Pick<Store, 'append' | 'health'>) {
    this.#store = store;
  }

  /** Throws StoreUnavailable while nothing can be stored. To be called before anything is decided. */
  check(): void {
    const { writable, detail } = this.#store.health();
    if (!writable) throw new StoreUnavailable(detail ?? 'nothing can be stored at the moment');
  }

  /**
   * `batch` null: the command changes nothing. `settle` is called once, as soon as the store has kept or refused the
   * batch. Rejects as the store does.
   */
  run(batch: StoreBatch | null, settle: (kept: boolean) => void): Promise<void> {
    const stored = batch === null ? Promise.resolve() : this.#store.append(batch, 'command');
    const own = stored.then(
      () => settle(true),
      (error: unknown) => {
        settle(false);
        throw error;
      },
    );
    // It is looked at only after the earlier ones; until then nobody else does.
    own.catch(() => {});
    const answered = this.#earlier.then(() => own);
    this.#earlier = answered.catch(() => {});
    return answered;
  }
}
