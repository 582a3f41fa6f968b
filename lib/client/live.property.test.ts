import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Frame } from '#lib/protocol/frames.ts';
import { nextDeadlineMs, step } from './connection.ts';
import { MODES, type Mode } from './ladder.ts';
import { createLive, type Live } from './live.ts';
import type { OpenSources, Source, SourceOptions } from './source.ts';
import { anAlert, ModelServer } from './testing/model-server.ts';

/** How the network treats the next frame. */
type Fate = 'pass' | 'drop' | 'twice' | 'late';

/** `push`: as soon as there is news; `hold`: long polling; `ask`: every two seconds. */
type Manner = 'push' | 'hold' | 'ask';
const HOLD_MS = 10_600;

/** A network between one model server and one client; the timers are the test's. */
class Network {
  readonly server = new ModelServer(() => Date.now());
  fate: Fate = 'pass';
  down = false;
  /** Other tabs hold every place. */
  crowded = false;
  readonly #links = new Set<{ cut(): void; push(): void }>();

  readonly sources: OpenSources = {
    socketio: (options) => this.#connect(options, 'push'),
    sse: (options) => this.#leased(options, 'push'),
    'long-polling': (options) => this.#leased(options, 'hold'),
    polling: (options) => this.#connect(options, 'ask'),
  };

  #leased(options: SourceOptions, manner: Manner): Source {
    if (!this.crowded) return this.#connect(options, manner);
    const timer = setTimeout(() => options.sink.closed({ kind: 'no-lease', detail: 'crowded' }), 1);
    return { ack() {}, stop: () => clearTimeout(timer) };
  }

  #connect({ sink, position }: SourceOptions, manner: Manner): Source {
    let timer: ReturnType<typeof setTimeout>;
    let stopped = false;
    let late: readonly Frame[] | null = null;
    let sentS = 0;
    let sentE = '';
    const give = (frames: readonly Frame[]): void => {
      for (const frame of frames) if (!stopped) sink.frame(structuredClone(frame));
    };
    const deliver = (frames: readonly Frame[]): void => {
      // A poll's answer is one body: what happens to it happens to all of it.
      for (const unit of manner === 'push' ? frames.map((frame) => [frame]) : [frames]) {
        const held = late;
        late = null;
        if (this.fate === 'late' && held === null) late = unit;
        else if (this.fate !== 'drop') give(unit);
        if (this.fate === 'twice') give(unit);
        if (held !== null) give(held);
      }
      sentS = this.server.seq;
      sentE = this.server.epoch;
    };
    const link = {
      cut: (): void => {
        if (stopped) return;
        stop();
        sink.closed({ kind: 'lost', detail: 'cut' });
      },
      push: (): void => {
        if (this.down || sentE !== this.server.epoch) return;
        if (manner === 'push' && sentS < this.server.seq) deliver(this.server.diff(sentS));
        // The held request is answered on the tick.
        if (manner === 'hold' && sentS < this.server.seq) after(0);
      },
    };
    // A frame may have ended this connection.
    const after = (ms: number): void => {
      clearTimeout(timer);
      if (!stopped) timer = setTimeout(again, ms);
    };
    const again = (): void => {
      if (this.down) {
        link.cut();
        return;
      }
      deliver(manner === 'push' ? [this.server.beat()] : this.server.answer(position()));
      next();
    };
    const next = (): void => {
      const at = position();
      const isNews = at?.e !== this.server.epoch || at.s < this.server.seq;
      // As the source does: an answer that told nothing is not asked for again at once.
      after(manner === 'push' ? 5_000 : manner === 'ask' ? 2_000 : isNews ? 1_000 : HOLD_MS);
    };
    const ask = (): void => {
      if (this.down) {
        link.cut();
        return;
      }
      sink.opened();
      deliver(this.server.answer(position()));
      next();
    };
    const stop = (): void => {
      stopped = true;
      clearTimeout(timer);
      this.#links.delete(link);
    };
    this.#links.add(link);
    timer = setTimeout(ask, 30);
    return { ack() {}, stop };
  }

  tick(): void {
    for (const link of [...this.#links]) link.push();
  }

  cutAll(): void {
    for (const link of [...this.#links]) link.cut();
  }
}

type Act =
  | { readonly do: 'change'; readonly hosts: readonly (readonly [number, number])[]; readonly alert: number }
  | { readonly do: 'cut' | 'restart' | 'pause' | 'resume' | 'gzip' }
  | { readonly do: 'down' | 'crowded'; readonly is: boolean }
  | { readonly do: 'fate'; readonly fate: Fate }
  | { readonly do: 'mode'; readonly mode: Mode }
  | { readonly do: 'wait'; readonly ms: number };

const slot = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 3_000 }));
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      hosts: fc.array(fc.tuple(slot, fc.constantFrom(0, 1, 2, 3, 4, 5, 20, 36, 68)), { maxLength: 6 }),
      alert: fc.nat({ max: 8 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 9_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'restart', 'pause', 'resume', 'gzip') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('down' as const, 'crowded'), is: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fate' as const),
      fate: fc.constantFrom<Fate>('pass', 'pass', 'drop', 'twice', 'late'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('mode' as const),
      mode: fc.constantFrom<Mode>(...MODES),
    }),
  },
);

