/**
 * A server's half of docs/protocol.md 2 in its simplest form, for tests of the browser's half: every byte and every
 * alert with the s of its last change, answers computed from scratch. Shares only the encoders with the client.
 */
import { gzipSync } from 'node:zlib';
import type { Alert } from '#lib/protocol/alert.ts';
import { digestOf } from '#lib/protocol/digest.ts';
import { encodeSlots, type Frame, type ResetReason } from '#lib/protocol/frames.ts';
import type { HostCounts } from '#lib/protocol/host.ts';
import type { Position } from '#lib/protocol/position.ts';

const NO_COUNTS: HostCounts = {
  total: 0,
  pending: 0,
  up: 0,
  late: 0,
  down: 0,
  left: 0,
  acknowledged: 0,
  maintenance: 0,
};

export function anAlert(id: string, changes: Partial<Alert> = {}): Alert {
  const [hostId, episode] = id.split('-') as [string, string];
  return {
    id,
    hostId,
    host: `host-${hostId.slice(0, 4)}`,
    episode: Number(episode),
    openedAt: 1,
    closedAt: null,
    reason: 'no heartbeat for 5.0 s',
    evidence: null,
    incidentId: null,
    ack: null,
    ...changes,
  };
}

export class ModelServer {
  epoch = '';
  seq = 0;
  states = new Uint8Array(0);
  gzip = false;
  readonly #changedAt = new Map<number, number>();
  readonly #alerts = new Map<string, { alert: Alert; s: number }>();
  #runs = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
    this.restart();
  }

  get position(): Position {
    return { e: this.epoch, s: this.seq };
  }

  get digest(): string {
    return digestOf(this.states);
  }

  openAlerts(): Map<string, Alert> {
    const open = [...this.#alerts.values()].filter(({ alert }) => alert.closedAt === null);
    return new Map(open.map(({ alert }) => [alert.id, alert]));
  }

  /** A new run: another epoch, nothing known. */
  restart(): void {
    this.epoch = (++this.#runs).toString(16).padStart(16, 'e');
    this.seq = 0;
    this.states = new Uint8Array(0);
    this.#changedAt.clear();
    this.#alerts.clear();
  }

  /** One tick with these bytes and alerts changed. */
  change(bytes: readonly (readonly [slot: number, byte: number])[], alerts: readonly Alert[] = []): void {
    this.seq++;
    for (const [slot, byte] of bytes) {
      if (slot >= this.states.length) {
        const grown = new Uint8Array(slot + 1);
        grown.set(this.states);
        this.states = grown;
      }
      this.states[slot] = byte;
      this.#changedAt.set(slot, this.seq);
    }
    for (const alert of alerts) this.#alerts.set(alert.id, { alert, s: this.seq });
  }

  beat(): Frame {
    const rates = { heartbeatsPerSecond: 10, blind: false };
    return { t: 'B', e: this.epoch, s: this.seq, ts: this.#now(), dig: this.digest, rates };
  }

  /** What a viewer at this position gets. */
  answer(position: Position | null): Frame[] {
    if (position === null) return this.snapshot();
    if (position.e !== this.epoch) return [this.reset('epoch'), ...this.snapshot()];
    if (position.s > this.seq) return [this.reset('gap'), ...this.snapshot()];
    if (position.s === this.seq) return [this.beat()];
    return this.diff(position.s);
  }

  reset(why: ResetReason): Frame {
    return { t: 'R', e: this.epoch, why };
  }

  snapshot(): Frame[] {
    const n = this.states.length;
    const [enc, data] = this.gzip
      ? (['gzip', new Uint8Array(gzipSync(this.states))] as const)
      : (['raw', this.states.slice()] as const);
    const [e, s, ts] = [this.epoch, this.seq, this.#now()];
    const alerts = [...this.openAlerts().values()];
    return [
      { t: 'A', e, f: 0, s, ts, alerts, counts: NO_COUNTS },
      { t: 'S', v: 1, e, s, ts, n, enc, data, dig: this.digest },
    ];
  }

  diff(f: number): Frame[] {
    const [e, s, ts] = [this.epoch, this.seq, this.#now()];
    const slots = [...this.#changedAt].flatMap(([slot, at]) => (at > f ? [slot] : [])).sort((a, b) => a - b);
    const states = Uint8Array.from(slots, (slot) => this.states[slot]!);
    const diff: Frame = {
      t: 'D',
      v: 1,
      e,
      f,
      s,
      ts,
      t0: ts,
      slots: encodeSlots(slots),
      states,
      dig: this.digest,
    };
    const alerts = [...this.#alerts.values()].filter((entry) => entry.s > f).map(({ alert }) => alert);
    return alerts.length === 0 ? [diff] : [{ t: 'A', e, f, s, ts, alerts, counts: NO_COUNTS }, diff];
  }
}
