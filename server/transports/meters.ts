/**
 * The meters there are, by the names their viewers chose. Bounded: past that many, further viewers are served as
 * ever and not counted. Knows no viewer. Main thread; no timer: a meter is forgotten when it is in the way, or
 * asked for too late.
 */
import type { MeterReading } from '#lib/protocol/api.ts';
import type { Clock } from '../clock.ts';
import { Meter } from './meter.ts';

export const MAX_METERS = 1_024;

export class Meters {
  readonly #clock: Clock;
  readonly #meters = new Map<string, Meter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The meter of this name, a new one if there is none; null: there are too many. O(1), O(meters) when full. */
  use(id: string, transport: MeterReading['transport']): Meter | null {
    const known = this.#get(id);
    if (known !== null) return known;
    if (this.#meters.size >= MAX_METERS) this.#forget();
    if (this.#meters.size >= MAX_METERS) return null;
    // A copy: a part of the request's text would keep all of it in memory.
    const meter = new Meter(Buffer.from(id, 'hex').toString('hex'), transport, this.#clock);
    this.#meters.set(meter.id, meter);
    return meter;
  }

  /** Of those that are known, in the order asked for. */
  read(ids: readonly string[]): MeterReading[] {
    return ids.flatMap((id) => this.#get(id)?.read() ?? []);
  }

  #get(id: string): Meter | null {
    const meter = this.#meters.get(id);
    if (meter === undefined) return null;
    if (!meter.isForgotten(this.#clock())) return meter;
    this.#meters.delete(id);
    return null;
  }

  #forget(): void {
    const nowMs = this.#clock();
    for (const [id, meter] of this.#meters) if (meter.isForgotten(nowMs)) this.#meters.delete(id);
  }
}
