import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Frame } from '#lib/protocol/frames.ts';
import type { Mode } from './ladder.ts';
import { createLive, type Live } from './live.ts';
import type { OpenSource, SourceOptions } from './source.ts';
import { anAlert, ModelServer } from './testing/model-server.ts';

/** How the network treats the next frame. */
type Fate = 'pass' | 'drop' | 'twice' | 'late';

/** A network between one model server and one client; the timers are the test's. */
class Network {
  readonly server = new ModelServer(() => Date.now());
  fate: Fate = 'pass';
  down = false;
  readonly #links = new Set<{ cut(): void; push(): void }>();

  /** Pushes at once, as Socket.IO does. */
  readonly push: OpenSource = (options) => this.#connect(options, null);
  /** Answers every two seconds. */
  readonly poll: OpenSource = (options) => this.#connect(options, 2_000);

  #connect({ sink, position }: SourceOptions, everyMs: number | null) {
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
      for (const unit of everyMs === null ? frames.map((frame) => [frame]) : [frames]) {
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
        const known = sentE === this.server.epoch && sentS < this.server.seq;
        if (everyMs === null && !this.down && known) deliver(this.server.diff(sentS));
      },
    };
    const ask = (): void => {
      if (this.down) {
        link.cut();
        return;
      }
      sink.opened();
      deliver(this.server.answer(position()));
      const again = (): void => {
        if (this.down) {
          link.cut();
          return;
        }
        deliver(everyMs === null ? [this.server.beat()] : this.server.answer(position()));
        next();
      };
      // A frame may have ended this connection.
      const next = (): void => {
        if (!stopped) timer = setTimeout(again, everyMs ?? 5_000);
      };
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
  | { readonly do: 'down'; readonly down: boolean }
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
  { weight: 1, arbitrary: fc.record({ do: fc.constant('down' as const), down: fc.boolean() }) },
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
      mode: fc.constantFrom<Mode>('auto', 'socketio', 'polling'),
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
      network.down = one.down;
      if (one.down) network.cutAll();
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
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), fc.integer(), async (acts, seed) => {
      let chance = seed;
      const network = new Network();
      network.server.change([[0, 2]]);
      const live = createLive(
        { storage: null, mode: null },
        {
          sources: { socketio: network.push, polling: network.poll },
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
