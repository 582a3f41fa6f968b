/**
 * The store's thread that writes: owns the connection, writes what is queued in one transaction a turn, trims in
 * portions. Answers no questions; knows nothing of what waits on main. Messages: messages.ts.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { StoreFileError } from '../store.ts';
import { isLogBehind } from './checkpoints.ts';
import { type FromStore, isMarked, MARK, type StoreSetup, type ToWriter } from './messages.ts';
import { type OpenDatabase, openDatabase } from './open-database.ts';
import type { ChangeRows } from './rows.ts';
import { MAX_PORTION_ROWS, Trim } from './trim.ts';
import { Writes } from './writes.ts';

/**
 * Rows one transaction holds at most, but for a single job that has more: about 300 ms. The more of them, the fewer
 * pages of the indexes are written twice: nobody waits less for it, for all is written in the order it came.
 */
const GROUP_ROWS = 65_536;
/** History that nobody waits for lets as long pass as the last transaction took, and at most this. */
const MAX_PAUSE_MS = 100;
/** A command may meet a portion of a trimming: so long it is meant to be. */
const PORTION_MS = 6;
const MIN_PORTION_ROWS = 25;
/** Pages of replay windows that go in one transaction, each some 80 kB. */
const DROPPED_WINDOWS = 16;
/** Between two looks whether the log has been moved to the file. */
const LOG_LOOK_MS = 20;

type Job = { readonly id: number; readonly urgent: boolean; rows: number; readonly pieces: string[] };
type Trimming = { readonly id: number; readonly trim: Trim; rows: number };

const main = parentPort!;

function post(message: FromStore): void {
  main.postMessage(message);
}

class WriterThread {
  readonly #open: OpenDatabase;
  readonly #writes: Writes;
  readonly #jobs: Job[] = [];
  /** The job whose pieces are still coming. */
  #coming: Job | null = null;
  readonly #trimmings: Trimming[] = [];
  /** Why nothing is written until main says so; null while all is well. */
  #unavailable: string | null = null;
  #urgentJobs = 0;
  #turn: NodeJS.Immediate | undefined;
  /** Until the next turn, while only history waits. */
  #pause: NodeJS.Timeout | undefined;
  #pauseUntilMs = 0;
  /** Between two portions of a trimming. */
  #rest: NodeJS.Timeout | undefined;
  #portionMs = 0;
  #portionRows = 100;
  #closing = false;

  constructor(open: OpenDatabase) {
    this.#open = open;
    this.#writes = new Writes(open.database);
  }

