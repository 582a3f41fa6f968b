/**
 * What is known of one transport since the last reset, whatever connections it had meanwhile: its latencies, its
 * freshness, its totals. Pure; time passed in.
 */
import type { MeterReading } from '#lib/protocol/api.ts';
import type { Transport } from '../ladder.ts';
import type { Link } from '../view-store.ts';
import type { ClockReading, Lane, SampleBar } from './comparison-state.ts';
import { LatencySamples } from './latency-samples.ts';
import { RunningTotals } from './running-totals.ts';

const METERED = ['requests', 'bytesUp', 'bytesDown', 'wastedBytes', 'updates', 'emptyAnswers'] as const;
const COUNTED = ['gaps', 'resyncs', 'reconnects'] as const;

function barOf(transport: Transport, link: Link): SampleBar | null {
  if (link.transport !== null && link.transport !== transport) return 'lease';
  return link.status === 'live' ? null : 'link';
}

export class LaneRecord {
  readonly transport: Transport;
  #samples = new LatencySamples();
  readonly #metered = new RunningTotals(METERED);
  readonly #counted = new RunningTotals(COUNTED);
  #hasMeter = false;
  #worstFreshnessMs: number | null = null;
  #freshnessMs: number | null = null;
  #provenAtMs: number | null = null;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  get samples(): LatencySamples {
    return this.#samples;
  }

  /** A connection with a meter and a link of its own begins. */
  newConnection(): void {
    this.#metered.renew();
    this.#counted.renew();
    this.#freshnessMs = null;
    this.#provenAtMs = null;
  }

  meter(reading: MeterReading): void {
    this.#hasMeter = true;
    this.#metered.update(reading);
  }

  count(link: Link, gaps: number): void {
    this.#counted.update({ gaps, resyncs: link.resyncs, reconnects: link.reconnects });
  }

  /**
   * The age of the view on the server's clock, now and at its worst. Asked whenever a frame may have renewed it.
   * A view from before `countFromMs` (page's clock) is old for another reason than its transport.
   * @param provenAtMs when the server made the newest frame that proved the view right; 0 = there was none yet
   */
  freshness(provenAtMs: number, nowMs: number, clock: ClockReading | null, countFromMs: number): void {
    if (clock === null || provenAtMs === 0) {
      this.#freshnessMs = null;
      this.#provenAtMs = null;
      return;
    }
    const ageOf = (atMs: number): number => nowMs + clock.offsetMs - atMs;
    this.#freshnessMs = ageOf(provenAtMs);
    // A frame has just come: what the view was until then was the oldest.
    const worstOf = this.#provenAtMs ?? provenAtMs;
    this.#provenAtMs = provenAtMs;
    if (worstOf - clock.offsetMs < countFromMs) return;
    const oldestMs = ageOf(worstOf);
    this.#worstFreshnessMs = Math.max(this.#worstFreshnessMs ?? oldestMs, oldestMs);
  }

  reset(): void {
    this.#samples = new LatencySamples();
    this.#metered.reset();
    this.#counted.reset();
    this.#hasMeter = false;
    this.#worstFreshnessMs = null;
  }

  /** @param pageBar why the page as a whole measures nothing */
  lane(link: Link, pageBar: SampleBar | null): Lane {
    const bar = pageBar ?? barOf(this.transport, link);
    const { requests, bytesUp, bytesDown, wastedBytes, updates, emptyAnswers } = this.#metered.totals();
    const bytes = bytesUp + bytesDown;
    const counted = this.#hasMeter;
    return {
      transport: this.transport,
      link,
      bar,
      samples: this.#samples.count,
      ...this.#samples.quantiles(),
      distribution: this.#samples.distribution(),
      freshnessMs: this.#freshnessMs,
      worstFreshnessMs: this.#worstFreshnessMs,
      requests: counted ? requests : null,
      bytesUp: counted ? bytesUp : null,
      bytesDown: counted ? bytesDown : null,
      updates,
      emptyAnswers,
      wastedShare: counted && bytes > 0 ? wastedBytes / bytes : null,
      ...this.#counted.totals(),
    };
  }
}
