/**
 * Alerts by id from A frames, which may come twice, late or from two connections at once: of each alert the
 * newest s wins, whatever the order. Pure. O(alerts of the frame).
 */
import type { Alert, AlertId } from '#lib/protocol/alert.ts';
import type { AlertsFrame } from '#lib/protocol/frames.ts';

/** Closed episodes remembered so that an older frame cannot open them again. */
const MAX_CLOSED = 1_000;
/** Open episodes held; beyond it the oldest go and the view says that it is truncated. */
export const MAX_OPEN = 2_000;

type Entry = { readonly alert: Alert; readonly s: number };

export class AlertView {
  /** In order of their last change. */
  readonly #open = new Map<AlertId, Entry>();
  readonly #closed = new Map<AlertId, number>();
  /** What is not known here and older than this was known once, and is over. */
  #floor = 0;
  #truncated = false;
  #version = 0;

  get truncated(): boolean {
    return this.#truncated;
  }

  /** Grows with every frame taken. */
  get version(): number {
    return this.#version;
  }

  open(): ReadonlyMap<AlertId, Alert> {
    const alerts = new Map<AlertId, Alert>();
    for (const [id, { alert }] of this.#open) alerts.set(id, alert);
    return alerts;
  }

  reset(): void {
    this.#open.clear();
    this.#closed.clear();
    this.#floor = 0;
    this.#truncated = false;
    this.#version++;
  }

  /** f = 0 names all open episodes (the newest 500 of them): what it does not name is closed as of its s. */
  apply(frame: Pick<AlertsFrame, 'f' | 's' | 'alerts' | 'more'>): void {
    const full = frame.f === 0;
    // Whoever was told all later than that knows better.
    if (full && frame.s < this.#floor && !this.#truncated) return;
    if (full) this.#takeAsWhole(frame.s);
    this.#truncated = full ? frame.more === true : this.#truncated || frame.more === true;
    for (const alert of frame.alerts) this.#take(alert, frame.s, full);
    this.#prune();
    this.#version++;
  }

  #takeAsWhole(s: number): void {
    for (const [id, entry] of this.#open) if (entry.s <= s) this.#open.delete(id);
    for (const [id, closedS] of this.#closed) if (closedS <= s) this.#closed.delete(id);
    this.#floor = Math.max(this.#floor, s);
  }

  #take(alert: Alert, s: number, full: boolean): void {
    const knownS = this.#open.get(alert.id)?.s ?? this.#closed.get(alert.id);
    if (knownS === undefined ? !full && s < this.#floor : knownS > s) return;
    this.#open.delete(alert.id);
    this.#closed.delete(alert.id);
    if (alert.closedAt === null) this.#open.set(alert.id, { alert, s });
    else this.#closed.set(alert.id, s);
  }

  #prune(): void {
    for (const [id, s] of this.#closed) {
      if (this.#closed.size <= MAX_CLOSED) break;
      this.#closed.delete(id);
      this.#floor = Math.max(this.#floor, s);
    }
    for (const [id] of this.#open) {
      if (this.#open.size <= MAX_OPEN) break;
      this.#open.delete(id);
      this.#truncated = true;
    }
  }
}
