/**
 * The newest events in one bounded ring, with the numbers of each host's own. Pure; O(1) an event, a query walks the
 * ring or one host's list.
 */
import type { HostEvent, HostId } from '#lib/protocol/host.ts';
import type { EventQuery, EventResult } from '../store.ts';

export class MemoryEvents {
  readonly #perHost: number;
  readonly #limit: number;
  /** Event number n stands at n modulo the limit; undefined where its host had too many, or it was trimmed. */
  readonly #ring: (HostEvent | undefined)[] = [];
  #nextNumber = 0;
  /** Numbers of each host's events, oldest first. */
  readonly #ofHost = new Map<HostId, number[]>();

  constructor(perHost: number, limit: number) {
    this.#perHost = perHost;
    this.#limit = limit;
  }

  append(event: HostEvent): void {
    const number = this.#nextNumber++;
    this.#forget(number - this.#limit);
    this.#ring[number % this.#limit] = event;
    const numbers = this.#ofHost.get(event.hostId);
    if (numbers === undefined) {
      this.#ofHost.set(event.hostId, [number]);
      return;
    }
    numbers.push(number);
    if (numbers.length > this.#perHost) this.#forget(numbers[0]!);
  }

  /** It is the oldest of its host, or nearly so. */
  #forget(number: number): boolean {
    const event = number < 0 ? undefined : this.#ring[number % this.#limit];
    if (event === undefined) return false;
    this.#ring[number % this.#limit] = undefined;
    const numbers = this.#ofHost.get(event.hostId)!;
    numbers.splice(numbers.indexOf(number), 1);
    if (numbers.length === 0) this.#ofHost.delete(event.hostId);
    return true;
  }

  query(query: EventQuery): EventResult {
    const before = Math.min(query.before ?? this.#nextNumber, this.#nextNumber);
    const events: HostEvent[] = [];
    let last = 0;
    for (const number of this.#numbers(query.hostId, before)) {
      const event = this.#ring[number % this.#limit];
      if (event === undefined || event.at > (query.toMs ?? Number.POSITIVE_INFINITY)) continue;
      if (event.at < (query.fromMs ?? Number.NEGATIVE_INFINITY)) continue;
      if (events.length === query.limit) return { events, next: last };
      events.push(event);
      last = number;
    }
    return { events, next: null };
  }

  /** Newest first. */
  *ofHost(hostId: HostId): Generator<HostEvent> {
    for (const number of this.#numbers(hostId, this.#nextNumber)) yield this.#ring[number % this.#limit]!;
  }

  #numbers(hostId: HostId | undefined, before: number): Iterable<number> {
    if (hostId === undefined) return this.#numbersBelow(before);
    return (this.#ofHost.get(hostId) ?? []).filter((number) => number < before).reverse();
  }

  *#numbersBelow(before: number): Generator<number> {
    const oldest = Math.max(0, this.#nextNumber - this.#limit);
    for (let number = before - 1; number >= oldest; number--) yield number;
  }

  trim(beforeMs: number): number {
    let trimmed = 0;
    for (let number = Math.max(0, this.#nextNumber - this.#limit); number < this.#nextNumber; number++) {
      const event = this.#ring[number % this.#limit];
      if (event !== undefined && event.at < beforeMs && this.#forget(number)) trimmed++;
    }
    return trimmed;
  }
}
