/**
 * The fleet of the browser's benchmark: a register of a million named hosts, some of them down in random places, and
 * a part of them that beats so seldom that it is up and late in turns. Nothing of it is stored while it changes.
 */
import { createSocket } from 'node:dgram';
import { openEpisode, seedDatabase, storedHost } from '../testing/seeded-database.ts';

export const MILLION = 1_000_000;
export const DOWN_SHARE = 0.03;
/** Silent hosts of the register stay pending for so long times MISSES. */
const SILENT_INTERVAL_MS = 655_000;

/** Every so-many-th host takes part in the storm. */
const STORM_STRIDE = 20;
/** Each is up at its beat and late 2.5 s later: two changes a turn. */
const TURN_MS = 10_000;
const SEND_EVERY_MS = 10;
/** With an interval of 1 s a host of the storm is late for the rest of its turn and never down. */
export const STORM_MISSES = 20;

/** Changes a second when all `hosts` take their turns. */
export const stormRate = (hosts: number): number => (2 * (hosts / STORM_STRIDE) * 1_000) / TURN_MS;

const nameOf = (i: number): string => `host-${String(i).padStart(7, '0')}`;
const labelsOf = (i: number): readonly (readonly [string, string])[] => [
  ['dc', `dc${i % 7}`],
  ['rack', `r${i % 2_500}`],
  ['role', ['web', 'db', 'cache', 'queue'][i % 4]!],
];

/** As if by chance, but the same places each time: MurmurHash3's finaliser of the number. */
function isDown(i: number): boolean {
  if (i % STORM_STRIDE === 0) return false;
  let hash = Math.imul(i ^ (i >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32 < DOWN_SHARE * (STORM_STRIDE / (STORM_STRIDE - 1));
}

/** About ten seconds for a million. */
export async function seedMillion(dataDir: string, hosts: number, nowMs: number): Promise<void> {
  function* register() {
    for (let i = 0; i < hosts; i++) yield storedHost(nameOf(i), SILENT_INTERVAL_MS, labelsOf(i));
  }
  const episodes = [];
  for (let i = 0; i < hosts; i++) if (isDown(i)) episodes.push(openEpisode(nameOf(i), nowMs - 3_600_000));
  await seedDatabase(dataDir, { hosts: register(), episodes });
}

/** Text heartbeats at an even pace until `stop`; what has been handed to the kernel, and how late at most. */
export class Storm {
  readonly #socket = createSocket('udp4');
  readonly #beats: readonly Buffer[];
  readonly #port: number;
  readonly #timer: NodeJS.Timeout;
  readonly #beganMs = performance.now();
  #sent = 0;
  #latestMs = 0;

  constructor(hosts: number, port: number) {
    this.#port = port;
    this.#beats = Array.from({ length: Math.floor(hosts / STORM_STRIDE) }, (_, i) => {
      const labels = labelsOf(i * STORM_STRIDE).map(([key, value]) => `${key}=${value}`);
      return Buffer.from([nameOf(i * STORM_STRIDE), 'interval=1s', ...labels].join(' '));
    });
    this.#timer = setInterval(() => this.#send(), SEND_EVERY_MS);
  }

  get sent(): number {
    return this.#sent;
  }

  /** The longest wait between two rounds, ms. */
  get latestMs(): number {
    return this.#latestMs;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #send(): void {
    const elapsedMs = performance.now() - this.#beganMs;
    const due = Math.floor((elapsedMs * this.#beats.length) / TURN_MS);
    this.#latestMs = Math.max(this.#latestMs, ((due - this.#sent) * TURN_MS) / this.#beats.length);
    for (; this.#sent < due; this.#sent++) {
      this.#socket.send(this.#beats[this.#sent % this.#beats.length]!, this.#port, '127.0.0.1');
    }
  }
}
