/** A DATA_DIR as an earlier run left it, written by the real store: a register, open alerts, history. For tests and benches. */
import { canonicalLabels, type HostEvent } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { databaseIn } from '../store/sqlite/database-file.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { EpisodeRecord, StoreBatch, StoredHost } from '../store/store.ts';

const ROWS_A_BATCH = 2_000;

/** One that was heard often enough to alert, an hour ago at the latest. */
export function storedHost(
  name: string,
  intervalMs: number,
  labels: readonly (readonly [string, string])[] = [],
): StoredHost {
  return {
    id: hostIdHex(name),
    name,
    labels: canonicalLabels(labels),
    intervalMs,
    registeredAt: Date.now() - 3_600_000,
    confirmed: true,
    left: null,
  };
}

/** Down since `openedAt`, by silence. */
export function openEpisode(
  name: string,
  openedAt: number,
  over: Partial<EpisodeRecord['alert']> = {},
): EpisodeRecord {
  const hostId = hostIdHex(name);
  return {
    alert: {
      id: `${hostId}-1`,
      hostId,
      host: name,
      episode: 1,
      openedAt,
      closedAt: null,
      reason: 'no heartbeat for 5.0 s, one expected every 1.0 s',
      evidence: null,
      incidentId: null,
      ack: null,
      ...over,
    },
    timeoutMs: 5_000,
    closedBy: null,
    batchId: null,
    downAt: openedAt,
  };
}

export type Seed = {
  readonly hosts?: Iterable<StoredHost>;
  readonly episodes?: readonly EpisodeRecord[];
  readonly events?: Iterable<HostEvent>;
};

function* portionsOf<T>(items: Iterable<T>): Iterable<readonly T[]> {
  let portion: T[] = [];
  for (const item of items) {
    if (portion.push(item) < ROWS_A_BATCH) continue;
    yield portion;
    portion = [];
  }
  if (portion.length > 0) yield portion;
}

/** Creates it. About 10 µs a row. */
export async function seedDatabase(
  dataDir: string,
  { hosts = [], episodes = [], events = [] }: Seed,
): Promise<void> {
  const store = await openSqliteStore({ path: databaseIn(dataDir) });
  try {
    await store.load(Date.now());
    const append = (batch: StoreBatch): Promise<void> => store.append(batch, 'history');
    for (const portion of portionsOf(hosts)) await append({ hosts: portion });
    if (episodes.length > 0) await append({ episodes });
    for (const portion of portionsOf(events)) await append({ events: portion });
  } finally {
    await store.close();
  }
}
