/**
 * Operators who acknowledge and take back without a pause, and what each of them knows to be true from the answers.
 * An operator has a rack of its own, so that its calls alone decide what is acknowledged there; at most one call of
 * each is unanswered when the server dies, and that one must have happened wholly or not at all.
 */
import type { AckAnswer, Acknowledgement, Alert, AlertId } from '#lib/protocol/alert.ts';
import type { Prng } from '../agent/prng.ts';
import type { ServerProcess } from './server-process.ts';

/** As it was asked for; the comment names the call. */
export type Taken = {
  readonly comment: string;
  readonly by: string;
  readonly expiresInMs: number | null;
  readonly askedAtMs: number;
  /** As it was answered; null: only counted there. */
  readonly exact: Acknowledgement | null;
};

/** What one operator knows: every silent host of its rack, and how many of the unsteady ones each call took. */
type Known = {
  readonly silent: ReadonlyMap<AlertId, Taken | null>;
  readonly unsteady: ReadonlyMap<string, number>;
};

export type OperatorPlace = {
  readonly name: string;
  /** Label of the rack, `rack:r1`. */
  readonly label: string;
  /** Alerts of its hosts that are down and stay so. */
  readonly silent: readonly AlertId[];
  /** Ids of its hosts that come and go. */
  readonly unsteady: ReadonlySet<string>;
};

const EXPIRIES_MS = [null, null, 3_600_000, 86_400_000];
/** The server remembers the newest hundred batches of all; of its own an operator undoes one of so many. */
const UNDOABLE = 5;
/** What two clocks of one machine may differ by when they are rounded. */
const ROUNDING_MS = 5;

export class StormOperator {
  readonly place: OperatorPlace;
  calls = 0;
  readonly #random: Prng;
  #known: Known;
  /** When the call under way has happened; null: no call is under way. */
  #perhaps: ((alerts: readonly Alert[]) => Known) | null = null;
  #batches: { readonly batchId: string; readonly comment: string }[] = [];

  constructor(place: OperatorPlace, random: Prng) {
    this.place = place;
    this.#random = random;
    this.#known = { silent: new Map(place.silent.map((id) => [id, null])), unsteady: new Map() };
  }

  /** One call after the other until `server` no longer answers. Rejects when an answer is not what it must be. */
  async storm(server: ServerProcess, isOver: () => boolean): Promise<void> {
    // After a call that was not answered nothing more can be known.
    while (!isOver() && this.#perhaps === null) {
      const kind = this.#random.below(10);
      if (kind < 4) await this.#single(server);
      else if (kind < 7) await this.#bulk(server);
      else if (kind < 8) await this.#unackIds(server);
      else await this.#undo(server);
    }
  }

  /** After a restart: throws when `alerts` (all there are) are not what was answered. */
  check(alerts: readonly Alert[]): void {
    const found = this.#seen(alerts);
    const happened = this.#perhaps === null ? null : this.#perhaps(alerts);
    const before = mismatch(this.#known, found);
    if (before !== null) {
      const after = happened === null ? 'no call was unanswered' : mismatch(happened, found);
      if (after !== null)
        throw new Error(`${this.place.name}: ${before}; or, had the last call happened: ${after}`);
      this.#known = happened!;
    }
    this.#perhaps = null;
  }

  #seen(alerts: readonly Alert[]): Found {
    const silent = new Map<AlertId, Acknowledgement | null>();
    const unsteady = new Map<string, number>();
    for (const { id, hostId, ack } of alerts) {
      if (this.#known.silent.has(id)) silent.set(id, ack);
      else if (this.place.unsteady.has(hostId) && ack?.comment) {
        unsteady.set(ack.comment, (unsteady.get(ack.comment) ?? 0) + 1);
      }
    }
    return { silent, unsteady };
  }

  #someIds(): AlertId[] {
    const count = 1 + this.#random.below(3);
    const ids = Array.from(
      { length: count },
      () => this.place.silent[this.#random.below(this.place.silent.length)]!,
    );
    return [...new Set(ids)];
  }

  #wish(): Taken {
    const comment = `${this.place.name}, call ${++this.calls}`;
    const expiresInMs = EXPIRIES_MS[this.#random.below(EXPIRIES_MS.length)]!;
    return { comment, by: this.place.name, expiresInMs, askedAtMs: Date.now(), exact: null };
  }

  /** The answer, with the outcome that was known beforehand put in its place; null: the server has died. */
  async #call<T>(
    server: ServerProcess,
    path: string,
    body: object,
    perhaps: (alerts: readonly Alert[]) => Known,
  ): Promise<T | null> {
    this.#perhaps = perhaps;
    const answer = await server.post(path, body).catch(() => null);
    if (answer === null) return null;
    if (answer.status !== 200)
      throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    this.#perhaps = null;
    return answer.body as T;
  }

  #with(ids: readonly AlertId[], taken: Taken): Map<AlertId, Taken | null> {
    const silent = new Map(this.#known.silent);
    for (const id of ids) if (silent.get(id) === null) silent.set(id, taken);
    return silent;
  }

