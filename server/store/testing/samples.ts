/** Rows for tests of stores. */
import type { HostEvent } from '#lib/protocol/host.ts';
import type { EpisodeRecord, StoreBatch } from '../store.ts';

export const HOSTS = ['00000000000000a1', '00000000000000a2'] as const;

export function hostEvent(at: number, over: Partial<HostEvent> = {}): HostEvent {
  return {
    at,
    hostId: HOSTS[0],
    host: 'web-01',
    kind: 'up',
    reason: null,
    evidence: null,
    by: null,
    ...over,
  };
}

/** An open episode of the first host. */
export function openEpisode(episode: number, openedAt: number): EpisodeRecord {
  return {
    alert: {
      id: `${HOSTS[0]}-${episode}`,
      hostId: HOSTS[0],
      host: 'web-01',
      episode,
      openedAt,
      closedAt: null,
      reason: 'no heartbeat for 5.0 s',
      evidence: null,
      incidentId: null,
      ack: null,
    },
    timeoutMs: 5_000,
    closedBy: null,
    batchId: null,
    downAt: openedAt,
  };
}

/** Parts of a command, each with an event. */
export const COMMAND_PARTS = 5;

/** An acknowledgement of some hosts in one batch; event and acknowledgement carry its number. */
export function commandBatch(number: number): StoreBatch & { readonly episodes: readonly EpisodeRecord[] } {
  const episodes = Array.from({ length: COMMAND_PARTS }, (_, part) => {
    const { alert, ...rest } = openEpisode(number, number);
    const hostId = part.toString(16).padStart(16, '0');
    const ack = { by: 'ada', at: number, comment: `command ${number}`, expiresAt: null };
    return { ...rest, alert: { ...alert, hostId, id: `${hostId}-${number}`, ack }, batchId: `b${number}` };
  });
  const events = episodes.map(({ alert }) =>
    hostEvent(number, { hostId: alert.hostId, kind: 'acknowledged', by: 'ada', reason: `command ${number}` }),
  );
  return { events, episodes };
}
