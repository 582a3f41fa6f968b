/** Which alerts each of the newest acknowledging commands took, so that it can be undone as one. Pure. */
import type { AlertId } from '#lib/protocol/alert.ts';
import type { EpisodeRecord } from './episode.ts';

export class AckBatches {
  readonly #limit: number;
  /** In the order of the commands. */
  readonly #ids = new Map<string, readonly AlertId[]>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  remember(batchId: string, ids: readonly AlertId[]): void {
    this.#ids.set(batchId, ids);
    for (const oldest of this.#ids.keys()) {
      if (this.#ids.size <= this.#limit) return;
      this.#ids.delete(oldest);
    }
  }

  /** No longer to be undone. null: not known. */
  take(batchId: string): readonly AlertId[] | null {
    const ids = this.#ids.get(batchId) ?? null;
    this.#ids.delete(batchId);
    return ids;
  }

  /** From acknowledged episodes of an earlier run that name their batch. */
  restore(records: readonly EpisodeRecord[]): void {
    const byBatch = new Map<string, { atMs: number; ids: AlertId[] }>();
    for (const { alert, batchId } of records) {
      const batch = byBatch.get(batchId!);
      if (batch === undefined) byBatch.set(batchId!, { atMs: alert.ack!.at, ids: [alert.id] });
      else batch.ids.push(alert.id);
    }
    const inOrder = [...byBatch].sort(([, a], [, b]) => a.atMs - b.atMs);
    for (const [batchId, { ids }] of inOrder) this.remember(batchId, ids);
  }
}
