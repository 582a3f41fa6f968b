/**
 * What alerts cost that are kept on disk: bulk acknowledging, everything down at once, a long history, retention, and
 * the start with a large register. The real server over HTTP; the database beside it by itself. About three minutes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AckAnswer, UnackAnswer } from '#lib/protocol/alert.ts';
import type { AlertPage, EventPage, HostTimeline } from '#lib/protocol/api.ts';
import { hostIdHex } from '../host-id.ts';
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
import type { Stall } from './alerts-messages.ts';
import { BenchServer, fromDatabase } from './bench-server.ts';
import { type Machine, machine, median } from './statistics.ts';

const STARTS = 5;
const BULK_ROUNDS = 5;
const READS = 50;
/** Timelines of the one host while alerts are acknowledged. */
const READS_MEANWHILE = 20;
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
  /** As many transitions, all of one host. */
  readonly oneHost: {
    readonly timeline: Spread;
    /** Single acknowledgements one after the other while its timeline is read again and again. */
    readonly ack: Spread;
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

/** The timeline of 30 days; how long it took, ms. Rejects when the host did not go down so often. */
async function readTimeline(
  server: BenchServer,
  host: string,
  nowMs: number,
  downs: number,
): Promise<number> {
  const span = `from=${nowMs - HISTORY_DAYS * DAY_MS}&to=${nowMs}`;
  const { answer, tookMs } = await server.ask<HostTimeline>(
    `/api/hosts/${host}/timeline?${span}&buckets=${TIMELINE_BUCKETS}`,
  );
  if (answer.downs !== downs) throw new Error(`${host} went down ${answer.downs} times instead of ${downs}`);
  return tookMs;
}

async function measureHistory(server: BenchServer, nowMs: number): Promise<AlertsResult['history']> {
  const [timelines, events, later]: [number[], number[], number[]] = [[], [], []];
  await server.stall();
  for (let i = 0; i < READS; i++) {
    const host = historyHost((i * 7_919) % HISTORY_HOSTS);
    timelines.push(await readTimeline(server, host, nowMs, TRANSITIONS / HISTORY_HOSTS / 2));
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

async function measureOneHost(server: BenchServer, nowMs: number): Promise<AlertsResult['oneHost']> {
  const read = () => readTimeline(server, historyHost(0), nowMs, TRANSITIONS / 2);
  const timelines: number[] = [];
  for (let i = 0; i < READS; i++) timelines.push(await read());
  await server.stall();
  let reads = 0;
  let isOver = false;
  const reading = (async () => {
    for (; !isOver; reads++) await read();
  })();
  const isEnough = (calls: number): boolean => calls >= LONE_ACKS && reads >= READS_MEANWHILE;
  const [ack] = await Promise.all([
    acknowledgeUntil(server, isEnough).finally(() => {
      isOver = true;
    }),
    reading,
  ]);
  return { timeline: spreadOf(timelines), ack, stall: await server.stall() };
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
      if (nowMs - beganMs > 3 * WITHIN_MS) throw new Error('the trimming does not end');
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
  const [register, history, lone] = ['register', 'history', 'lone'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string];
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
    say('trimming it is measured');

    await seedHistory(lone, nowMs, 1);
    say(`a history of ${TRANSITIONS} transitions of one host is there`);
    server = await BenchServer.start(lone, '--retention-days', '365');
    const oneHost = await measureOneHost(server, nowMs);
    await server.end();
    return {
      ...{ machine: machine(), control, start: spreadOf(starts), downs, bulk },
      ...{ history: read, oneHost, retention },
    };
  } finally {
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