beforeEach(() => {
  vi.stubGlobal('DecompressionStream', CountedDecompression);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

let unpacking = 0;

/** The real one, counted, so that the test can wait for it. */
class CountedDecompression extends DecompressionStream {
  override get readable(): DecompressionStream['readable'] {
    unpacking++;
    return super.readable.pipeThrough(new TransformStream({ flush: () => void unpacking-- }));
  }
}

/** Unpacking runs on real streams, beside the clock of the test. */
async function settle(): Promise<void> {
  do {
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  } while (unpacking > 0);
}

async function play(network: Network, live: Live, one: Act): Promise<void> {
  const { server } = network;
  switch (one.do) {
    case 'change': {
      const id = `${one.alert.toString(16).padStart(16, '0')}-1`;
      const closed = server.openAlerts().has(id);
      // A lost A frame is lost for good by the protocol, so alerts change only where frames arrive.
      const safe = network.fate !== 'drop' && one.alert > 2;
      server.change(one.hosts, safe ? [anAlert(id, { closedAt: closed ? server.seq + 1 : null })] : []);
      network.tick();
      break;
    }
    case 'cut':
      network.cutAll();
      break;
    case 'restart':
      server.restart();
      server.change([[0, 2]]);
      network.cutAll();
      break;
    case 'pause':
      live.pause();
      break;
    case 'resume':
      live.resume();
      break;
    case 'gzip':
      server.gzip = !server.gzip;
      break;
    case 'down':
      network.down = one.is;
      if (one.is) network.cutAll();
      break;
    case 'crowded':
      network.crowded = one.is;
      break;
    case 'fate':
      network.fate = one.fate;
      break;
    case 'mode':
      live.setMode(one.mode);
      break;
    case 'wait':
      await vi.advanceTimersByTimeAsync(one.ms);
  }
  await settle();
}

test('C30: after any history a quiet view equals the server: bytes, digest, counts, alerts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60, size: 'max' }), fc.integer(), async (acts, seed) => {
      let chance = seed;
      const network = new Network();
      network.server.change([[0, 2]]);
      const live = createLive(
        { storage: null, mode: null },
        {
          machine: { step, nextDeadlineMs },
          sources: network.sources,
          now: () => Date.now(),
          random: () => {
            chance = (Math.imul(chance, 1_103_515_245) + 12_345) >>> 0;
            return chance / 2 ** 32;
          },
        },
      );
      const mirror: number[] = [];
      live.subscribeChanges((slots, states) => {
        for (const changed of slots ?? states.keys()) mirror[changed] = states[changed]!;
        mirror.length = states.length;
      });
      live.start();
      let empty = false;
      live.store.subscribe((state, before) => {
        if (before.epoch !== null && state.epoch === null) empty = true;
      });
      for (const one of acts) await play(network, live, one);
      network.fate = 'pass';
      network.down = false;
      network.crowded = false;
      live.resume();
      // Quiet: longer than the longest wait between two attempts and the watchdog together.
      for (let i = 0; i < 40; i++) {
        await vi.advanceTimersByTimeAsync(2_000);
        await settle();
      }
      const { server } = network;
      const state = live.store.getState();
      try {
        expect(state.link.status).toBe('live');
        expect([state.epoch, state.seq]).toEqual([server.epoch, server.seq]);
        expect([...state.states]).toEqual([...server.states]);
        expect(Array.from(mirror, (byte) => byte ?? 0)).toEqual([...server.states]);
        expect(state.alerts).toEqual(server.openAlerts());
        expect(state.counts!.total).toBe(server.states.filter((byte) => (byte & 15) > 0).length);
        expect(state.stale).toBe(false);
        expect(empty).toBe(false);
      } finally {
        live.stop();
      }
    }),
    { numRuns: 300, seed: Number(process.env.FC_SEED ?? 20261120) },
  );
}, 120_000);
