/**
 * What viewers are told of alerts: the last changes with their seq, and the open ones for a snapshot.
 * Alerts come in whole and published; what they mean is not known here. Pure.
 * Source: docs/protocol.md 2, frame A.
 */
import type { Alert, AlertId } from '#lib/protocol/alert.ts';
import { MAX_ALERTS_PER_FRAME } from '#lib/protocol/frames.ts';

export const MAX_ALERT_CHANGES = 10_000;
/** Twice what a frame takes, so that a full search is needed only after that many newest ones closed. */
const NEWEST_KEPT = 2 * MAX_ALERTS_PER_FRAME;

export type AlertSelection = { readonly alerts: readonly Alert[]; readonly more: boolean };

const newestFirst = (a: Alert, b: Alert): number =>
  b.openedAt - a.openedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

export class AlertLog {
  #changes: { readonly seq: number; readonly alert: Alert }[] = [];
  #head = 0;
  /** The highest seq with a change that is no longer kept. */
  #forgottenSeq = 0;
  #lastSeq = 0;
  #open = new Map<AlertId, Alert>();
  /** The newest open ones, sorted; null when it has to be searched again. */
  #newest: Alert[] | null = [];

  /** Seq of the last change of any alert; 0 = there was none in this epoch. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Published and open, by id. */
  get open(): ReadonlyMap<AlertId, Alert> {
    return this.#open;
  }

  /** One tick's alerts, each once. O(1) an alert. */
  record(seq: number, alerts: readonly Alert[]): void {
    if (alerts.length === 0) return;
    this.#lastSeq = seq;
    // Above that a search at the next snapshot is cheaper than keeping the list.
    if (alerts.length > MAX_ALERTS_PER_FRAME) this.#newest = null;
    // Of more than are kept, the first would only be recorded to be forgotten.
    const tooMany = Math.max(0, alerts.length - MAX_ALERT_CHANGES);
    if (tooMany > 0) this.#forgottenSeq = seq;
    for (let i = 0; i < alerts.length; i++) this.#recordOne(seq, alerts[i]!, i >= tooMany);
    if (this.#newest !== null && this.#newest.length < Math.min(MAX_ALERTS_PER_FRAME, this.#open.size)) {
      this.#newest = null;
    }
  }

  #recordOne(seq: number, alert: Alert, isKept: boolean): void {
    if (isKept) this.#changes.push({ seq, alert });
    if (this.#changes.length - this.#head > MAX_ALERT_CHANGES) {
      this.#forgottenSeq = Math.max(this.#forgottenSeq, this.#changes[this.#head++]!.seq);
      if (this.#head > MAX_ALERT_CHANGES) {
        this.#changes = this.#changes.slice(this.#head);
        this.#head = 0;
      }
    }
    const before = this.#open.get(alert.id);
    if (before !== undefined) this.#removeFromNewest(before);
    if (alert.closedAt !== null) {
      this.#open.delete(alert.id);
    } else {
      this.#open.set(alert.id, alert);
      this.#insertIntoNewest(alert);
    }
  }

  /** Each alert changed after `seq` once, as it is now, latest change first; at most 500. */
  changedAfter(seq: number): AlertSelection {
    const alerts = new Map<AlertId, Alert>();
    for (let i = this.#changes.length - 1; i >= this.#head; i--) {
      const change = this.#changes[i]!;
      if (change.seq <= seq) break;
      if (alerts.has(change.alert.id)) continue;
      if (alerts.size === MAX_ALERTS_PER_FRAME) return { alerts: [...alerts.values()], more: true };
      alerts.set(change.alert.id, change.alert);
    }
    return { alerts: [...alerts.values()], more: seq < this.#forgottenSeq };
  }

  /** The open ones opened last, newest first; at most 500. */
  newestOpen(): AlertSelection {
    this.#newest ??= this.#searchNewest();
    return {
      alerts: this.#newest.slice(0, MAX_ALERTS_PER_FRAME),
      more: this.#open.size > MAX_ALERTS_PER_FRAME,
    };
  }

  /** O(open). Where several opened at the instant of the cut, any of them are taken. */
  #searchNewest(): Alert[] {
    const open = [...this.#open.values()];
    if (open.length <= NEWEST_KEPT) return open.sort(newestFirst);
    const openedAt = Float64Array.from(open, (alert) => alert.openedAt).sort();
    const cut = openedAt[open.length - NEWEST_KEPT]!;
    const newer = open.filter((alert) => alert.openedAt > cut);
    for (let i = 0; newer.length < NEWEST_KEPT; i++) if (open[i]!.openedAt === cut) newer.push(open[i]!);
    return newer.sort(newestFirst);
  }

  #place(newest: readonly Alert[], alert: Alert): number {
    let low = 0;
    let high = newest.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (newestFirst(newest[middle]!, alert) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #removeFromNewest(alert: Alert): void {
    if (this.#newest === null) return;
    const at = this.#place(this.#newest, alert);
    if (this.#newest[at]?.id === alert.id) this.#newest.splice(at, 1);
  }

  #insertIntoNewest(alert: Alert): void {
    if (this.#newest === null) return;
    const at = this.#place(this.#newest, alert);
    // Past the end of an incomplete list there may be newer ones that are not in it.
    if (at === this.#newest.length && this.#newest.length < this.#open.size - 1) return;
    this.#newest.splice(at, 0, alert);
    if (this.#newest.length > NEWEST_KEPT) this.#newest.length = NEWEST_KEPT;
  }
}
