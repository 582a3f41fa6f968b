import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as IoServer, type Socket } from 'socket.io';
import * as parser from 'socket.io-msgpack-parser';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Frame, toJsonFrame } from '#lib/protocol/frames.ts';
import { parsePosition } from '#lib/protocol/position.ts';
import type { Transport } from './ladder.ts';
import { createLive, type Live, type LiveOptions } from './live.ts';
import { LEASE_EVERY_KEY, MODE_KEY, type ModeStorage } from './mode-choice.ts';
import { anAlert, ModelServer } from './testing/model-server.ts';
import type { LiveState } from './view-store.ts';

let http: Server;
let io: IoServer;
let options: LiveOptions;
let model: ModelServer;
let alertReads: number;
const lives: Live[] = [];
const sent = new Map<Socket, number>();
/** Long polls that wait for news, and event streams. */
const held = new Set<() => void>();
const streams = new Set<() => void>();

function json(response: ServerResponse, body: unknown): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

beforeEach(async () => {
  model = new ModelServer(Date.now);
  model.change([
    [0, 2],
    [1, 4],
  ]);
  alertReads = 0;
  http = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost');
    const position = parsePosition(url.searchParams.get('e'), url.searchParams.get('s'));
    if (url.pathname === '/rt/poll') {
      const answer = (): void => json(response, { frames: model.answer(position).map(toJsonFrame) });
      const upToDate = position?.e === model.epoch && position.s === model.seq;
      if (url.searchParams.get('wait') === '0' || !upToDate) return answer();
      held.add(answer);
      response.on('close', () => held.delete(answer));
    } else if (url.pathname === '/rt/sse') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const stream = { s: model.seq };
      const send = (frames: readonly Frame[]): void => {
        for (const frame of frames) response.write(`data: ${JSON.stringify(toJsonFrame(frame))}\n\n`);
      };
      send(model.answer(position));
      const news = (): void => {
        if (stream.s < model.seq) send(model.diff(stream.s));
        stream.s = model.seq;
      };
      streams.add(news);
      response.on('close', () => streams.delete(news));
    } else if (url.pathname === '/api/alerts') {
      alertReads++;
      json(response, {
        position: model.position,
        alerts: [...model.openAlerts().values()],
        nextCursor: null,
      });
    } else {
      json(response, { position: model.position, total: 0, hosts: [], nextCursor: null });
    }
  });
  io = new IoServer(http, { parser: 'default' in parser ? (parser.default as typeof parser) : parser });
  io.on('connection', (socket) => {
    const { e, s } = socket.handshake.auth;
    sent.set(socket, model.seq);
    for (const frame of model.answer(parsePosition(e, s))) socket.emit('frame', frame);
    socket.on('disconnect', () => sent.delete(socket));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  options = {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    storage: null,
    mode: 'socketio',
  };
});
afterEach(async () => {
  for (const live of lives.splice(0)) live.stop();
  http.closeAllConnections();
  await io.close();
  sent.clear();
});

function storageOf(entries: Readonly<Record<string, string>>): ModeStorage {
  const kept = new Map(Object.entries(entries));
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
}

function push(): void {
  for (const [socket, s] of sent) {
    if (s < model.seq) for (const frame of model.diff(s)) socket.emit('frame', frame);
    sent.set(socket, model.seq);
  }
  for (const answer of [...held]) answer();
  held.clear();
  for (const news of streams) news();
}

function begin(changes: LiveOptions = {}): Live {
  const live = createLive({ ...options, ...changes });
  lives.push(live);
  live.start();
  return live;
}

function until(live: Live, condition: (state: LiveState) => boolean): Promise<LiveState> {
  return new Promise((resolve) => {
    const check = (): void => {
      const state = live.store.getState();
      if (!condition(state)) return;
      stop();
      resolve(state);
    };
    const stop = live.store.subscribe(check);
    check();
  });
}
const isLive = (state: LiveState): boolean => state.link.status === 'live';
const at = (s: number) => (state: LiveState) => state.seq === s;

/** Every ordered pair of transports once. */
const TOUR: readonly Transport[] = [
  ...(['sse', 'socketio', 'long-polling', 'socketio', 'polling', 'sse'] as const),
  ...(['long-polling', 'sse', 'polling', 'long-polling', 'polling', 'socketio'] as const),
];

test('C22, C44: every transport is flipped to every other over real connections, while hosts change', async () => {
  const live = begin();
  const first = await until(live, isLive);
  expect(first.link).toMatchObject({ transport: 'socketio', mode: 'socketio', fallback: null });
  expect([...first.states]).toEqual([2, 4]);
  expect(first.counts).toMatchObject({ total: 2, up: 1, down: 1 });
  const seen: (string | null)[] = [];
  live.store.subscribe(({ epoch }) => seen.push(epoch));
  const churn = setInterval(() => {
    model.change([[model.seq % 40, 1 + (model.seq % 5)]]);
    push();
  }, 5);
  for (const transport of TOUR) {
    live.setMode(transport);
    const there = await until(live, ({ link }) => link.transport === transport && link.status === 'live');
    // And it goes on delivering.
    await until(live, ({ seq }) => seq > there.seq);
  }
  clearInterval(churn);
  const state = await until(live, at(model.seq));
  expect([...state.states]).toEqual([...model.states]);
  expect(state.link).toMatchObject({ resyncs: 0, reconnects: 0, digestMismatches: 0, fallback: null });
  expect(new Set(seen)).toEqual(new Set([model.epoch]));
  // What was left is closed: no stream, no held request, no lease.
  await vi.waitFor(async () => {
    expect([streams.size, held.size, sent.size]).toEqual([0, 0, 1]);
    const { held: locks } = await navigator.locks.query();
    expect(locks!.filter(({ name }) => name!.startsWith('pw.stream.'))).toEqual([]);
  });
}, 30_000);

