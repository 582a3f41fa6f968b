/**
 * Which hosts' open episodes have an acknowledgement that ends by itself. Pure. O(1) a call; O(hosts in here) when
 * one falls due.
 */
import type { HostId } from '#lib/protocol/host.ts';
import type { Episode } from './episode.ts';

export class AckExpiries {
  readonly #episodes = new Map<HostId, Episode>();
  #nextAtMs = Number.POSITIVE_INFINITY;

  /** Does nothing for an episode without an expiry. */
  watch(episode: Episode): void {
    const expiresAt = episode.alert.ack?.expiresAt ?? null;
    if (expiresAt === null) return;
    this.#episodes.set(episode.alert.hostId, episode);
    this.#nextAtMs = Math.min(this.#nextAtMs, expiresAt);
  }

  /** The episode has closed, or its acknowledgement ended. A newer one of the same host stays. */
  drop(episode: Episode): void {
    const { hostId } = episode.alert;
    if (this.#episodes.get(hostId) === episode) this.#episodes.delete(hostId);
  }

  /** Takes out what has expired by `nowMs`, at most `limit`. */
  due(nowMs: number, limit: number): Episode[] {
    const due: Episode[] = [];
    if (nowMs < this.#nextAtMs) return due;
    this.#nextAtMs = Number.POSITIVE_INFINITY;
    for (const [hostId, episode] of this.#episodes) {
      if (due.length === limit) {
        this.#nextAtMs = nowMs;
        break;
      }
      if (episode.isExpired(nowMs)) {
        this.#episodes.delete(hostId);
        due.push(episode);
      } else this.#nextAtMs = Math.min(this.#nextAtMs, episode.alert.ack!.expiresAt!);
    }
    return due;
  }
}
