/**
 * Gives the connection machine its hands: opens and stops sources, keeps its one timer, carries frames through
 * the FIFO into the view. The only place where time and chance enter the client.
 */

import type { Frame } from '#lib/protocol/frames.ts';
import type { Position } from '#lib/protocol/position.ts';
import { type Change, type Demand, FrameApplier } from './apply.ts';
import type { ByteCount } from './byte-count.ts';
import { ConnectionDriver, type DriverOptions, type HandCommand } from './connection-driver.ts';
import { type ConnectionEvent, isStale, rungOf, statusOf } from './connection-state.ts';
import { FrameQueue } from './frame-queue.ts';
import { STALE_AFTER_MS, type Timing, type Transport } from './ladder.ts';
import { parseFrame } from './parse-frame.ts';
import { SelfCheck } from './self-check.ts';
import { askSession } from './session-question.ts';
import { SignInWait } from './sign-in-wait.ts';
import type { OpenSources, Source, SourceSink } from './source.ts';
import { View } from './view.ts';
import type { Link } from './view-store.ts';
import { WakeWatch } from './wake-watch.ts';

/** So many digest mismatches within DIGEST_TROUBLE_MS are said on the page. */
const DIGEST_TROUBLE_COUNT = 3;
const DIGEST_TROUBLE_MS = 600_000;
/** The first look is no connection of the machine's, which numbers its own from 0 up. */
const FIRST_LOOK = -1;
/** A first look without an answer by then holds the connection up no longer. */
const FIRST_LOOK_WITHIN_MS = 1_000;
/** How fast the estimate of the server's clock follows frames that were slower than the fastest one. */
const OFFSET_DRIFT = 0.05;

export type RunnerOptions = {
  /** Or how to load it: then that is done when it is first needed, behind the first look. */
  readonly machine: DriverOptions['machine'];
  readonly origin: string;
  readonly sources: OpenSources;
  /** ms of a clock that goes evenly, whatever is done to the wall clock. */
  readonly now: () => number;
  /** The wall clock, ms: only to notice sleeps and clocks that are set. Default: Date.now. */
  readonly wall?: () => number;
  readonly timing?: Partial<Timing>;
  readonly random: () => number;
  /** Default: askSession. */
  readonly ask?: DriverOptions['ask'];
  /** The view changed; told at once. */
  readonly onChange: (change: Change) => void;
  /** Alerts, rates or the link changed, or the view did. */
  readonly onNews: () => void;
  /** Alerts changed and not all of them were named. */
  readonly onMoreAlerts: () => void;
};

