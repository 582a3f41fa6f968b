/**
 * Open episodes, the newest resolved ones, and the number of the last one of every host. A put is O(1), a page looks
 * at every episode of its kind in slices. Main thread.
 */
import { type Alert, type AlertId, parseAlertId } from '#lib/protocol/alert.ts';
import type { HostId } from '#lib/protocol/host.ts';
import { pageOfAlerts } from '../alert-page.ts';
import { type AlertQuery, type AlertResult, type EpisodeRecord, isResumableAt } from '../store.ts';

export class MemoryEpisodes {
  readonly #maxResolved: number;
  readonly #open = new Map<AlertId, EpisodeRecord>();
  /** In the order of closing. */
  readonly #resolved = new Map<AlertId, EpisodeRecord>();
  readonly #numbers = new Map<HostId, number>();

  constructor(maxResolved: number) {
    this.#maxResolved = maxResolved;
  }

  put(episode: EpisodeRecord): void {
    const { id, hostId, episode: number, closedAt } = episode.alert;
    this.#numbers.set(hostId, Math.max(number, this.#numbers.get(hostId) ?? 0));
    this.#resolved.delete(id);
    if (closedAt === null) {
      this.#open.set(id, episode);
      return;
    }
    this.#open.delete(id);
    this.#resolved.set(id, episode);
    for (const oldest of this.#resolved.keys()) {
      if (this.#resolved.size <= this.#maxResolved) break;
      this.#resolved.delete(oldest);
    }
  }

  get(id: AlertId): Alert | null {
    return (this.#open.get(id) ?? this.#resolved.get(id))?.alert ?? null;
  }

  page(query: AlertQuery): Promise<AlertResult> {
    const source = query.status === 'resolved' ? this.#resolved : this.#open;
    return pageOfAlerts(source, ({ alert }) => alert, query);
  }

  /** Open ones, oldest first, then those that may be resumed. */
  resumableAt(nowMs: number): EpisodeRecord[] {
    const open = [...this.#open.values()].sort((a, b) => a.alert.openedAt - b.alert.openedAt);
    const isNewest = ({ alert }: EpisodeRecord) => this.#numbers.get(alert.hostId) === alert.episode;
    const closed = [...this.#resolved.values()].filter(
      (episode) => isNewest(episode) && isResumableAt(episode, nowMs),
    );
    return [...open, ...closed.sort((a, b) => a.alert.closedAt! - b.alert.closedAt!)];
  }

  numbers(): ReadonlyMap<HostId, number> {
    return this.#numbers;
  }

  /** Also forgets the numbers of hosts that are neither known nor have an episode. */
  trim(beforeMs: number, isKnown: (id: HostId) => boolean): number {
    let trimmed = 0;
    for (const [id, { alert }] of this.#resolved) {
      if (alert.closedAt! >= beforeMs) continue;
      this.#resolved.delete(id);
      trimmed++;
    }
    const withEpisode = new Set(
      [...this.#open.keys(), ...this.#resolved.keys()].map((id) => parseAlertId(id)?.hostId),
    );
    for (const id of this.#numbers.keys()) {
      if (!isKnown(id) && !withEpisode.has(id)) this.#numbers.delete(id);
    }
    return trimmed;
  }
}
