/**
 * The store's thread: owns the connection, writes what is queued in one transaction a turn, answers questions
 * between two of them, trims in portions. Knows nothing of what waits on main. Messages: messages.ts.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { StoreFileError } from '../store.ts';
import { type FromStore, isMarked, MARK, type Read, type StoreSetup, type ToStore } from './messages.ts';
import { CHECKPOINT_PAGES, type OpenDatabase, openDatabase } from './open-database.ts';
import { Reads } from './reads.ts';
import type { ChangeRows } from './rows.ts';
import { Trim } from './trim.ts';
import { Writes } from './writes.ts';

/** Rows one transaction holds at most, but for a single job that has more: about 150 ms. */
const GROUP_ROWS = 16_384;

type Job = { readonly id: number; rows: number; readonly pieces: string[] };
type Trimming = { readonly id: number; readonly trim: Trim; rows: number };

const main = parentPort!;

function post(message: FromStore): void {
  main.postMessage(message);
}

class StoreThread {
  readonly #open: OpenDatabase;
  readonly #writes: Writes;
  readonly #reads: Reads;
  readonly #jobs: Job[] = [];
  /** The job whose pieces are still coming. */
  #coming: Job | null = null;
  readonly #trimmings: Trimming[] = [];
  /** Why nothing is written until main says so; null while all is well. */
  #unavailable: string | null = null;
  #pace: keyof typeof CHECKPOINT_PAGES = 'calm';
  #turn: NodeJS.Immediate | undefined;
  #rest: NodeJS.Timeout | undefined;
  #portionMs = 0;
  #closing = false;

  constructor(open: OpenDatabase) {
    this.#open = open;
    this.#writes = new Writes(open.database);
    this.#reads = new Reads(open.database);
  }

  receive(message: ToStore): void {
    switch (message.type) {
      case 'write':
        this.#queue(message);
        break;
      case 'resume':
        this.#unavailable = null;
        this.#coming = null;
        break;
      case 'alive':
        this.#alive(message.nowMs);
        break;
      case 'read':
        this.#answer(message.id, message.read);
        break;
      case 'trim':
        this.#trimmings.push({
          id: message.id,
          trim: new Trim(this.#open.database, message.beforeMs),
          rows: 0,
        });
        break;
      case 'close':
        this.#closing = true;
    }
    this.#nextTurn();
  }

  #nextTurn(): void {
    if (this.#jobs.length > 0 || this.#closing) {
      this.#turn ??= setImmediate(() => {
        this.#turn = undefined;
        this.#takeTurn();
      });
    }
    if (this.#trimmings.length > 0 && !this.#closing) {
      // As long a rest as the last portion took: the disk is left half of its time to whoever waits.
      this.#rest ??= setTimeout(() => {
        this.#rest = undefined;
        this.#trimPortion();
        this.#nextTurn();
      }, this.#portionMs);
    }
  }

  #takeTurn(): void {
    if (this.#jobs.length > 0) this.#writeGroup();
    if (this.#closing && this.#jobs.length === 0) {
      clearTimeout(this.#rest);
      this.#open.close();
      main.close();
      return;
    }
    this.#nextTurn();
  }

  #queue({ id, rows, json, last }: ToStore & { type: 'write' }): void {
    const job: Job = this.#coming ?? { id, rows: 0, pieces: [] };
    job.rows += rows;
    job.pieces.push(json);
    this.#coming = last ? null : job;
    if (last) this.#jobs.push(job);
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
    }
    this.#setPace();
    this.#write(group);
  }

  #setPace(): void {
    const pace = this.#jobs.length > 0 ? 'busy' : this.#trimmings.length > 0 ? 'trimming' : 'calm';
    if (this.#pace === pace) return;
    this.#pace = pace;
    this.#open.database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES[pace]}`);
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

  /** Of no importance by itself: the next one comes in seconds. */
  #alive(nowMs: number): void {
    try {
      this.#transaction(() => this.#writes.alive(nowMs));
    } catch (error) {
      if (breaksRule(error)) throw error;
    }
  }

  #trimPortion(): void {
    const trimming = this.#trimmings[0]!;
    const startedAtMs = performance.now();
    this.#setPace();
    try {
      let rows: number | null = null;
      this.#transaction(() => {
        rows = trimming.trim.next();
      });
      this.#portionMs = performance.now() - startedAtMs;
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

  #answer(id: number, read: Read): void {
    try {
      post({ mark: MARK, type: 'answer', id, answer: this.#read(read) });
    } catch (error) {
      post({ mark: MARK, type: 'unanswered', id, message: (error as Error).message });
    }
  }

  #read(read: Read): unknown {
    switch (read.of) {
      case 'begin':
        this.#writes.beginRun(read.nowMs);
        this.#alive(read.nowMs);
        return this.#reads.begin(read.nowMs);
      case 'open-episodes':
        return this.#reads.openEpisodes(read.afterNo);
      case 'hosts':
        return this.#reads.hosts(read.afterNo);
      case 'events':
        return this.#reads.events(read.query);
      case 'timeline':
        return this.#reads.timeline(read.query, this.#writes.run);
      case 'alerts':
        return this.#reads.alerts(read.query);
      case 'alert':
        return this.#reads.alert(read.id);
      case 'audit':
        return this.#reads.audit(read.query);
    }
  }
}

/** A rule of the tables (19), a value they do not take (18, 20, 25), or a fault before SQLite was asked. */
function breaksRule(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode === undefined || [18, 19, 20, 25].includes(errcode & 0xff);
}

try {
  const thread = new StoreThread(openDatabase((workerData as StoreSetup).path));
  main.on('message', (message: unknown) => {
    if (isMarked<ToStore>(message)) thread.receive(message);
  });
  post({ mark: MARK, type: 'ready' });
} catch (error) {
  const { message } = error as Error;
  post({ mark: MARK, type: 'failed', message, ofFile: error instanceof StoreFileError });
}
