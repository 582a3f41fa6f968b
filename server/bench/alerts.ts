/**
 * What alerts cost that are kept on disk: bulk acknowledging, everything down at once, a long history, retention, and
 * the start with a large register. The real server over HTTP; the database beside it by itself. About two minutes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { AckAnswer, UnackAnswer } from '#lib/protocol/alert.ts';
import type { AlertPage, EventPage, Health, HostTimeline } from '#lib/protocol/api.ts';
import { hostIdHex } from '../host-id.ts';
import { databaseIn } from '../store/sqlite/database-file.ts';
import { type Control, measureControl } from './alerts-control.ts';
import {
  BULK,
  BULK_LABEL,
  DAY_MS,
  HISTORY_DAYS,
  HISTORY_HOSTS,
  HISTORY_OPEN,
  historyHost,
  openHost,
  REGISTER_HOSTS,
  seedHistory,
  seedRegister,
  TRANSITIONS,
} from './alerts-fleet.ts';
import { isServerAnswer, type ServerAnswer, type ServerQuestion, type Stall } from './alerts-messages.ts';
import { BenchChild } from './bench-child.ts';
import { startOptions } from './start-options.ts';
import { type Machine, machine, median } from './statistics.ts';

const STARTS = 5;
const BULK_ROUNDS = 5;
const READS = 50;
const TIMELINE_BUCKETS = 360;
const PAGE = 100;
/** Without trimming, for comparison. */
const LONE_ACKS = 200;
const KEPT_DAYS = HISTORY_DAYS / 2;
const LOOK_EVERY_MS = 20;
const WITHIN_MS = 60_000;

export type Spread = { readonly medianMs: number; readonly longestMs: number; readonly count: number };

export type AlertsResult = {
  readonly machine: Machine;
  readonly control: Control;
  readonly start: Spread;
  readonly downs: {
    /** From the first down that was seen until all were down, and until all were stored. */
    readonly allDownMs: number;
    readonly storedMs: number;
    readonly stall: Stall;
    /** First page of /api/alerts meanwhile. */
    readonly page: Spread;
  };
  readonly bulk: { readonly ack: Spread; readonly undo: Spread; readonly stall: Stall };
  readonly history: {
    readonly timeline: Spread;
    readonly events: Spread;
    readonly laterEvents: Spread;
    readonly stall: Stall;
  };
  readonly retention: {
    readonly rows: number;
    readonly tookMs: number;
    /** Single acknowledgements one after the other, without and with trimming. */
    readonly loneAck: Spread;
    readonly ack: Spread;
    readonly stall: Stall;
  };
};

const spreadOf = (values: readonly number[]): Spread => ({
  medianMs: median(values),
  longestMs: Math.max(...values),
  count: values.length,
});

class BenchServer {
  readonly #child: BenchChild<ServerQuestion, ServerAnswer>;
  readonly #origin: string;
  /** From the start of its process to its first answer. */
  readonly firstAnswerMs: number;

  private constructor(child: BenchChild<ServerQuestion, ServerAnswer>, port: number, beganMs: number) {
    this.#child = child;
    this.#origin = `http://127.0.0.1:${port}`;
    this.firstAnswerMs = performance.now() - beganMs;
  }

  static async start(dataDir: string, ...settings: readonly string[]): Promise<BenchServer> {
    const beganMs = performance.now();
    const child = new BenchChild<ServerQuestion, ServerAnswer>(
      new URL('./alerts-server.ts', import.meta.url),
      ['--port', '0', '--heartbeat-port', '0', '--data-dir', dataDir, ...settings],
      isServerAnswer,
      startOptions(),
    );
    const { port } = await child.ask({ ask: 'ready' });
    await (await fetch(`http://127.0.0.1:${port}/api/health`)).arrayBuffer();
    return new BenchServer(child, port, beganMs);
  }