  async #single(server: ServerProcess): Promise<void> {
    const taken = this.#wish();
    const ids = this.#someIds();
    const known: Known = { ...this.#known, silent: this.#with(ids, taken) };
    const { comment, by, expiresInMs } = taken;
    const body = { ids, comment, by, ...(expiresInMs === null ? {} : { expiresInMs }) };
    const answer = await this.#call<AckAnswer>(server, '/api/alerts/ack', body, () => known);
    if (answer === null) return;
    const exactly = new Map(this.#known.silent);
    for (const { id, outcome, ack } of answer.results ?? []) {
      const expected = this.#known.silent.get(id) === null ? 'acked' : 'alreadyAcked';
      if (outcome !== expected || ack === null) throw new Error(`${id}: ${outcome} instead of ${expected}`);
      if (outcome === 'acked') exactly.set(id, { ...taken, exact: ack });
      else if (ack.comment !== this.#known.silent.get(id)?.comment)
        throw new Error(`${id}: ${ack.comment} is its owner`);
    }
    this.#known = { ...this.#known, silent: exactly };
    if (answer.acked > 0) this.#batches.push({ batchId: answer.batchId, comment });
  }

  async #bulk(server: ServerProcess): Promise<void> {
    const taken = this.#wish();
    const free = this.place.silent.filter((id) => this.#known.silent.get(id) === null);
    const silent = this.#with(free, taken);
    const { comment, by, expiresInMs } = taken;
    const body = {
      filter: { label: this.place.label },
      comment,
      by,
      ...(expiresInMs === null ? {} : { expiresInMs }),
    };
    const tookUnsteady = (count: number): Known => ({
      silent,
      unsteady: new Map([...this.#known.unsteady, [comment, count]]),
    });
    // Unanswered, nobody knows how many of the unsteady ones were down just then.
    const perhaps = (alerts: readonly Alert[]): Known =>
      tookUnsteady(this.#seen(alerts).unsteady.get(comment) ?? 0);
    const answer = await this.#call<AckAnswer>(server, '/api/alerts/ack', body, perhaps);
    if (answer === null) return;
    const unsteady = answer.acked - free.length;
    if (unsteady < 0 || unsteady > this.place.unsteady.size) {
      throw new Error(`${comment}: ${answer.acked} acknowledged, with ${free.length} silent ones free`);
    }
    this.#known = tookUnsteady(unsteady);
    if (answer.acked > 0) this.#batches.push({ batchId: answer.batchId, comment });
  }

  async #unackIds(server: ServerProcess): Promise<void> {
    const ids = this.#someIds();
    const silent = new Map(this.#known.silent);
    for (const id of ids) silent.set(id, null);
    const known: Known = { ...this.#known, silent };
    const body = { ids, by: this.place.name };
    const answer = await this.#call<{ unacked: number }>(server, '/api/alerts/unack', body, () => known);
    if (answer === null) return;
    const expected = ids.filter((id) => this.#known.silent.get(id) !== null).length;
    if (answer.unacked !== expected) throw new Error(`${answer.unacked} taken back instead of ${expected}`);
    this.#known = known;
  }

  async #undo(server: ServerProcess): Promise<void> {
    this.#batches = this.#batches.slice(-UNDOABLE);
    const batch = this.#batches.splice(this.#random.below(Math.max(1, this.#batches.length)), 1)[0];
    if (batch === undefined) return this.#bulk(server);
    const { batchId, comment } = batch;
    const silent = new Map(this.#known.silent);
    for (const [id, taken] of silent) if (taken?.comment === comment) silent.set(id, null);
    const unsteady = new Map(this.#known.unsteady);
    unsteady.delete(comment);
    const body = { batchId, by: this.place.name };
    const answer = await this.#call<{ unacked: number }>(server, '/api/alerts/unack', body, () => ({
      silent,
      unsteady,
    }));
    if (answer === null) return;
    const ofSilent = [...this.#known.silent.values()].filter((taken) => taken?.comment === comment).length;
    const expected = ofSilent + (this.#known.unsteady.get(comment) ?? 0);
    if (answer.unacked !== expected) {
      throw new Error(`undoing "${comment}" took back ${answer.unacked} instead of ${expected}`);
    }
    this.#known = { silent, unsteady };
  }
}

type Found = {
  readonly silent: ReadonlyMap<AlertId, Acknowledgement | null>;
  readonly unsteady: ReadonlyMap<string, number>;
};

/** The first thing that is not as it was answered; null: all is. */
function mismatch(known: Known, found: Found): string | null {
  for (const [id, taken] of known.silent) {
    const ack = found.silent.get(id);
    if (ack === undefined) return `the alert ${id} is not open`;
    const why = differs(taken, ack);
    if (why !== null) return `${id}: ${why}`;
  }
  for (const comment of new Set([...known.unsteady.keys(), ...found.unsteady.keys()])) {
    const [expected, count] = [known.unsteady.get(comment) ?? 0, found.unsteady.get(comment) ?? 0];
    if (expected !== count) return `"${comment}" took ${expected} of the unsteady hosts, and holds ${count}`;
  }
  return null;
}

/** In what an acknowledgement is not what was asked for and answered; null: in nothing. */
export function differs(taken: Taken | null, ack: Acknowledgement | null): string | null {
  if (taken === null) return ack === null ? null : `"${ack.comment}" holds it, and nobody does`;
  if (ack === null) return `"${taken.comment}" is lost`;
  const { exact, by, comment, expiresInMs, askedAtMs } = taken;
  const found = JSON.stringify(ack);
  if (exact !== null) return isSame(exact, ack) ? null : `${found} instead of ${JSON.stringify(exact)}`;
  const lastsMs = ack.expiresAt === null ? null : ack.expiresAt - ack.at;
  const isWhole = ack.by === by && ack.comment === comment && lastsMs === expiresInMs;
  return isWhole && ack.at >= askedAtMs - ROUNDING_MS ? null : `${found} instead of ${JSON.stringify(taken)}`;
}

function isSame(a: Acknowledgement, b: Acknowledgement): boolean {
  return a.by === b.by && a.at === b.at && a.comment === b.comment && a.expiresAt === b.expiresAt;
}
