/**
 * Every host's newest episode as long as it matters: open, or closed and perhaps still resumable; and the last
 * number of every host that had one. Pure; O(1) a call.
 */
import { type AlertId, resumptionMs } from '#lib/protocol/alert.ts';
import type { HostId } from '#lib/protocol/host.ts';
import type { Episode } from './episode.ts';
import { EpisodeNumbers } from './episode-numbers.ts';

export class EpisodeShelf {
  readonly numbers: EpisodeNumbers;
  readonly #open = new Map<HostId, Episode>();
  /** In the order of closing. */
  readonly #closed = new Map<HostId, Episode>();

  constructor(numbersKept: number) {
    this.numbers = new EpisodeNumbers(numbersKept);
  }

  get openCount(): number {
    return this.#open.size;
  }

  openHosts(): Iterable<HostId> {
    return this.#open.keys();
  }

  openOf(hostId: HostId): Episode | null {
    return this.#open.get(hostId) ?? null;
  }

  closedOf(hostId: HostId): Episode | null {
    return this.#closed.get(hostId) ?? null;
  }

  open(id: AlertId): Episode | null {
    const episode = this.#open.get(hostIdOf(id));
    return episode?.alert.id === id ? episode : null;
  }

  /** Open, or closed and not forgotten. */
  kept(id: AlertId): Episode | null {
    const hostId = hostIdOf(id);
    const episode = this.#open.get(hostId) ?? this.#closed.get(hostId);
    return episode?.alert.id === id ? episode : null;
  }

  /** Where it belongs by whether it is closed; takes the place of the host's former one. */
  put(episode: Episode): void {
    const { hostId } = episode.alert;
    this.take(hostId);
    (episode.closedBy === null ? this.#open : this.#closed).set(hostId, episode);
  }

  /** The host has none any longer. Gives the one it had. */
  take(hostId: HostId): Episode | null {
    const episode = this.#open.get(hostId) ?? this.#closed.get(hostId) ?? null;
    this.#open.delete(hostId);
    this.#closed.delete(hostId);
    return episode;
  }

  /** Closed ones that can no longer be resumed, as far as they closed first. */
  forgetClosed(nowMs: number): void {
    for (const [hostId, { alert, timeoutMs }] of this.#closed) {
      if (nowMs - alert.closedAt! <= resumptionMs(timeoutMs)) return;
      this.#closed.delete(hostId);
    }
  }
}

/** Whatever is no alert id names a host that has no episode. */
function hostIdOf(id: AlertId): HostId {
  return id.slice(0, Math.max(0, id.lastIndexOf('-')));
}