test.each(['sse', 'long-polling'] as const)(
  'C45: the fifth %s polls and says why, and streams as soon as there is room',
  async (mode) => {
    const four = Array.from({ length: 4 }, () => begin({ mode }));
    for (const live of four) expect((await until(live, isLive)).link.transport).toBe(mode);
    const fifth = begin({ mode, storage: storageOf({ [LEASE_EVERY_KEY]: '1000' }) });
    const polling = await until(fifth, isLive);
    expect(polling.link).toMatchObject({ transport: 'polling', mode });
    expect(polling.link.fallback).toMatchObject({ from: mode, why: 'no-lease', below: [] });
    four[0]!.stop();
    const streaming = await until(fifth, ({ link }) => link.transport === mode && link.status === 'live');
    expect(streaming.link.fallback).toBe(null);
  },
  20_000,
);

test('C24: pause freezes the view, resume catches up with one diff', async () => {
  const live = begin();
  await until(live, isLive);
  const versionAtPause = live.store.getState().version;
  live.pause();
  expect(live.store.getState().link.status).toBe('paused');
  model.change([[1, 2]]);
  model.change([[5, 4]]);
  push();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(live.store.getState().version).toBe(versionAtPause);
  live.resume();
  const state = await until(live, at(3));
  expect([...state.states]).toEqual([2, 2, 0, 0, 0, 4]);
  expect(state.version).toBe(versionAtPause + 1);
});

test('C13, C29: subscribers hear every frame at once, the store changes once per 16 ms', async () => {
  const live = begin();
  await until(live, isLive);
  const heard: (readonly number[] | null)[] = [];
  let stores = 0;
  live.subscribeChanges((slots, states) => {
    heard.push(slots);
    if (slots !== null) expect(states[7]).toBe(1 + (heard.length % 5));
  });
  live.store.subscribe(() => stores++);
  for (let i = 1; i <= 200; i++) {
    model.change([[7, 1 + (i % 5)]]);
    push();
  }
  const state = await until(live, at(201));
  expect(heard).toEqual(Array.from({ length: 200 }, () => [7]));
  expect(stores).toBeLessThan(100);
  expect(state.recentChanges.length).toBe(50);
  expect(state.recentChanges[0]).toMatchObject({ slot: 7, to: 1 });
  model.restart();
  model.change([[0, 3]]);
  io.disconnectSockets(true);
  await until(live, ({ epoch }) => epoch === model.epoch);
  expect(heard.at(-1)).toBe(null);
});

test('C10: a wrong digest is cured by a snapshot; the third within ten minutes is said', async () => {
  const live = begin();
  await until(live, isLive);
  for (const round of [1, 2, 3]) {
    const wrong = { ...model.beat(), dig: `${round}`.padStart(16, '0') };
    for (const socket of sent.keys()) socket.emit('frame', wrong);
    const state = await until(live, ({ link }) => link.digestMismatches === round && link.status === 'live');
    expect(state.link.digestTrouble).toBe(round === 3);
    expect(state.link.resyncs).toBe(round);
  }
});

test('C23: the choice is kept, the page may say otherwise, a storage that throws is survived', async () => {
  const kept = new Map<string, string>();
  const storage: ModeStorage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => {
      kept.set(key, value);
    },
  };
  const first = begin({ storage, mode: null });
  expect(first.store.getState().link.mode).toBe('auto');
  first.setMode('polling');
  expect(kept.get(MODE_KEY)).toBe('polling');
  expect(begin({ storage, mode: null }).store.getState().link.mode).toBe('polling');
  expect(begin({ storage, mode: 'socketio' }).store.getState().link.mode).toBe('socketio');
  expect(kept.get(MODE_KEY)).toBe('polling');
  kept.set(MODE_KEY, 'carrier pigeon');
  expect(begin({ storage, mode: null }).store.getState().link.mode).toBe('auto');
  const forbidden = (): never => {
    throw new Error('SecurityError');
  };
  const live = begin({ storage: { getItem: forbidden, setItem: forbidden }, mode: null });
  live.setMode('polling');
  expect((await until(live, isLive)).link.transport).toBe('polling');
});

test('C34: after alerts with `more` the open ones are read from the API', async () => {
  const live = begin();
  await until(live, isLive);
  model.change([], [anAlert('0000000000000001-1'), anAlert('0000000000000002-1')]);
  const [alerts, diff] = model.diff(1) as [object, object];
  for (const socket of sent.keys()) {
    socket.emit('frame', { ...alerts, alerts: [anAlert('0000000000000001-1')], more: true });
    socket.emit('frame', diff);
  }
  const cut = await until(live, at(2));
  expect([cut.alerts.size, cut.alertsTruncated]).toEqual([1, true]);
  const whole = await until(live, ({ alertsTruncated }) => !alertsTruncated);
  expect(whole.alerts).toEqual(model.openAlerts());
  expect(alertReads).toBe(1);
});
