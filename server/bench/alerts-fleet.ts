/** The folders the benchmark of alerts begins with: a large register, and a long history of many hosts or of one. */
import type { HostEvent } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import type { StoredHost } from '../store/store.ts';
import { openEpisode, seedDatabase, storedHost } from '../testing/seeded-database.ts';

export const REGISTER_HOSTS = 100_000;
/** Of them, those that one label finds. */
export const BULK = 12_431;
export const BULK_LABEL = 'set:bulk';
const REGISTER_INTERVAL_MS = 1_000;

export const HISTORY_HOSTS = 10_000;
export const TRANSITIONS = 1_000_000;
export const HISTORY_DAYS = 30;
export const DAY_MS = 24 * 3_600_000;
/** Alerts that can be acknowledged while the history is trimmed. */
export const HISTORY_OPEN = 400;

export const historyHost = (i: number): string => `host-${String(i).padStart(5, '0')}`;
export const openHost = (i: number): string => `open-${i}`;

/** Nobody beats: all go down at once when their timeout has passed after the start. */
export function seedRegister(dataDir: string): Promise<void> {
  function* hosts(): Iterable<StoredHost> {
    for (let i = 0; i < REGISTER_HOSTS; i++) {
      const rack = ['rack', `r${i % 2_500}`] as const;
      const set = i < BULK ? [['set', 'bulk'] as const] : [];
      yield storedHost(`host-${String(i).padStart(6, '0')}`, REGISTER_INTERVAL_MS, [rack, ...set]);
    }
  }
  return seedDatabase(dataDir, { hosts: hosts() });
}

/** So many hosts go down and up again and again over the days, spread evenly; oldest first. */
export function seedHistory(dataDir: string, nowMs: number, hosts = HISTORY_HOSTS): Promise<void> {
  const spanMs = HISTORY_DAYS * DAY_MS;
  const ids = Array.from({ length: hosts }, (_, i) => hostIdHex(historyHost(i)));
  function* events(): Iterable<HostEvent> {
    for (let i = 0; i < TRANSITIONS; i++) {
      const host = i % hosts;
      const isDown = Math.floor(i / hosts) % 2 === 0;
      yield {
        at: Math.round(nowMs - spanMs + (spanMs * i) / TRANSITIONS),
        hostId: ids[host]!,
        host: historyHost(host),
        kind: isDown ? 'down' : 'up',
        reason: isDown ? 'no heartbeat for 5.0 s, one expected every 1.0 s' : null,
        evidence: null,
        by: null,
      };
    }
  }
  const open = Array.from({ length: HISTORY_OPEN }, (_, i) => openHost(i));
  return seedDatabase(dataDir, {
    // A day's timeout: none of them goes down meanwhile.
    hosts: [
      ...Array.from({ length: hosts }, (_, i) => storedHost(historyHost(i), 600_000)),
      ...open.map((name) => storedHost(name, 600_000)),
    ],
    episodes: open.map((name) => openEpisode(name, nowMs - 3_600_000)),
    events: events(),
  });
}
