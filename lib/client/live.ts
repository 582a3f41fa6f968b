/**
 * One live view of a server, put together: connection, view store, descriptions, API, the user's choice of
 * transport. Made once a page; knows no React.
 */
import { AlertCatchUp } from './alert-catch-up.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import type { Change } from './apply.ts';
import type { Machine } from './connection-driver.ts';
import { ConnectionRunner } from './connection-runner.ts';
import { DescriptionCache, type Descriptions } from './descriptions.ts';
import type { Mode } from './ladder.ts';
import {
  browserStorage,
  keepMode,
  type ModeStorage,
  modeOfPage,
  readMode,
  readTiming,
} from './mode-choice.ts';
import { PublishSchedule } from './publish-schedule.ts';
import type { SessionAnswer } from './session-question.ts';
import type { OpenSources } from './source.ts';
import { liveSources } from './sources/live-sources.ts';
import { steadyNowMs } from './steady-clock.ts';
import {
  createViewStore,
  type Link,
  type LiveState,
  type LiveStore,
  MAX_RECENT_CHANGES,
  type RecentChange,
} from './view-store.ts';

/**
 * Told of each applied frame at once, outside React: the changed slots ascending, or null = any slot may have
 * changed (a snapshot); and the state bytes (live memory, length = slotCount). Draw later, return fast.
 */
export type ChangesListener = (slots: readonly number[] | null, states: Uint8Array) => void;

export type LiveOptions = {
  /** Origin with scheme; '' (default) = the page's own. */
  readonly origin?: string;
  /** Where the choice of transport is kept; null = nowhere. Default: localStorage where there is one. */
  readonly storage?: ModeStorage | null;
  /** For this page only, above what is kept. Default: `?transport=` of the page's URL. */
  readonly mode?: Mode | null;
};

/** What a test may put in the place of the real ones. */
export type LiveParts = {
  readonly sources?: OpenSources;
  /** At once, or how it is loaded behind the first look. */
  readonly machine?: Machine | (() => Promise<Machine>);
  /** A clock that goes evenly, ms. */
  readonly now?: () => number;
  /** The wall clock, ms. */
  readonly wall?: () => number;
  readonly random?: () => number;
  /** Whether the server answers a plain request. */
  readonly ask?: () => Promise<SessionAnswer>;
};

/** One live view of a server. start and stop may alternate. */
export type Live = {
  readonly store: LiveStore;
  readonly api: ApiClient;
  readonly descriptions: Descriptions;
  /** Of the state bytes as they are now, kept incrementally; equals the server's at the same position. O(1). */
  digest(): string;
  start(): void;
  stop(): void;
  /** Takes effect at once, without a gap, and is kept for this browser. */
  setMode(mode: Mode): void;
  /** Freezes the view; `resume` catches up from where it stands. */
  pause(): void;
  resume(): void;
  subscribeChanges(listener: ChangesListener): () => void;
};

function sameLink(a: Link, b: Link): boolean {
  return (Object.keys(a) as (keyof Link)[]).every((key) => a[key] === b[key]);
}