  receive(message: ToWriter): void {
    switch (message.type) {
      case 'write':
        this.#queue(message);
        break;
      case 'resume':
        this.#unavailable = null;
        this.#coming = null;
        // Main has taken these back, and sends them again.
        this.#jobs.length = 0;
        this.#urgentJobs = 0;
        break;
      case 'begin':
        this.#begin(message.nowMs);
        break;
      case 'alive':
        this.#alive(message.nowMs);
        break;
      case 'trim':
        this.#trimmings.push({
          id: message.id,
          trim: new Trim(this.#open.database, message.beforeMs),
          rows: 0,
        });
        break;
      case 'save-replay-windows':
        this.#atOnce(message.id, () =>
          this.#writes.replayWindows(message.epoch, message.page, message.windows),
        );
        break;
      case 'keep-replay-windows':
        this.#atOnce(message.id, () => this.#writes.dropReplayWindows(message.epoch, DROPPED_WINDOWS));
        break;
      case 'close':
        this.#closing = true;
    }
    this.#plan();
  }

  #plan(): void {
    if (this.#urgentJobs > 0 || this.#closing) this.#planTurn(0);
    else if (this.#jobs.length > 0) this.#planTurn(this.#pauseUntilMs - performance.now());
    if (this.#trimmings.length > 0 && !this.#closing) {
      // As long a rest as the last portion took: the disk is left half of its time to whoever waits.
      this.#rest ??= setTimeout(() => {
        this.#rest = undefined;
        this.#trimPortion();
        this.#plan();
      }, this.#portionMs);
    }
  }

  #planTurn(inMs: number): void {
    if (this.#turn !== undefined) return;
    if (inMs > 0) {
      this.#pause ??= setTimeout(() => this.#takeTurn(), inMs);
      return;
    }
    clearTimeout(this.#pause);
    this.#turn = setImmediate(() => this.#takeTurn());
  }

  #takeTurn(): void {
    this.#turn = undefined;
    this.#pause = undefined;
    if (this.#jobs.length > 0) this.#writeGroup();
    if (this.#closing && this.#jobs.length === 0) {
      clearTimeout(this.#rest);
      this.#open.close();
      main.close();
      return;
    }
    this.#plan();
  }

  #queue({ id, rows, json, last, urgent }: ToWriter & { type: 'write' }): void {
    const job: Job = this.#coming ?? { id, urgent, rows: 0, pieces: [] };
    job.rows += rows;
    job.pieces.push(json);
    this.#coming = last ? null : job;
    if (!last) return;
    this.#jobs.push(job);
    if (urgent) this.#urgentJobs++;
  }

  #writeGroup(): void {
    const group: Job[] = [];
    let rows = 0;
    for (;;) {
      const job = this.#jobs[0];
      if (job === undefined || (group.length > 0 && rows + job.rows > GROUP_ROWS)) break;
      group.push(job);
      rows += job.rows;
      this.#jobs.shift();
      if (job.urgent) this.#urgentJobs--;
    }
    const beganMs = performance.now();
    this.#write(group);
    const endedMs = performance.now();
    this.#pauseUntilMs = endedMs + Math.min(endedMs - beganMs, MAX_PAUSE_MS);
  }

  /** All of them in one transaction; where one breaks a rule, each in its own, so that only that one is refused. */
  #write(group: readonly Job[]): void {
    const ids = group.map(({ id }) => id);
    const reply = (outcome: 'written' | 'unavailable' | 'refused', detail: string | null): void =>
      post({ mark: MARK, type: 'wrote', ids, outcome, detail });
    if (this.#unavailable !== null) {
      reply('unavailable', this.#unavailable);
      return;
    }
    try {
      this.#transaction(() => {
        for (const { rows, pieces } of group) {
          if (rows === 0) this.#writes.touch();
          for (const piece of pieces) this.#writes.apply(JSON.parse(piece) as ChangeRows);
        }
        this.#writes.finish();
      });
      reply('written', null);
    } catch (error) {
      this.#writes.forget();
      const detail = (error as Error).message;
      if (!breaksRule(error)) {
        this.#unavailable = detail;
        reply('unavailable', detail);
      } else if (group.length > 1) {
        for (const job of group) this.#write([job]);
      } else {
        reply('refused', detail);
      }
    }
  }

  #transaction(work: () => void): void {
    const { database } = this.#open;
    database.exec('BEGIN IMMEDIATE');
    try {
      work();
      database.exec('COMMIT');
    } catch (error) {
      // On a full disk SQLite has often rolled back itself.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  /** In a transaction of its own, before what is queued: about a millisecond, and nothing of it waits. */
  #atOnce(id: number, work: () => unknown): void {
    try {
      if (this.#unavailable !== null) throw new Error(this.#unavailable);
      let answer: unknown;
      this.#transaction(() => {
        answer = work();
      });
      post({ mark: MARK, type: 'answer', id, answer: answer ?? null });
    } catch (error) {
      post({ mark: MARK, type: 'unanswered', id, message: (error as Error).message });
    }
  }

  #begin(nowMs: number): void {
    // The thread before this one may have ended of an instant that is none.
    if (!Number.isFinite(nowMs)) return;
    this.#writes.beginRun(nowMs);
    this.#alive(nowMs);
  }

  /** Of no importance by itself: the next one comes in seconds. */
  #alive(nowMs: number): void {
    try {
      this.#transaction(() => this.#writes.alive(nowMs));
    } catch (error) {
      this.#writes.forget();
      if (breaksRule(error)) throw error;
    }
  }

  #trimPortion(): void {
    if (isLogBehind(this.#open.database)) {
      this.#portionMs = LOG_LOOK_MS;
      return;
    }
    const trimming = this.#trimmings[0]!;
    const startedAtMs = performance.now();
    try {
      let rows: number | null = null;
      this.#transaction(() => {
        rows = trimming.trim.next(this.#portionRows);
      });
      this.#portionMs = performance.now() - startedAtMs;
      this.#fitPortion();
      if (rows !== null) {
        trimming.rows += rows;
        return;
      }
      post({ mark: MARK, type: 'answer', id: trimming.id, answer: trimming.rows });
    } catch (error) {
      post({ mark: MARK, type: 'unanswered', id: trimming.id, message: (error as Error).message });
    }
    this.#trimmings.shift();
  }

  /** By halves and quarters: one that a busy machine held up says little of the next. */
  #fitPortion(): void {
    const factor = Math.min(1.25, Math.max(0.5, PORTION_MS / this.#portionMs));
    const rows = Math.round(this.#portionRows * factor);
    this.#portionRows = Math.min(MAX_PORTION_ROWS, Math.max(MIN_PORTION_ROWS, rows));
  }
}

/** A rule of the tables (19), a value they do not take (18, 20, 25), or a fault before SQLite was asked. */
function breaksRule(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode === undefined || [18, 19, 20, 25].includes(errcode & 0xff);
}

try {
  const thread = new WriterThread(openDatabase((workerData as StoreSetup).path));
  main.on('message', (message: unknown) => {
    if (isMarked<ToWriter>(message)) thread.receive(message);
  });
  post({ mark: MARK, type: 'ready' });
} catch (error) {
  const { message } = error as Error;
  post({ mark: MARK, type: 'failed', message, ofFile: error instanceof StoreFileError });
}
