/**
 * Once a second: asks the server when its changes happened and what it counted, once for all lanes, and books
 * what the lanes applied since. Owns no timer.
 */
import { ChangeLog } from './change-log.ts';
import type { ComparisonApi } from './comparison-api.ts';
import type { LaneConnection } from './lane-connection.ts';
import type { LaneRecord } from './lane-record.ts';
import type { PageAttention } from './page-attention.ts';

/** A lane of the present comparison. */
export type RunningLane = { readonly record: LaneRecord; readonly connection: LaneConnection };

/** A lane whose first snapshot is on its way will stand no further back than this, in ticks. */
const SLACK_TICKS = 100;
/** Names the server takes in one question. */
const MAX_METERS = 8;

export class MeasuringRound {
  readonly #api: ComparisonApi;
  readonly #attention: PageAttention;
  readonly #log = new ChangeLog();

  constructor(api: ComparisonApi, attention: PageAttention) {
    this.#api = api;
    this.#attention = attention;
  }

  /** Another feed: its ticks are others. */
  forget(): void {
    this.#log.forget();
  }

  /** `gone`: the server does not know the feed any more. Never rejects; nothing is booked once `signal` aborted. */
  async run(
    lanes: readonly RunningLane[],
    feed: string | null,
    signal: AbortSignal,
  ): Promise<'gone' | 'asked'> {
    const [found] = await Promise.all([this.#book(lanes, feed, signal), this.#meter(lanes, signal)]);
    return found;
  }

  async #book(
    lanes: readonly RunningLane[],
    feed: string | null,
    signal: AbortSignal,
  ): Promise<'gone' | 'asked'> {
    const positions = lanes.map(({ connection }) => connection.view).filter(({ epoch }) => epoch !== null);
    const lowest = Math.min(...positions.map(({ seq }) => seq));
    // Before the first frame it is asked all the same: whether the feed is there.
    const after = this.#log.newest ?? (positions.length === 0 ? 0 : Math.max(0, lowest - SLACK_TICKS));
    const answer = await this.#api.changes(after, feed, signal);
    if (signal.aborted) return 'asked';
    if (answer.kind === 'gone') return 'gone';
    if (answer.kind === 'ok') this.#log.add(answer.body);
    this.#attention.look();
    const clock = this.#attention.reading();
    if (clock === null || this.#attention.bar() !== null) return 'asked';
    for (const { record, connection } of lanes) {
      for (const sample of connection.book(this.#log, clock, this.#attention.countFromMs)) {
        record.samples.add(sample);
      }
    }
    return 'asked';
  }

  async #meter(lanes: readonly RunningLane[], signal: AbortSignal): Promise<void> {
    const asked = lanes.slice(0, MAX_METERS);
    const answer = await this.#api.meters(
      asked.map(({ connection }) => connection.meter),
      signal,
    );
    if (signal.aborted || answer.kind !== 'ok') return;
    for (const reading of answer.body.meters) {
      asked.find(({ connection }) => connection.meter === reading.meter)?.record.meter(reading);
    }
  }
}
