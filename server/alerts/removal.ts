/** The episodes of hosts that are being removed, until the store has kept the removal or refused it. Pure. */
import type { AlertChange, ClosedBy, Episode } from './episode.ts';

type Before = {
  readonly episode: Episode;
  readonly closedBy: ClosedBy | null;
  readonly closedAt: number | null;
  readonly reason: string;
  readonly evidence: Episode['alert']['evidence'];
};

export class Removal {
  readonly #before: Before[] = [];

  /** Its verdict in words stays part of the reason; as data it would hide who removed the host. */
  close(episode: Episode, atMs: number, by: string): AlertChange {
    const { closedBy, alert } = episode;
    const { closedAt, reason, evidence } = alert;
    this.#before.push({ episode, closedBy, closedAt, reason, evidence });
    episode.closedBy = 'removed';
    if (closedAt !== null) return episode.change('sealed', by, atMs);
    episode.alert = { ...alert, closedAt: atMs, reason: removedInWords(by, reason), evidence: null };
    return episode.change('closed', by, atMs);
  }

  /** All as they were, but with what was decided of their acknowledgements meanwhile. */
  reopen(): Episode[] {
    return this.#before.map(({ episode, closedBy, closedAt, reason, evidence }) => {
      episode.closedBy = closedBy;
      episode.alert = { ...episode.alert, closedAt, reason, evidence };
      return episode;
    });
  }
}

function removedInWords(by: string, reason: string): string {
  return `removed by ${by} while it was down: ${reason}`;
}
