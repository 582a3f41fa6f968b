/**
 * What main has given to be stored and the disk has not confirmed: sends it in order and in small pieces, keeps it
 * until it is confirmed, holds history while nothing can be stored, refuses commands then. Main thread; what it costs
 * there is the building of messages, about 4,096 rows a turn. Knows no SQLite.
 */
import type { StoreHealth } from '#lib/protocol/api.ts';
import { StoreUnavailable } from '../store.ts';
import { Backlog, type BacklogLimits } from './backlog.ts';
import { MARK, type ToWriter, type WriteOutcome } from './messages.ts';
import { type ChangeRows, type Changes, countRows, fromRows, toRows } from './rows.ts';

/** Rows in one message, and in what main builds of messages in one turn. */
const PIECE_ROWS = 4_096;
/** Rows sent and not confirmed: two transactions of the store's thread, so that it is never idle. */
const WINDOW_ROWS = 131_072;
/** Rows that may queue while all is well, of the events that may wait when it is not: a mass outage is no trouble. */
const QUEUE_SHARE = 4;

export type OutboxOptions = {
  readonly limits: BacklogLimits;
  readonly retryMs: number;
  send(message: ToWriter): void;
};

/** Still as it was given, or as the JSON of its rows, which is a third of that and nothing to collect. */
type Part = { rows: number; content: Changes | string };

type Job = {
  readonly id: number;
  /** Each a message, at most PIECE_ROWS where there are so many. */
  readonly parts: readonly Part[];
  readonly rows: number;
  /** backlog: a part of what waited while nothing could be stored; nobody waits for it alone. */
  readonly as: 'history' | 'command' | 'backlog';
  readonly settle: PromiseWithResolvers<void>;
};

type WriteMessage = ToWriter & { readonly type: 'write' };

export class Outbox {
  readonly #o: OutboxOptions;
  readonly #backlog: Backlog;
  #lastId = 0;
  /** Not sent yet. */
  #jobs: Job[] = [];
  #queuedRows = 0;
  /** Sent, in order. */
  readonly #sent = new Map<number, Job>();
  #sentRows = 0;
  /** What is left to send of the newest of those. */
  #pieces: Iterator<WriteMessage, undefined> | null = null;
  /** Rows that may still be sent in this turn. */
  #share = PIECE_ROWS;
  #nextTurn: NodeJS.Immediate | undefined;
  /** Why nothing can be stored; null while all is well. Stays until all that waited is stored. */
  #trouble: string | null = null;
  #retry: NodeJS.Timeout | undefined;
  /** Settles those who wait for a part of the backlog. */
  #backlogStored = Promise.withResolvers<void>();
  #refusedRows = 0;
  #closed: PromiseWithResolvers<void> | null = null;

  constructor(options: OutboxOptions) {
    this.#o = options;
    this.#backlog = new Backlog(options.limits);
    this.#backlogStored.promise.catch(() => {});
  }

  health(): Omit<StoreHealth, 'kind'> {
    return {
      writable: this.#trouble === null,
      detail: this.#trouble,
      waiting: this.#queuedRows + this.#sentRows + this.#backlog.rows,
      dropped: this.#backlog.dropped + this.#refusedRows,
    };
  }

