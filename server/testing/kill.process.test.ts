/**
 * kill -9 under a storm of acknowledgements and removals, and while the server starts, again and again on the same
 * DATA_DIR. KILLS (10; the soak takes 100) and KILL_SEED choose how often and when.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { AckAnswer, Acknowledgement, Alert, AlertId } from '#lib/protocol/alert.ts';
import type { EventPage } from '#lib/protocol/api.ts';
import { Prng } from '../agent/prng.ts';
import { hostIdHex } from '../host-id.ts';
import { StormOperator } from './ack-storm.ts';
import { BeatingHosts } from './beating-hosts.ts';
import { RemovalStorm } from './removal-storm.ts';
import { seedDatabase, storedHost } from './seeded-database.ts';
import { ServerProcess } from './server-process.ts';

const KILLS = Number(process.env.KILLS ?? 10);
const SEED = Number(process.env.KILL_SEED ?? 20_261);
const OPERATORS = 6;
const SILENT_EACH = 12;
const UNSTEADY_EACH = 2;
const STEADY = 20;
/** Silent hosts that all operators reach for. */
const CONTENDED = 12;
const CONTENDED_RACK = 'shared';
/** A timeout of 500 ms, the least there is. */
const QUICK_MS = 100;
/** A timeout of 5 s: a machine that is busy for a moment does not silence them. */
const STEADY_MS = 1_000;
const STORM_MS = [20, 700] as const;
/** Hosts that are removed, by name or a group at once. */
const LEAVER_GROUPS = 6;
const LEAVERS_EACH = 4;
/** The share of all starts but the first that are killed on the way. */
const KILLED_STARTS = 0.5;
/** Well within the minute in which a host's next silence is the same alert. */
const ALL_DOWN_EVERY_MS = 20_000;
const TURN_MS = [300, 1_200] as const;

const READY_LINE = /^Pulsewatch is ready/;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const between = (random: Prng, [from, to]: readonly [number, number]): number =>
  Math.round(from + random.next() * (to - from));

const alertsBy = (alerts: readonly Alert[]): Map<string, Alert> =>
  new Map(alerts.map((alert) => [alert.host, alert]));

/** Every alert there is: open ones before and after, so that one that moves in between is not missed. */
async function allAlerts(server: ServerProcess): Promise<Alert[]> {
  const found = new Map<AlertId, Alert>();
  for (const status of ['open', 'resolved', 'open']) {
    const { alerts } = await server.get(`/api/alerts?status=${status}&limit=500`);
    for (const alert of alerts as Alert[]) found.set(alert.id, alert);
  }
  return [...found.values()];
}

/** Hosts that fall silent and come back now and then, also while the server is away. */
class UnsteadyHosts {
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #hosts: BeatingHosts;
  readonly #names: readonly string[];
  readonly #random: Prng;
  #allDownAtMs = performance.now();

  constructor(hosts: BeatingHosts, names: readonly string[], random: Prng) {
    this.#hosts = hosts;
    this.#names = names;
    this.#random = random;
    for (const name of names) this.#turn(name);
  }

