/**
 * Plays one plan: a real server, and per viewer a real client behind a cable of its own; then quiet, and all views
 * must be the server's. Timers are real; chances are the plan's.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { TRANSPORTS, type Transport } from '#lib/client/ladder.ts';
import { BEAT_EVERY_MS } from '#lib/protocol/frames.ts';
import { ContractCable } from './contract-cable.ts';
import { ConvergenceFleet } from './convergence-fleet.ts';
import type { Plan, Step } from './convergence-plan.ts';
import { seededRandom, Trouble } from './convergence-trouble.ts';
import { ConvergenceViewer } from './convergence-viewer.ts';

/** Less than a browser waits between two attempts, so that a run is short. */
const JITTER = 0.2;
const BURST_TICK_MS = 4;
const LOOK_EVERY_MS = 15;
/** What the server sends is here by then, to be lost; what is not is just late. */
const LOST_WITHIN_MS = 30;
/** Where no beat arrives, a change does this often in the end. */
const PULSE_EVERY_MS = 500;
/** Far above the longest row of waits that a run's trouble can lead to. */
const QUIET_WITHIN_MS = 40_000;

/** How many frames were lost, came again, and were wrong. */
export type RunReport = Pick<Trouble, 'dropped' | 'repeated' | 'spoilt'>;

export class ConvergenceRun {
  readonly #plan: Plan;
  readonly #random: () => number;
  readonly #trouble: Trouble;
  #fleet: ConvergenceFleet;
  #viewers: ConvergenceViewer[] = [];

  private constructor(plan: Plan, fleet: ConvergenceFleet) {
    this.#plan = plan;
    this.#fleet = fleet;
    this.#random = seededRandom(plan.seed);
    this.#trouble = new Trouble({ ...plan, random: seededRandom(~plan.seed) });
  }

  /** Rejects when any view is not the server's in the end. Leaves nothing running. */
  static async play(plan: Plan): Promise<RunReport> {
    const run = new ConvergenceRun(plan, await ConvergenceFleet.start(plan.hosts));
    try {
      await run.#connect();
      for (const step of plan.steps) await run.#take(step);
      return await run.#quiet();
    } finally {
      await Promise.all(run.#viewers.map((viewer) => viewer.close()));
      await run.#fleet.close();
    }
  }

  async #connect(): Promise<void> {
    const jitter = () => this.#random() * JITTER;
    for (const [name, mode] of [
      ...TRANSPORTS.map((transport) => [transport, transport] as const),
      ['the one that switches', 'auto'] as const,
    ]) {
      const cable = await new ContractCable(this.#fleet.server.port).listen();
      cable.pieces = this.#plan.pieces;
      this.#viewers.push(new ConvergenceViewer(name, cable, mode, this.#trouble, this.#plan, jitter));
    }
  }

  async #take(step: Step): Promise<void> {
    const fleet = this.#fleet;
    switch (step.do) {
      case 'change':
        fleet.change(step.hosts, step.state);
        break;
      case 'change-all':
        fleet.changeAll(step.seed);
        break;
      case 'burst':
        for (let i = 0; i < step.ticks; i++) {
          fleet.change([i * 7], step.state);
          await pause(BURST_TICK_MS);
        }
        break;
      case 'alert':
        fleet.alert(step);
        break;
      case 'grow':
        fleet.grow(step.hosts);
        break;
      case 'free':
        fleet.free(step.hosts);
        break;
      case 'reuse':
        fleet.reuse(step.hosts);
        break;
      case 'cut':
        await this.#cut(this.#viewers[step.viewer]!, step.downMs);
        break;
      case 'cut-all':
        for (const { cable } of this.#viewers) cable.cut();
        break;
      case 'stall':
        fleet.stall(step.forMs);
        break;
      case 'switch':
        this.#viewers.at(-1)!.switchTo(step.mode);
        break;
      case 'restart':
        await this.#restart(step.hosts);
        break;
      case 'wait':
        await pause(step.ms);
    }
  }

  async #cut({ cable }: ConvergenceViewer, downMs: number): Promise<void> {
    cable.down = true;
    cable.cut();
    await pause(downMs);
    cable.down = false;
  }

  async #restart(hosts: number): Promise<void> {
    const before = this.#fleet;
    this.#fleet = await ConvergenceFleet.start(hosts);
    for (const { cable } of this.#viewers) cable.targetPort = this.#fleet.server.port;
    await before.close();
  }

  /** The trouble is over, but not its traces; then one change for all. */
  async #quiet(): Promise<RunReport> {
    this.#fleet.endStall();
    if (this.#plan.losesLast) {
      this.#trouble.loseAll();
      this.#fleet.pulse();
      await pause(LOST_WITHIN_MS);
    }
    this.#trouble.end();
    for (const viewer of this.#viewers) viewer.expectQuiet();
    // Five seconds without a change, which the server's clock is told of at once.
    if (this.#plan.beats) this.#fleet.server.aheadMs += BEAT_EVERY_MS;
    await this.#agree('after the trouble');
    this.#fleet.grow(1);
    await this.#agree('after one more change');
    return this.#trouble;
  }

  async #agree(when: string): Promise<void> {
    const untilMs = performance.now() + QUIET_WITHIN_MS;
    let pulseAtMs = performance.now();
    for (;;) {
      const nowMs = performance.now();
      const differences = this.#viewers.flatMap((viewer) => viewer.differences(this.#fleet));
      differences.push(...this.#leftOvers());
      if (differences.length === 0) return;
      if (nowMs > untilMs) {
        const stories = this.#viewers.map(({ story }) => story);
        throw new Error([`${when}:`, ...differences, ...stories].join('\n'));
      }
      if (!this.#plan.beats && nowMs >= pulseAtMs) {
        pulseAtMs = nowMs + PULSE_EVERY_MS;
        this.#fleet.pulse();
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  /** Connections that no view uses any more. */
  #leftOvers(): string[] {
    const { viewers, socketIo } = this.#fleet.server;
    const using = (transport: Transport): number =>
      this.#viewers.filter(({ live }) => live.store.getState().link.transport === transport).length;
    // A short poll is over at once, a long one may be between two requests.
    const most = this.#viewers.length - using('polling');
    const found = viewers.size > most ? [`the server has ${viewers.size} viewers instead of ${most}`] : [];
    if (socketIo.connections > using('socketio')) found.push(`${socketIo.connections} Socket.IO connections`);
    return found;
  }
}
