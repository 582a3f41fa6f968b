/**
 * One run of a server in the convergence test: its hosts come, change and go, its slots are used again, its alerts
 * open and close. Remembers what must be seen in the end. Knows no viewer.
 */
import type { Alert, AlertId } from '#lib/protocol/alert.ts';
import { HostState } from '#lib/protocol/host.ts';
import { SLOT_REST_MS } from '../live/slot-allotment.ts';
import { ContractServer } from './contract-server.ts';
import { STATES, type Step } from './convergence-plan.ts';
import { seededRandom } from './convergence-trouble.ts';

const CAPACITY = 50_000;

type AlertStep = Extract<Step, { do: 'alert' }>;

export class ConvergenceFleet {
  readonly server: ContractServer;
  readonly openAlerts = new Map<AlertId, Alert>();
  /** Slots with a host. */
  readonly #slots: number[] = [];
  readonly #episodes = new Map<number, number>();
  #stalledUntilMs = 0;
  #release: NodeJS.Timeout | null = null;

  private constructor(server: ContractServer) {
    this.server = server;
    // Connections made in a stall wait as well.
    server.http.on('connection', (socket) => {
      if (this.#release !== null) socket.cork();
    });
  }

  static async start(hosts: number): Promise<ConvergenceFleet> {
    const server = new ContractServer({ capacity: CAPACITY });
    const fleet = new ConvergenceFleet(server);
    await server.listen();
    fleet.grow(hosts);
    return fleet;
  }

  grow(hosts: number): void {
    const { log, viewers } = this.server;
    for (let i = 0; i < hosts; i++) {
      const slot = log.allotSlot(viewers.clock());
      if (slot === null) break;
      this.#slots.push(slot);
      log.stageState(slot, HostState.up, viewers.clock());
    }
    this.server.publish();
  }

  /** A tick, whatever hosts there are. */
  pulse(): void {
    if (this.#slots.length === 0) this.grow(1);
    else this.server.log.stageDescription(this.#slotOf(0), this.server.viewers.clock());
    this.server.publish();
  }

  change(hosts: readonly number[], state: number): void {
    if (this.#slots.length === 0) return;
    for (const host of hosts) {
      this.server.log.stageState(this.#slotOf(host), state, this.server.viewers.clock());
    }
    this.server.publish();
  }

  changeAll(seed: number): void {
    const random = seededRandom(seed);
    for (const slot of this.#slots) {
      const state = STATES[Math.trunc(random() * STATES.length)]!;
      this.server.log.stageState(slot, state, this.server.viewers.clock());
    }
    this.server.publish();
  }

  free(hosts: readonly number[]): void {
    for (const host of hosts) {
      if (this.#slots.length === 0) break;
      const [slot] = this.#slots.splice(host % this.#slots.length, 1);
      this.server.log.freeSlot(slot!, this.server.viewers.clock());
    }
    this.server.publish();
  }

  /** New hosts in slots that have rested, where there are any. */
  reuse(hosts: number): void {
    this.server.aheadMs += SLOT_REST_MS;
    this.grow(hosts);
  }

  alert({ number, fate }: AlertStep): void {
    const hostId = number.toString(16).padStart(16, '0');
    const episode = this.#episodes.get(number) ?? 1;
    const id: AlertId = `${hostId}-${episode}`;
    const nowMs = this.server.viewers.clock();
    const known = this.openAlerts.get(id);
    const open: Alert = known ?? {
      ...{ id, hostId, host: `web-${number}`, episode, openedAt: nowMs, closedAt: null },
      ...{ reason: 'no heartbeat for 5.0 s', evidence: null, incidentId: null, ack: null },
    };
    if (fate === 'close') {
      this.#episodes.set(number, episode + 1);
      this.openAlerts.delete(id);
      this.server.log.stageAlert({ ...open, closedAt: nowMs });
    } else {
      const ack = { by: 'ops', at: nowMs, comment: null, expiresAt: null };
      const alert = fate === 'open' ? open : { ...open, ack };
      this.openAlerts.set(id, alert);
      this.server.log.stageAlert(alert);
    }
    this.server.publish();
  }

  /** What the server writes stays in its sockets for so long, as if its network card had stopped. */
  stall(forMs: number): void {
    const untilMs = performance.now() + forMs;
    if (untilMs <= this.#stalledUntilMs) return;
    this.#stalledUntilMs = untilMs;
    if (this.#release === null) for (const socket of this.server.sockets) socket.cork();
    else clearTimeout(this.#release);
    this.#release = setTimeout(() => this.endStall(), forMs);
  }

  endStall(): void {
    if (this.#release === null) return;
    clearTimeout(this.#release);
    this.#release = null;
    for (const socket of this.server.sockets) socket.uncork();
  }

  async close(): Promise<void> {
    this.endStall();
    await this.server.close();
  }

  #slotOf(host: number): number {
    return this.#slots[host % this.#slots.length]!;
  }
}