  /** Servers that live for less than a second see few of them go down. Down within the minute it is the same alert. */
  async downWithinTheMinute(server: ServerProcess): Promise<void> {
    if (performance.now() - this.#allDownAtMs < ALL_DOWN_EVERY_MS) return;
    this.stop();
    for (const name of this.#names) this.#hosts.silence(name);
    await server.until(
      '/api/hosts?q=-unsteady-&state=down&limit=1',
      ({ total }) => total === this.#names.length,
    );
    this.#allDownAtMs = performance.now();
    for (const name of this.#names) this.#turn(name);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #turn(name: string): void {
    if (this.#hosts.beats(name)) this.#hosts.silence(name);
    else this.#hosts.wake(name);
    const timer = setTimeout(() => this.#turn(name), between(this.#random, TURN_MS));
    this.#timers.set(name, timer);
  }
}

/** What no two operators share but these: once taken, always that owner's. */
class Contended {
  owners = new Map<AlertId, Acknowledgement>();
  readonly #ids: readonly AlertId[];

  constructor(ids: readonly AlertId[]) {
    this.#ids = ids;
  }

  async storm(server: ServerProcess, by: string, random: Prng, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const id = this.#ids[random.below(this.#ids.length)]!;
      const answer = await server.post('/api/alerts/ack', { ids: [id], by }).catch(() => null);
      if (answer === null) return;
      const ack = (answer.body as AckAnswer).results?.[0]?.ack;
      if (ack === undefined || ack === null) throw new Error(`${id}: ${JSON.stringify(answer.body)}`);
      // Also when it was somebody else's already: who is told so may rely on it.
      const owner = this.owners.get(id);
      if (owner === undefined) this.owners.set(id, ack);
      else expect(ack).toEqual(owner);
    }
  }

  check(alerts: readonly Alert[]): void {
    const acks = new Map(alerts.map(({ id, ack }) => [id, ack]));
    for (const [id, owner] of this.owners) expect(acks.get(id), id).toEqual(owner);
  }

  async release(server: ServerProcess): Promise<void> {
    expect((await server.post('/api/alerts/unack', { ids: this.#ids })).status).toBe(200);
    this.owners = new Map();
  }
}

/** Starts the server, now and then only after starts that were killed on the way. */
class StartKiller {
  /** Before they were ready. */
  killed = 0;
  readonly #random: Prng;
  /** The shortest that was seen: a kill within it falls anywhere from the first instruction to the last. */
  #startMs = Number.POSITIVE_INFINITY;

  constructor(random: Prng) {
    this.#random = random;
  }

  /** Without `ports` it is the first start, which nothing kills. */
  async start(dataDir: string, ports?: ServerProcess): Promise<ServerProcess> {
    while (ports !== undefined && this.#random.next() < KILLED_STARTS) {
      const starting = ServerProcess.spawn(dataDir, { ports });
      await pause(this.#random.next() * this.#startMs);
      starting.kill('SIGKILL');
      await starting.exit;
      if (!starting.stdout.some((line) => READY_LINE.test(line))) this.killed++;
    }
    const beganMs = performance.now();
    const server = await ServerProcess.start(dataDir, { ports });
    this.#startMs = Math.min(this.#startMs, performance.now() - beganMs);
    return server;
  }
}

test(
  'G61, G62, G63, G70: what was answered before a kill -9 is there after it, whole, and nobody is down twice',
  async () => {
    const random = new Prng(SEED);
    const dataDir = mkdtempSync(join(tmpdir(), 'pulsewatch-kill-'));
    stops.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const racks = Array.from({ length: OPERATORS }, (_, i) => `r${i}`);
    const silentOf = (rack: string, count: number) =>
      Array.from({ length: count }, (_, i) => `${rack}-silent-${i}`);
    const unsteadyOf = (rack: string) =>
      Array.from({ length: UNSTEADY_EACH }, (_, i) => `${rack}-unsteady-${i}`);
    const silent = [
      ...racks.flatMap((rack) => silentOf(rack, SILENT_EACH)),
      ...silentOf(CONTENDED_RACK, CONTENDED),
    ];
    const unsteady = racks.flatMap(unsteadyOf);
    const steady = Array.from({ length: STEADY }, (_, i) => `steady-${i}`);
    const removal = new RemovalStorm(LEAVER_GROUPS, LEAVERS_EACH, new Prng(SEED + 1_000));
    const starts = new StartKiller(new Prng(SEED + 2_000));
    const rackOf = (name: string) => ['rack', name.split('-')[0]!] as const;
    // Known from before: that a host was heard twice, and so alerts, is written down only after some seconds.
    await seedDatabase(dataDir, {
      hosts: [
        ...[...silent, ...unsteady].map((name) => storedHost(name, QUICK_MS, [rackOf(name)])),
        ...steady.map((name) => storedHost(name, STEADY_MS)),
        ...removal.names.map((name) => storedHost(name, QUICK_MS, [removal.labelOf(name)])),
      ],
    });
    let server = await starts.start(dataDir);
    stops.push(() => server.process.end());
    const hosts = new BeatingHosts(server.heartbeatPort);
    stops.push(() => hosts.close());
    for (const name of unsteady) hosts.add(name, QUICK_MS, `rack=${rackOf(name)[1]}`);
    for (const name of steady) hosts.add(name, STEADY_MS);
    await server.until('/api/alerts?limit=500', ({ alerts }) => {
      const known = alertsBy(alerts);
      return [...silent, ...removal.names].every((name) => known.has(name));
    });
    // A filter finds what has been shown; an alert is on disk a little sooner.
    await server.until('/api/hosts?q=-silent-&state=down&limit=1', ({ total }) => total === silent.length);
    const atFirst = alertsBy(await allAlerts(server));
    const idsOf = (names: readonly string[]) => names.map((name) => atFirst.get(name)!.id);

    const operators = racks.map(
      (rack, i) =>
        new StormOperator(
          {
            name: `operator-${i}`,
            label: `rack:${rack}`,
            silent: idsOf(silentOf(rack, SILENT_EACH)),
            unsteady: new Set(unsteadyOf(rack).map(hostIdHex)),
          },
          new Prng(SEED + i + 1),
        ),
    );
    const contended = new Contended(idsOf(silentOf(CONTENDED_RACK, CONTENDED)));

    const turning = new UnsteadyHosts(hosts, unsteady, random);
    stops.push(() => turning.stop());
    for (let kill = 1; kill <= KILLS; kill++) {
      let isOver = false;
      const over = () => isOver;
      const storm = [
        ...operators.map((operator) => operator.storm(server, over)),
        removal.storm(server, over),
        ...[0, 1].map((i) => contended.storm(server, `rival-${i}`, new Prng(SEED + kill * 2 + i), over)),
      ];
      await Promise.race([pause(between(random, STORM_MS)), Promise.all(storm)]);
      await server.kill('SIGKILL');
      isOver = true;
      await Promise.all(storm);

      server = await starts.start(dataDir, server);
      const alerts = await allAlerts(server);
      const said = `after kill ${kill} with KILL_SEED=${SEED}`;
      for (const operator of operators) {
        expect(() => operator.check(alerts), said).not.toThrow();
      }
      contended.check(alerts);
      await expect(removal.check(server, alerts), said).resolves.toBeUndefined();
      await contended.release(server);

      const known = alertsBy(alerts);
      for (const name of silent) {
        const { id, openedAt, closedAt, episode } = known.get(name)!;
        const first = atFirst.get(name)!;
        expect({ id, openedAt, closedAt, episode }, `${name} ${said}`).toMatchObject({
          id: first.id,
          openedAt: first.openedAt,
          closedAt: null,
          episode: 1,
        });
      }
      // Each its host's only one; the steady ones have none.
      expect(
        alerts.filter(({ episode }) => episode > 1),
        said,
      ).toEqual([]);
      expect(alerts.filter(({ host }) => host.startsWith('steady-'))).toEqual([]);
      await removal.returnSome(server);
      await turning.downWithinTheMinute(server);
    }

    expect(Math.min(...operators.map(({ calls }) => calls))).toBeGreaterThan(KILLS);
    expect(Math.min(removal.removals, removal.returns)).toBeGreaterThan(0);
    expect(starts.killed).toBeGreaterThan(0);
    for (const name of [silent[0]!, silent.at(-1)!]) {
      let downs = 0;
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: EventPage = await server.get(`/api/hosts/${name}/events?limit=500&cursor=${cursor}`);
        downs += page.events.filter(({ kind }) => kind === 'down').length;
        cursor = page.nextCursor;
      }
      expect(downs, name).toBe(1);
    }
  },
  60_000 + KILLS * 8_000,
);