  add(changes: Changes, as: 'history' | 'command'): Promise<void> {
    if (this.#closed !== null) return Promise.reject(new StoreUnavailable('the store is closed'));
    if (this.#trouble !== null) {
      if (as === 'command') return Promise.reject(new StoreUnavailable(this.#trouble));
      this.#backlog.add(changes);
      return this.#backlogStored.promise;
    }
    if (this.#queuedRows > QUEUE_SHARE * this.#o.limits.events) {
      this.#trouble = `the disk does not keep up: ${this.#queuedRows + this.#sentRows} rows wait`;
      this.#hold([]);
      return this.add(changes, as);
    }
    const job = this.#enqueue(changes, as);
    this.#pump();
    return job.settle.promise;
  }

  /** Resolves when what was given until now is stored, refused or held back, or after `withinMs`. */
  async settled(withinMs: number): Promise<void> {
    const newest = this.#jobs.at(-1) ?? [...this.#sent.values()].at(-1);
    if (newest === undefined || this.#trouble !== null) return;
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, withinMs);
    await Promise.race([newest.settle.promise, patience.promise]).catch(() => {});
    clearTimeout(timer);
  }

  #enqueue(changes: Changes, as: Job['as']): Job {
    const settle = Promise.withResolvers<void>();
    const rows = countRows(changes);
    const job: Job = { id: ++this.#lastId, parts: partsOf(changes, rows), rows, as, settle };
    // What will have to wait is not kept as objects, unless making text of it took long.
    if (this.#jobs.length > 0 && job.parts.length === 1) textOf(job.parts[0]!);
    this.#jobs.push(job);
    this.#queuedRows += job.rows;
    return job;
  }

  /** Sends until the window is full or this turn has had its share. */
  #pump(): void {
    while (this.#share > 0) {
      this.#pieces ??= this.#nextPieces();
      if (this.#pieces === null) break;
      const { value, done } = this.#pieces.next();
      if (done) {
        this.#pieces = null;
        continue;
      }
      this.#o.send(value);
      this.#share -= Math.max(1, value.rows);
    }
    if (this.#share === PIECE_ROWS) return;
    this.#nextTurn ??= setImmediate(() => {
      this.#nextTurn = undefined;
      this.#share = PIECE_ROWS;
      this.#pump();
    });
  }

  #nextPieces(): Iterator<WriteMessage, undefined> | null {
    const job = this.#jobs[0];
    if (job === undefined || (this.#sentRows > 0 && this.#sentRows + job.rows > WINDOW_ROWS)) return null;
    this.#jobs.shift();
    this.#queuedRows -= job.rows;
    this.#sent.set(job.id, job);
    this.#sentRows += job.rows;
    return piecesOf(job);
  }

  /** The store's thread tells what became of these. */
  wrote(ids: readonly number[], outcome: WriteOutcome, detail: string | null): void {
    const jobs = ids.map((id) => this.#sent.get(id)).filter((job) => job !== undefined);
    if (outcome === 'unavailable') {
      // Jobs that have been taken back are told of as well: the news is old then.
      if (jobs.length > 0) this.fail(detail!);
      return;
    }
    for (const job of jobs) {
      this.#sent.delete(job.id);
      this.#sentRows -= job.rows;
      if (outcome === 'written') job.settle.resolve();
      else this.#refuse(job, detail!);
    }
    if (this.#trouble !== null) this.#drain();
    this.#pump();
    this.#endWhenIdle();
  }

  /** It can never be stored: a mistake of ours, told to whoever waits. */
  #refuse(job: Job, detail: string): void {
    if (job.as !== 'command') this.#refusedRows += job.rows;
    if (job.as !== 'backlog') job.settle.reject(new Error(`the store does not take this: ${detail}`));
  }

  /** Nothing can be stored now: what was sent has not happened. Refuses the commands, tries again later. */
  fail(detail: string): void {
    this.#trouble = detail;
    const sent = [...this.#sent.values()];
    this.#sent.clear();
    this.#sentRows = 0;
    this.#pieces = null;
    this.#hold(sent);
    clearTimeout(this.#retry);
    if (this.#closed === null) this.#retry = setTimeout(() => this.retry(), this.#o.retryMs);
    else this.#giveUp();
  }

  /** Into the backlog with these and with what has not been sent; of a backlog there may be, they are the older part. */
  #hold(sent: readonly Job[]): void {
    const jobs = [...sent, ...this.#jobs];
    this.#jobs = [];
    this.#queuedRows = 0;
    for (const { as, settle } of jobs) {
      if (as === 'command') settle.reject(new StoreUnavailable(this.#trouble!));
      else if (as === 'history') settle.resolve(this.#backlogStored.promise);
    }
    const kept = jobs.filter(({ as }) => as !== 'command').flatMap(({ parts }) => parts.map(changesOf));
    this.#backlog.addBefore(kept);
  }

  /** Tries to store the first part of what waits, or at least something; not while such an attempt is under way. */
  retry(): void {
    clearTimeout(this.#retry);
    if (this.#sent.size > 0) return;
    this.#o.send({ mark: MARK, type: 'resume' });
    this.#enqueue(this.#backlog.take(PIECE_ROWS) ?? {}, 'backlog');
    this.#pump();
  }

  /** The next parts of the backlog; without any, the trouble is over. */
  #drain(): void {
    while (this.#queuedRows + this.#sentRows < WINDOW_ROWS) {
      const batch = this.#backlog.take(PIECE_ROWS);
      if (batch === null) break;
      this.#enqueue(batch, 'backlog');
    }
    if (this.#jobs.length > 0 || this.#sent.size > 0) return;
    this.#trouble = null;
    this.#backlogStored.resolve();
    this.#backlogStored = Promise.withResolvers<void>();
    this.#backlogStored.promise.catch(() => {});
  }

  /** Takes nothing more. Resolves when all is stored, or, when that cannot be, the last attempt has failed. */
  close(): Promise<void> {
    if (this.#closed !== null) return this.#closed.promise;
    this.#closed = Promise.withResolvers<void>();
    if (this.#retry !== undefined && this.#trouble !== null && this.#sent.size === 0) this.retry();
    this.#endWhenIdle();
    return this.#closed.promise;
  }

  #endWhenIdle(): void {
    if (this.#sent.size === 0 && this.#jobs.length === 0 && this.#trouble === null) this.#closed?.resolve();
  }

  #giveUp(): void {
    const error = new StoreUnavailable(`closed with ${this.#backlog.rows} rows not stored: ${this.#trouble}`);
    this.#backlogStored.reject(error);
    this.#closed?.resolve();
  }
}

/** One message, or for a job with many rows several; built when they are asked for. */
function* piecesOf({ id, parts, as }: Job): Generator<WriteMessage, undefined> {
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1;
    const json = textOf(part);
    yield { mark: MARK, type: 'write', id, rows: part.rows, json, last, urgent: as !== 'history' };
  }
}

function textOf(part: Part): string {
  if (typeof part.content !== 'string') part.content = JSON.stringify(toRows(part.content));
  return part.content;
}

function changesOf({ content }: Part): Changes {
  return typeof content === 'string' ? fromRows(JSON.parse(content) as ChangeRows) : content;
}

function partsOf(changes: Changes, rows: number): Part[] {
  if (rows <= PIECE_ROWS) return [{ rows, content: changes }];
  const { accounts, settings, ...lists } = changes;
  const parts: Changes[] = [];
  for (const [name, items] of Object.entries(lists) as [keyof typeof lists, readonly unknown[]][]) {
    for (let from = 0; from < items.length; from += PIECE_ROWS) {
      parts.push({ [name]: items.slice(from, from + PIECE_ROWS) });
    }
  }
  parts.push({ accounts, settings });
  return parts.map((content) => ({ rows: countRows(content), content }));
}
