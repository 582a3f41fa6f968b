/**
 * Owns what is written into the stored register and when a row there is behind: names, labels, registrations and
 * leaves as the pipeline notes them; intervals and being heard again, which only the engine's columns know, by
 * comparison. What waits to be written is a bit a host, whatever the store is doing. Main thread; O(1) a host. Knows
 * no store and no timer. Rules P11 to P14 and P52 of SPEC.md.
 */
import { HostState } from '#lib/protocol/host.ts';
import type { Engine } from '../engine/index.ts';
import type { HostDirectory } from '../live/host-directory.ts';
import type { StoredHost } from '../store/store.ts';
import { SlotQueue } from './slot-queue.ts';

export type RegisterOptions = {
  readonly engine: Pick<Engine, 'read'>;
  readonly directory: HostDirectory;
};

export class Register {
  readonly #engine: Pick<Engine, 'read'>;
  readonly #directory: HostDirectory;
  readonly #noted = new SlotQueue();

  constructor({ engine, directory }: RegisterOptions) {
    this.#engine = engine;
    this.#directory = directory;
  }

  /** The slot's row has to be written. */
  note(slot: number): void {
    this.#noted.add(slot);
  }

  /** The host is gone, or going: true when its row was still to be written. */
  drop(slot: number): boolean {
    return this.#noted.drop(slot);
  }

  /** Rows that have to be written and have not been taken. */
  get waiting(): number {
    return this.#noted.size;
  }

  /** Does the engine know something of the host that its row does not say? */
  isBehind(slot: number): boolean {
    const { intervalMs, confirmed } = this.#directory.keptOf(slot);
    // Not written yet, so it will be whole.
    if (intervalMs === 0) return false;
    const columns = this.#columnsOf(slot);
    // One of an earlier run that its shard has not placed yet: the columns are empty.
    if (columns.intervalMs === 0) return false;
    return columns.intervalMs !== intervalMs || (columns.heardAgain && !confirmed);
  }

  /** At most `limit` of the rows noted, first noted first, as the hosts are now. */
  take(limit: number): StoredHost[] {
    const rows: StoredHost[] = [];
    while (rows.length < limit) {
      const slot = this.#noted.take();
      if (slot === null) break;
      rows.push(this.#rowOf(slot));
    }
    return rows;
  }

  #rowOf(slot: number): StoredHost {
    const directory = this.#directory;
    const columns = this.#columnsOf(slot);
    const kept = directory.keptOf(slot);
    const { registeredAtMs, unheard } = kept;
    // Empty until its shard has placed it; what was kept still holds then.
    const intervalMs = columns.intervalMs === 0 ? kept.intervalMs : columns.intervalMs;
    const { heardAgain } = columns;
    const confirmed = kept.confirmed || heardAgain;
    directory.setKept(slot, { registeredAtMs, intervalMs, confirmed, unheard });
    const hasLeft = directory.stateOf(slot) === HostState.left;
    return {
      id: directory.idOf(slot),
      name: directory.givenNameOf(slot),
      labels: directory.labelsOf(slot),
      intervalMs,
      registeredAt: registeredAtMs,
      confirmed,
      ...(unheard ? { unheard: true as const } : {}),
      left: hasLeft ? { at: directory.changedAtMsOf(slot), evidence: directory.evidenceOf(slot) } : null,
    };
  }

  #columnsOf(slot: number): ReturnType<Engine['read']> {
    const { shard, row } = this.#directory.placeOf(slot);
    return this.#engine.read(shard, row);
  }
}
