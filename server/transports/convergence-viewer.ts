/**
 * One viewer of the convergence test: a real client on real sources, with trouble in between, behind a cable of its
 * own. Says how its view differs from the server's, and what its connections went through.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Mode } from '#lib/client/ladder.ts';
import { createLive, type Live } from '#lib/client/live.ts';
import type { OpenSource, OpenSources } from '#lib/client/source.ts';
import { digestOf } from '#lib/protocol/digest.ts';
import type { ContractCable } from './contract-cable.ts';
import type { ConvergenceFleet } from './convergence-fleet.ts';
import type { Plan } from './convergence-plan.ts';
import { testSources } from './convergence-sources.ts';
import type { Trouble } from './convergence-trouble.ts';

/** More often than a browser, so that a run is short. */
const POLL_MS = 60;
const STORY_LINES = 16;

export class ConvergenceViewer {
  readonly live: Live;
  readonly cable: ContractCable;
  mode: Mode;
  readonly #name: string;
  readonly #spoils: boolean;
  readonly #faults: string[] = [];
  readonly #story: string[] = [];
  readonly #fromMs = performance.now();
  #opened = 0;
  #quiet = false;

  constructor(
    name: string,
    cable: ContractCable,
    mode: Mode,
    trouble: Trouble,
    { spoilChance }: Plan,
    random: () => number,
  ) {
    this.#name = name;
    this.#spoils = spoilChance > 0;
    this.cable = cable;
    this.mode = mode;
    const sources = Object.fromEntries(
      Object.entries(testSources(POLL_MS)).map(([transport, open]) => [
        transport,
        this.#told(transport, trouble.around(open)),
      ]),
    ) as OpenSources;
    this.live = createLive({ origin: cable.origin, mode, storage: null }, { sources, random });
    this.live.store.subscribe((after, before) => {
      // A view that was found wrong takes whatever snapshot comes first.
      if (!this.#spoils && after.epoch === before.epoch && after.seq < before.seq) {
        this.#faults.push(`went back from ${before.seq} to ${after.seq}`);
      }
      // Whatever is missing, the next frame must show it, and not only the watchdog.
      if (this.#quiet && before.link.status === 'live' && after.link.status === 'stale') {
        this.#faults.push('was called live and turned stale');
      }
      if (before.slotCount > 0 && after.slotCount === 0) this.#faults.push('turned empty');
    });
    this.live.start();
  }

  /** What its last connections went through, for a failure. */
  get story(): string {
    return [`${this.#name}:`, ...this.#story.slice(-STORY_LINES)].join('\n  ');
  }

  #tell(what: string): void {
    this.#story.push(`${Math.round(performance.now() - this.#fromMs)} ms ${what}`);
  }

  #told(transport: string, open: OpenSource): OpenSource {
    return (options) => {
      const { sink } = options;
      const name = `${transport} ${this.#opened++}`;
      let frames = '';
      this.#tell(`${name} begins at ${JSON.stringify(options.position())}`);
      const source = open({
        ...options,
        sink: {
          opened: () => {
            this.#tell(`${name} is open`);
            sink.opened();
          },
          frame: (value) => {
            const { t, s } = value as { t: string; s?: number };
            frames = `${frames.slice(-40)} ${t}${s ?? ''}`;
            sink.frame(value);
          },
          closed: (reason) => {
            this.#tell(`${name} after${frames}: ${reason.detail}`);
            sink.closed(reason);
          },
        },
      });
      return {
        ack: (s) => source.ack(s),
        stop: () => {
          this.#tell(`${name} after${frames} is stopped`);
          source.stop();
        },
      };
    };
  }

  /** From here on frames come often enough for a live view to stay fresh. */
  expectQuiet(): void {
    this.#quiet = true;
  }

  switchTo(mode: Mode): void {
    this.#tell(`switches to ${mode}`);
    this.mode = mode;
    this.live.setMode(mode);
  }

  /** What tells this view from the server's, in words; empty = nothing. */
  differences({ server, openAlerts }: ConvergenceFleet): string[] {
    const state = this.live.store.getState();
    const { link } = state;
    const found = [...this.#faults];
    const compare = (what: string, view: unknown, wanted: unknown): void => {
      if (isDeepStrictEqual(view, wanted)) return;
      found.push(`${what} ${JSON.stringify(view)} instead of ${JSON.stringify(wanted)}`);
    };
    compare('position', [state.epoch, state.seq], [server.log.epoch, server.log.seq]);
    if (found.length === 0) {
      compare('digest', this.live.digest(), server.log.digest());
      compare('digest of the bytes', digestOf(state.states), server.log.digest());
      compare('slots', state.slotCount, server.log.slotCount);
      if (!Buffer.from(state.states).equals(server.log.states())) found.push('other bytes');
      compare('counts', state.counts, server.log.counts());
      const byId = (alerts: Iterable<readonly [string, unknown]>) => [...alerts].sort();
      compare('alerts', byId(state.alerts), byId(openAlerts));
    }
    compare('status', [link.status, state.stale, link.problem], ['live', false, null]);
    if (this.mode !== 'auto') compare('transport', [link.transport, link.fallback], [this.mode, null]);
    compare('bad frames', link.badFrames, 0);
    if (!this.#spoils) compare('digest mismatches', link.digestMismatches, 0);
    return found.map((difference) => `${this.#name}: ${difference}`);
  }

  async close(): Promise<void> {
    this.live.stop();
    await this.cable.close();
  }
}