export function createLive(options: LiveOptions = {}, parts: LiveParts = {}): Live {
  const origin = options.origin ?? '';
  const store = createViewStore();
  const api = createApiClient({
    origin,
    isSignedOut: () => runner.phase === 'signed-out',
    onSignedOut: () => {
      if (started) runner.dispatch({ type: 'signed-out' });
    },
  });
  const descriptions = new DescriptionCache((slots, signal) => api.hostsBySlot(slots, signal));
  const listeners = new Set<ChangesListener>();
  let recentChanges: readonly RecentChange[] = [];
  let started = false;
  const storage = (): ModeStorage | null =>
    options.storage === undefined ? browserStorage() : options.storage;

  const runner = new ConnectionRunner({
    origin,
    machine: parts.machine ?? loadMachine,
    sources: parts.sources ?? liveSources(),
    now: parts.now ?? steadyNowMs,
    wall: parts.wall,
    timing: readTiming(storage()),
    random: parts.random ?? Math.random,
    ask: parts.ask,
    onChange: changed,
    onNews: () => schedule.request(),
    onMoreAlerts: () => catchUp.request(),
  });
  const schedule = new PublishSchedule(publish);
  const catchUp = new AlertCatchUp(
    (limit, signal) => api.alerts({ status: 'open', limit }, signal),
    ({ position, alerts, nextCursor }) => {
      if (position.e !== runner.view.epoch || runner.phase === 'paused') return;
      const more = nextCursor === null ? {} : { more: true as const };
      runner.view.alerts.apply({ f: 0, s: position.s, alerts, ...more });
      schedule.request();
    },
  );

  function loadMachine(): Promise<Machine> {
    // What it opens first, asked for together with it: both are there one way later, not two.
    if (runner.link().mode === 'auto') import('./sources/socketio.ts').catch(() => {});
    return import('./connection.ts');
  }

  function changed({ slots, recent, newEpoch }: Change): void {
    if (newEpoch) {
      recentChanges = [];
      descriptions.forget();
    } else {
      if (recent.length > 0) {
        recentChanges = [...recent.toReversed(), ...recentChanges].slice(0, MAX_RECENT_CHANGES);
      }
      descriptions.outdated(slots);
    }
    for (const listener of [...listeners]) listener(slots, runner.view.states);
  }

  function publish(): void {
    const { view } = runner;
    const before = store.getState();
    const link = runner.link();
    const next: { -readonly [K in keyof LiveState]?: LiveState[K] } = {
      rates: view.rates,
      stale: runner.stale,
      recentChanges,
    };
    if (!sameLink(link, before.link)) next.link = link;
    if (view.version !== before.version) {
      next.epoch = view.epoch;
      next.seq = view.seq;
      next.slotCount = view.states.length;
      next.states = view.states;
      next.version = view.version;
      next.counts = view.counts();
    }
    if (view.alerts.version !== before.alertsVersion) {
      next.alerts = view.alerts.open();
      next.alertsTruncated = view.alerts.truncated;
      next.alertsVersion = view.alerts.version;
    }
    store.setState(next);
  }

  const wake = (): void => {
    if (typeof document === 'undefined' || document.visibilityState === 'visible') {
      runner.wake();
    }
  };
  const page = typeof document === 'undefined' ? null : document;
  const browser = typeof window === 'undefined' ? null : window;
  let chosen: Mode | null = null;

  return {
    store,
    api,
    descriptions,
    digest: () => runner.view.digest.toString(),
    start() {
      if (started) return;
      started = true;
      // Read here and not when made, so that server and browser render the same first page.
      const mode = chosen ?? options.mode ?? modeOfPage() ?? readMode(storage()) ?? 'auto';
      page?.addEventListener('visibilitychange', wake);
      browser?.addEventListener('online', wake);
      descriptions.start();
      runner.dispatch({ type: 'mode', mode });
      runner.start();
      schedule.flush();
    },
    stop() {
      if (!started) return;
      started = false;
      page?.removeEventListener('visibilitychange', wake);
      browser?.removeEventListener('online', wake);
      descriptions.stop();
      catchUp.stop();
      runner.stop();
      schedule.flush();
    },
    setMode(mode) {
      chosen = mode;
      keepMode(storage(), mode);
      runner.dispatch({ type: 'mode', mode });
      schedule.flush();
    },
    pause() {
      catchUp.stop();
      runner.dispatch({ type: 'pause' });
      schedule.flush();
    },
    resume() {
      runner.dispatch({ type: 'resume' });
      schedule.flush();
    },
    subscribeChanges(listener) {
      const told: ChangesListener = (slots, states) => {
        try {
          listener(slots, states);
        } catch (error) {
          // The listener's bug, to be seen as such, and not the end of the view.
          queueMicrotask(() => {
            throw error;
          });
        }
      };
      listeners.add(told);
      return () => listeners.delete(told);
    },
  };
}
