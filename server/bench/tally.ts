/** What all viewers of the load generator count together: frames, bytes, and when each change reached whom. */
import type { TickChanges, ViewersAnswer } from './live-messages.ts';
import { percentile } from './statistics.ts';

type Counts = Pick<
  ViewersAnswer,
  'frames' | 'updates' | 'delivered' | 'bytesDown' | 'bytesUp' | 'latencyMs' | 'cpuUs'
>;

/** An update of one viewer: from which s to which, and when. */
const FIELDS = 3;

export class Tally {
  frames = 0;
  bytesDown = 0;
  bytesUp = 0;
  lost = 0;
  #updates = new Float64Array(FIELDS * 4_096);
  #count = 0;
  #cpuBefore = process.cpuUsage();

  begin(): void {
    this.frames = 0;
    this.bytesDown = 0;
    this.bytesUp = 0;
    this.#count = 0;
    this.#cpuBefore = process.cpuUsage();
  }

  update(fromS: number, toS: number, atMs: number): void {
    const at = this.#count * FIELDS;
    if (at === this.#updates.length) {
      const grown = new Float64Array(2 * at);
      grown.set(this.#updates);
      this.#updates = grown;
    }
    this.#updates[at] = fromS;
    this.#updates[at + 1] = toS;
    this.#updates[at + 2] = atMs;
    this.#count++;
  }

  /** Latencies of every instant at which something changed, to every viewer it reached. */
  end(ticks: readonly TickChanges[]): Counts {
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    const changesOf = new Map(ticks);
    const latencies: number[] = [];
    let delivered = 0;
    for (let i = 0; i < this.#count; i++) {
      const [fromS, toS, atMs] = this.#updates.subarray(i * FIELDS, (i + 1) * FIELDS);
      for (let s = fromS! + 1; s <= toS!; s++) {
        for (const [changedAtMs, count] of changesOf.get(s) ?? []) {
          latencies.push(atMs! - changedAtMs);
          delivered += count;
        }
      }
    }
    const ascending = Float64Array.from(latencies).sort();
    return {
      frames: this.frames,
      updates: this.#count,
      delivered,
      bytesDown: this.bytesDown,
      bytesUp: this.bytesUp,
      latencyMs: {
        p50: percentile(ascending, 0.5),
        p95: percentile(ascending, 0.95),
        p99: percentile(ascending, 0.99),
        max: percentile(ascending, 1),
      },
      cpuUs: user + system,
    };
  }
}