  /** With the ms from the question to the whole answer. Rejects for anything but 200. */
  async ask<T>(address: string, body?: object): Promise<{ readonly answer: T; readonly tookMs: number }> {
    const beganMs = performance.now();
    const response = await fetch(this.#origin + address, {
      method: body === undefined ? 'GET' : 'POST',
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const tookMs = performance.now() - beganMs;
    if (response.status !== 200)
      throw new Error(`${address} answered ${response.status}: ${text.slice(0, 300)}`);
    return { answer: JSON.parse(text), tookMs };
  }

  async health(): Promise<Health> {
    return (await this.ask<Health>('/api/health')).answer;
  }

  /** The longest stall since the last call. */
  async stall(): Promise<Stall> {
    return (await this.#child.ask({ ask: 'stall', reset: true })).stall;
  }

  end(): Promise<void> {
    return this.#child.ended();
  }
}

/** One value of the database, read beside the server. */
function fromDatabase(dataDir: string, sql: string): number {
  const database = new DatabaseSync(databaseIn(dataDir), { readOnly: true });
  try {
    return Number(Object.values(database.prepare(sql).get() ?? { none: Number.NaN })[0]);
  } finally {
    database.close();
  }
}

async function measureDowns(server: BenchServer, dataDir: string): Promise<AlertsResult['downs']> {
  const deadlineMs = performance.now() + WITHIN_MS;
  while ((await server.health()).hosts.down === 0) {
    if (performance.now() > deadlineMs) throw new Error('nobody went down');
    await pause(LOOK_EVERY_MS);
  }
  const beganMs = performance.now();
  const pages: number[] = [];
  let allDownMs = Number.NaN;
  for (;;) {
    const { hosts, store } = await server.health();
    const tookMs = performance.now() - beganMs;
    if (hosts.down === REGISTER_HOSTS && Number.isNaN(allDownMs)) allDownMs = tookMs;
    const isStored = hosts.down === REGISTER_HOSTS && store.waiting === 0;
    if (isStored && fromDatabase(dataDir, 'SELECT count(*) FROM episodes') === REGISTER_HOSTS) {
      return { allDownMs, storedMs: tookMs, stall: await server.stall(), page: spreadOf(pages) };
    }
    if (tookMs > WITHIN_MS) throw new Error(`${hosts.down} are down, ${store.waiting} rows wait`);
    pages.push((await server.ask<AlertPage>(`/api/alerts?limit=${PAGE}`)).tookMs);
    await pause(LOOK_EVERY_MS);
  }
}

async function measureBulk(server: BenchServer): Promise<AlertsResult['bulk']> {
  const [acks, undos]: [number[], number[]] = [[], []];
  await server.stall();
  for (let round = 0; round < BULK_ROUNDS; round++) {
    const ack = await server.ask<AckAnswer>('/api/alerts/ack', {
      filter: { label: BULK_LABEL },
      comment: 'power work',
      by: 'ana',
    });
    const undo = await server.ask<UnackAnswer>('/api/alerts/unack', {
      batchId: ack.answer.batchId,
      by: 'ana',
    });
    if (ack.answer.acked !== BULK || undo.answer.unacked !== BULK) {
      throw new Error(`${ack.answer.acked} acknowledged and ${undo.answer.unacked} taken back of ${BULK}`);
    }
    acks.push(ack.tookMs);
    undos.push(undo.tookMs);
  }
  return { ack: spreadOf(acks), undo: spreadOf(undos), stall: await server.stall() };
}

async function measureHistory(server: BenchServer, nowMs: number): Promise<AlertsResult['history']> {
  const span = `from=${nowMs - HISTORY_DAYS * DAY_MS}&to=${nowMs}`;
  const [timelines, events, later]: [number[], number[], number[]] = [[], [], []];
  await server.stall();
  for (let i = 0; i < READS; i++) {
    const host = historyHost((i * 7_919) % HISTORY_HOSTS);
    const timeline = await server.ask<HostTimeline>(
      `/api/hosts/${host}/timeline?${span}&buckets=${TIMELINE_BUCKETS}`,
    );
    if (timeline.answer.downs !== TRANSITIONS / HISTORY_HOSTS / 2) {
      throw new Error(`${host} went down ${timeline.answer.downs} times`);
    }
    timelines.push(timeline.tookMs);
    const first = await server.ask<EventPage>(`/api/events?limit=${PAGE}`);
    events.push(first.tookMs);
    // A page of a day somewhere in the month.
    const fromMs = nowMs - ((i * 11) % HISTORY_DAYS) * DAY_MS - DAY_MS;
    const day = await server.ask<EventPage>(`/api/events?from=${fromMs}&to=${fromMs + DAY_MS}&limit=${PAGE}`);
    if (day.answer.events.length !== PAGE) throw new Error(`${day.answer.events.length} events in a day`);
    later.push(day.tookMs);
  }
  return {
    timeline: spreadOf(timelines),
    events: spreadOf(events),
    laterEvents: spreadOf(later),
    stall: await server.stall(),
  };
}

/** Takes one alert and gives it back, one call after the other, until `isOver` says so. */
async function acknowledgeUntil(server: BenchServer, isOver: (calls: number) => boolean): Promise<Spread> {
  const took: number[] = [];
  for (let i = 0; !isOver(took.length); i++) {
    const ids = [`${hostIdHex(openHost(i % HISTORY_OPEN))}-1`];
    took.push((await server.ask('/api/alerts/ack', { ids, by: 'ana' })).tookMs);
    took.push((await server.ask('/api/alerts/unack', { ids, by: 'ana' })).tookMs);
  }
  return spreadOf(took);
}

async function measureRetention(
  dataDir: string,
  loneAck: Spread,
  rowsBefore: number,
): Promise<AlertsResult['retention']> {
  // It trims as it starts.
  const server = await BenchServer.start(dataDir, '--retention-days', String(KEPT_DAYS));
  try {
    const beganMs = performance.now();
    await server.stall();
    let lookedAtMs = beganMs;
    const cutoffMs = Date.now() - KEPT_DAYS * DAY_MS - 60_000;
    const isOver = (): boolean => {
      const nowMs = performance.now();
      if (nowMs - beganMs > 2 * WITHIN_MS) throw new Error('the trimming does not end');
      if (nowMs - lookedAtMs < 200) return false;
      lookedAtMs = nowMs;
      return fromDatabase(dataDir, 'SELECT at FROM events ORDER BY seq LIMIT 1') > cutoffMs;
    };
    const ack = await acknowledgeUntil(server, isOver);
    const tookMs = performance.now() - beganMs;
    const rows = rowsBefore - fromDatabase(dataDir, "SELECT count(*) FROM events WHERE host LIKE 'host-%'");
    return { rows, tookMs, loneAck, ack, stall: await server.stall() };
  } finally {
    await server.end();
  }
}

/** Runs it all; `say` takes lines of progress. Rejects when something is not as it must be. */
export async function benchAlerts(say: (line: string) => void): Promise<AlertsResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pulsewatch-bench-'));
  const [register, history] = [path.join(folder, 'register'), path.join(folder, 'history')];
  let server: BenchServer | null = null;
  try {
    await seedRegister(register);
    say(`a register of ${REGISTER_HOSTS} hosts is there`);
    const starts: number[] = [];
    for (let i = 0; i < STARTS; i++) {
      await server?.end();
      server = await BenchServer.start(register);
      starts.push(server.firstAnswerMs);
    }
    await server!.stall();
    const downs = await measureDowns(server!, register);
    say('all of them went down');
    const bulk = await measureBulk(server!);
    await server!.end();
    const control = measureControl(REGISTER_HOSTS, BULK);
    say('acknowledging in bulk is measured');

    const nowMs = Date.now();
    await seedHistory(history, nowMs);
    say(`a history of ${TRANSITIONS} transitions is there`);
    server = await BenchServer.start(history, '--retention-days', '365');
    const read = await measureHistory(server, nowMs);
    const loneAck = await acknowledgeUntil(server, (calls) => calls >= LONE_ACKS);
    await server.end();
    say('reading it is measured');
    const retention = await measureRetention(history, loneAck, TRANSITIONS);
    return { machine: machine(), control, start: spreadOf(starts), downs, bulk, history: read, retention };
  } finally {
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