export class ConnectionRunner {
  readonly view = new View();
  readonly #options: RunnerOptions;
  readonly #applier = new FrameApplier(this.view);
  readonly #check = new SelfCheck(this.view, () => this.#bytesAreWrong());
  readonly #queue = new FrameQueue<number>({
    wants: (id) => this.#sources.has(id),
    frame: (frame, id, count) => this.#apply(frame, id, count),
    broken: (problem, id) => this.#bad(id, problem, false),
  });
  readonly #sources = new Map<number, Source>();
  readonly #wakeWatch: WakeWatch;
  readonly #signInWait: SignInWait;
  readonly #driver: ConnectionDriver;
  #firstLookTimer: ReturnType<typeof setTimeout> | null = null;
  #lastFrameAtMs: number | null = null;
  /** What the steady clock may have slept through since the last proof, ms. */
  #sleptMs = 0;
  #serverOffsetMs: number | null = null;
  #mismatchesAtMs: number[] = [];
  #digestMismatches = 0;
  #resets = 0;
  /** The connection that last said R: its snapshot follows. */
  #resetBy: number | null = null;
  #badFrames = 0;
  #badProblem: string | null = null;
  #versionMismatch = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#signInWait = new SignInWait(options.origin, () => this.dispatch({ type: 'signed-in' }));
    this.#driver = new ConnectionDriver({
      ...options,
      ask: options.ask ?? (() => askSession(options.origin)),
      execute: (command) => this.#execute(command),
      onNews: () => {
        this.#signInWait.set(this.phase === 'signed-out');
        options.onNews();
      },
    });
    this.#wakeWatch = new WakeWatch({
      now: options.now,
      wall: options.wall ?? Date.now,
      onWake: (jumpMs) => this.#woke(jumpMs),
    });
  }

  get phase() {
    return this.#driver.connection.phase;
  }

  get stale(): boolean {
    const { connection } = this.#driver;
    const { phase, provenAtMs } = connection;
    const nowMs = this.#options.now();
    if (provenAtMs !== null || this.#lastFrameAtMs === null) return isStale(connection, nowMs);
    // Nothing but the first look has proven it so far, and the machine knows nothing of that.
    return phase === 'signed-out' || (phase !== 'paused' && nowMs - this.#lastFrameAtMs >= STALE_AFTER_MS);
  }

  link(): Link {
    const connection = this.#driver.connection;
    const nowMs = this.#options.now();
    const off = connection.phase === 'idle' || connection.phase === 'stopped';
    const ended = connection.problem !== null;
    const bad = connection.phase === 'live' ? null : this.#badProblem;
    const recent = this.#mismatchesAtMs.filter((atMs) => nowMs - atMs < DIGEST_TROUBLE_MS);
    return {
      status: statusOf(connection, nowMs),
      transport: off ? null : (connection.current?.transport ?? rungOf(connection).transport),
      mode: connection.mode,
      // While nobody knows whether the machine slept or its clock was set, a stale view is the older of the two.
      lastFrameAtMs:
        this.#lastFrameAtMs === null ? null : this.#lastFrameAtMs - (this.stale ? this.#sleptMs : 0),
      retryAtMs: connection.retryAtMs,
      fallback: connection.fallback,
      problem: ended
        ? connection.away
          ? 'away'
          : (connection.failure?.kind ?? 'lost')
        : bad === null
          ? null
          : 'bad-frame',
      problemDetail: connection.problem ?? bad,
      digestMismatches: this.#digestMismatches,
      digestTrouble: recent.length >= DIGEST_TROUBLE_COUNT,
      resyncs: connection.resyncs + this.#resets,
      reconnects: connection.reconnects,
      badFrames: this.#badFrames,
      versionMismatch: this.#versionMismatch,
      serverOffsetMs: this.#serverOffsetMs,
    };
  }

  dispatch(event: ConnectionEvent): void {
    // What is not started could not be paused.
    if (event.type === 'pause') this.#afterFirstLook();
    this.#driver.dispatch(event);
  }

  /**
   * In `auto` a view that holds nothing yet takes one look by a plain request: its answer is there before the
   * streaming transport's code is loaded and its connection made, which then goes on from that position.
   */
  start(): void {
    this.#check.restart();
    this.#wakeWatch.start();
    if (this.#driver.connection.mode === 'auto' && this.view.epoch === null) this.#lookFirst();
    else this.dispatch({ type: 'start' });
  }

  #lookFirst(): void {
    const sink: SourceSink = {
      opened: () => {},
      frame: (value) => this.#receive(value, FIRST_LOOK),
      closed: ({ kind }) => {
        // Where this was refused no connection is let in either.
        if (kind === 'signed-out' && this.#endFirstLook()) this.dispatch({ type: 'signed-out' });
        else this.#afterFirstLook();
      },
    };
    this.#firstLookTimer = setTimeout(() => this.#afterFirstLook(), FIRST_LOOK_WITHIN_MS);
    this.#open(FIRST_LOOK, 'polling', sink);
    this.#options.onNews();
  }

  #endFirstLook(): boolean {
    if (this.#firstLookTimer === null) return false;
    clearTimeout(this.#firstLookTimer);
    this.#firstLookTimer = null;
    this.#sources.get(FIRST_LOOK)?.stop();
    this.#sources.delete(FIRST_LOOK);
    return true;
  }

  #afterFirstLook(): void {
    if (this.#endFirstLook()) this.dispatch({ type: 'start' });
  }

  stop(): void {
    this.#endFirstLook();
    this.#driver.stop();
    this.#check.stop();
    this.#wakeWatch.stop();
  }

  /** The page became visible, or the network came back. */
  wake(): void {
    this.#wakeWatch.look();
    this.dispatch({ type: 'wake' });
  }

  #woke(jumpMs: number): void {
    this.#sleptMs += Math.max(0, jumpMs);
    this.dispatch({ type: 'wake', slept: jumpMs !== 0 });
  }

  #execute(command: HandCommand): void {
    if (command.type === 'close') {
      this.#sources.get(command.id)?.stop();
      this.#sources.delete(command.id);
      return;
    }
    const { id, transport } = command;
    const sink: SourceSink = {
      opened: () => this.dispatch({ type: 'opened', id }),
      frame: (value) => this.#receive(value, id),
      closed: (reason) => {
        this.#sources.delete(id);
        this.dispatch({ type: 'closed', id, reason });
      },
    };
    this.#open(id, transport, sink);
  }

  #open(id: number, transport: Transport, sink: SourceSink): void {
    const { origin, sources } = this.#options;
    this.#sources.set(id, sources[transport]({ origin, position: () => this.#position(), sink }));
  }

  #position(): Position | null {
    const { epoch, seq, wantsSnapshot } = this.view;
    return epoch === null || wantsSnapshot ? null : { e: epoch, s: seq };
  }

  #receive(value: unknown, id: number): void {
    const parsed = parseFrame(value);
    if (parsed.kind === 'frame') this.#queue.push(parsed.frame, id);
    else if (parsed.kind === 'bad') this.#bad(id, parsed.problem, parsed.version);
  }

  #bad(id: number, problem: string, version: boolean): void {
    this.#badFrames++;
    this.#badProblem = `a frame that is not of the protocol: ${problem}`;
    if (version) this.#versionMismatch = true;
    this.dispatch({ type: 'demand', id, why: 'bad' });
  }

  #apply(frame: Frame, id: number, count: ByteCount | null): void {
    if (frame.t === 'R') {
      if (!this.view.wantsSnapshot) this.#resets++;
      this.#resetBy = id;
    }
    const { epoch } = this.view;
    const { change, demand, proof } = this.#applier.apply(frame, count);
    if (proof) this.#fresh(frame);
    if (change !== null) {
      if (change.slots === null) this.#check.restart();
      this.#options.onChange(change);
    }
    if (demand !== null) this.#demand(id, demand);
    else if (frame.t === 'A' || frame.t === 'R') this.#options.onNews();
    else if (this.#snapshotIsNotComing(id)) this.#demand(id, 'gap');
    else this.dispatch({ type: 'frame', id, proof });
    if (epoch !== null && this.view.epoch !== epoch) this.dispatch({ type: 'restarted' });
    if (frame.t === 'A' && frame.f > 0 && frame.more) this.#options.onMoreAlerts();
    // What this connection brought: another one may be ahead, and its s would say nothing to this server side.
    const moved = (frame.t === 'S' || frame.t === 'D') && frame.e === this.view.epoch;
    if (moved && frame.s <= this.view.seq) this.#sources.get(id)?.ack(frame.s);
    if (id === FIRST_LOOK && frame.t !== 'A') this.#afterFirstLook();
  }

  /** A connection made before the view was found wrong goes on from its position, which no diff puts right. */
  #snapshotIsNotComing(id: number): boolean {
    return this.view.wantsSnapshot && this.view.epoch !== null && this.#resetBy !== id;
  }

  #fresh(frame: Frame): void {
    const nowMs = this.#options.now();
    this.#lastFrameAtMs = nowMs;
    this.#sleptMs = 0;
    if (!('ts' in frame)) return;
    const sampleMs = frame.ts - nowMs;
    const knownMs = this.#serverOffsetMs;
    // The frame that took least time tells most; the rest only follows the clocks' drift.
    this.#serverOffsetMs =
      knownMs === null || sampleMs > knownMs ? sampleMs : knownMs + (sampleMs - knownMs) * OFFSET_DRIFT;
  }

  #demand(id: number, why: Demand): void {
    if (why === 'bad') this.#badFrames++;
    if (why === 'digest') this.#countMismatch();
    this.dispatch({ type: 'demand', id, why });
  }

  #countMismatch(): void {
    this.#digestMismatches++;
    this.#mismatchesAtMs = [...this.#mismatchesAtMs, this.#options.now()].slice(-DIGEST_TROUBLE_COUNT);
  }

  #bytesAreWrong(): void {
    const id = this.#driver.connection.current?.id;
    this.view.wantsSnapshot = true;
    this.#countMismatch();
    if (id !== undefined) this.dispatch({ type: 'demand', id, why: 'digest' });
  }
}
