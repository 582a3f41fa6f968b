/**
 * The browser's view as one vanilla zustand store: what pages may read, and nothing about how it arrives.
 * The state bytes are mutated in place for a million hosts' sake; `version` tells that they changed.
 * Written by live.ts alone, at most once per animation frame.
 */

import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Alert, AlertId } from '#lib/protocol/alert.ts';
import type { HostCounts } from '#lib/protocol/host.ts';
import type { Mode, Transport } from './ladder.ts';

/**
 * `reconnecting`: no connection; `retryAtMs` says when the next attempt starts, null while one is being made.
 * `catching-up`: connected, and the view is behind. `stale`: the link claims to be up and nothing arrives.
 * `signed-out`: nobody is signed in, and nothing is tried until somebody is.
 */
export type LinkStatus =
  | 'idle'
  | 'connecting'
  | 'live'
  | 'catching-up'
  | 'reconnecting'
  | 'stale'
  | 'signed-out'
  | 'paused'
  | 'stopped';

/** One transport that was left, or not come by. */
export type FallbackStep = {
  readonly from: Transport;
  /**
   * `no-frame`: connected or not, nothing arrived in time; `refused`: the server or a proxy said no; `closed-early`:
   * connection after connection ended at once; `no-lease`: other tabs hold this browser's streaming connections.
   */
  readonly why: 'no-frame' | 'refused' | 'lost' | 'closed-early' | 'no-lease';
  /** Technical, English. */
  readonly detail: string;
};

/** Why another transport than the first choice is in use: the first choice, and those between it and this one. */
export type Fallback = FallbackStep & { readonly below: readonly FallbackStep[] };

/** As a source ends (`source.ts`); `away`: nothing answers; `bad-frame`: what arrived was not of the protocol. */
export type LinkProblem = 'away' | 'refused' | 'lost' | 'no-lease' | 'bad-frame';

export type Link = {
  readonly status: LinkStatus;
  /** The transport in use or being tried; null before the start and after the stop. */
  readonly transport: Transport | null;
  readonly mode: Mode;
  /** When a frame last proved the view fresh, on the page's steady clock; age = now − this. Null before the first. */
  readonly lastFrameAtMs: number | null;
  readonly retryAtMs: number | null;
  readonly fallback: Fallback | null;
  /** How the last connection ended; null while all is well. */
  readonly problem: LinkProblem | null;
  /** The same as the transport or the parser told it: technical, English. */
  readonly problemDetail: string | null;
  readonly digestMismatches: number;
  /** Three digest mismatches within ten minutes: the page says so. */
  readonly digestTrouble: boolean;
  readonly resyncs: number;
  readonly reconnects: number;
  /** Frames that were not of the protocol's form. */
  readonly badFrames: number;
  /** The server speaks another version of the frames: the page asks for a reload. */
  readonly versionMismatch: boolean;
  /** Add to the page's steady clock to get about the server's (late by the way of one frame); null before the first. */
  readonly serverOffsetMs: number | null;
};

export type RecentChange = {
  readonly slot: number;
  /** State bytes whose low 4 bits differ. */
  readonly from: number;
  readonly to: number;
  /** On the server's clock: when the frame with the change was made. */
  readonly atMs: number;
};

export type Rates = { readonly heartbeatsPerSecond: number; readonly blind: boolean };

export type LiveState = {
  /** Null until the first snapshot: there is nothing to show yet. */
  readonly epoch: string | null;
  readonly seq: number;
  readonly slotCount: number;
  /**
   * The state byte of each slot; length = slotCount. LIVE memory, changed in place (and replaced when it grows):
   * never keep it, never write to it, read it again whenever `version` changes.
   */
  readonly states: Uint8Array;
  /** Grows with every applied change of `states`. */
  readonly version: number;
  /** Derived from `states`; null before the first snapshot. */
  readonly counts: HostCounts | null;
  /** Open episodes by id, acknowledged or not. A new map whenever one changes. */
  readonly alerts: ReadonlyMap<AlertId, Alert>;
  /** There are more open episodes than `alerts` holds (it has the newest): read `/api/alerts`. */
  readonly alertsTruncated: boolean;
  /** Grows with every alerts frame, also when it only closes episodes: a signal to read lists again. */
  readonly alertsVersion: number;
  readonly rates: Rates | null;
  readonly link: Link;
  /** The view is older than it should be, and not because the user paused it: dim it. */
  readonly stale: boolean;
  /** Newest first, at most 50. */
  readonly recentChanges: readonly RecentChange[];
};

export const MAX_RECENT_CHANGES = 50;

export type LiveStore = Pick<StoreApi<LiveState>, 'getState' | 'getInitialState' | 'subscribe'>;

export const INITIAL_LINK: Link = {
  status: 'idle',
  transport: null,
  mode: 'auto',
  lastFrameAtMs: null,
  retryAtMs: null,
  fallback: null,
  problem: null,
  problemDetail: null,
  digestMismatches: 0,
  digestTrouble: false,
  resyncs: 0,
  reconnects: 0,
  badFrames: 0,
  versionMismatch: false,
  serverOffsetMs: null,
};

export const INITIAL_STATE: LiveState = {
  epoch: null,
  seq: 0,
  slotCount: 0,
  states: new Uint8Array(0),
  version: 0,
  counts: null,
  alerts: new Map(),
  alertsTruncated: false,
  alertsVersion: 0,
  rates: null,
  link: INITIAL_LINK,
  stale: false,
  recentChanges: [],
};

export function createViewStore(): StoreApi<LiveState> {
  return createStore<LiveState>(() => INITIAL_STATE);
}
