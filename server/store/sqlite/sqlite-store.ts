/**
 * The store on a SQLite file: main's side of the thread that owns the file. Main thread; nothing here blocks, what it
 * costs is the building of messages (outbox.ts) and of objects from pages. Rules: ../SPEC.md.
 */
import { Worker } from 'node:worker_threads';
import type { AuditEntry, ServerSettings } from '#lib/protocol/account.ts';
import type { Alert, AlertId } from '#lib/protocol/alert.ts';
import type { StoreHealth } from '#lib/protocol/api.ts';
import {
  type AccountChange,
  type AlertQuery,
  type AlertResult,
  type AuditQuery,
  type AuditResult,
  type EpisodeRecord,
  type EventQuery,
  type EventResult,
  type Store,
  type StoreBatch,
  type StoredHost,
  type StoredState,
  StoreFileError,
  StoreUnavailable,
  type TimelineQuery,
  type TimelineResult,
} from '../store.ts';
import { type FromStore, isMarked, MARK, type Read, type StoreSetup, type ToStore } from './messages.ts';
import { Outbox } from './outbox.ts';
import type { Beginning, Page } from './reads.ts';
import { episodeOf, hostOf } from './rows.ts';

export type SqliteStoreOptions = {
  /** The database file; its folder is made when it is not there. Beside it stand its log and its lock. */
  readonly path: string;
  /** Between two attempts while nothing can be stored. */
  readonly retryMs?: number;
  /** Events that wait then at most. */
  readonly maxWaitingEvents?: number;
};

const RETRY_MS = 1_000;
const MAX_WAITING_EVENTS = 200_000;
const MAX_WAITING_AUDIT = 20_000;

/** Rejects with StoreFileError when the file cannot be used. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const store = new SqliteStore(options);
  await store.open();
  return store;
}

class SqliteStore implements Store {
  readonly kind = 'sqlite';
  readonly durable = true;
  readonly #path: string;
  readonly #outbox: Outbox;
  #worker: Worker | null = null;
  #exited: Promise<void> = Promise.resolve();
  #reopening: Promise<void> | undefined;
  /** Since the last start of a thread. */
  #wasReady = false;
  #closing: Promise<void> | undefined;
  #lastQuestion = 0;
  readonly #questions = new Map<number, PromiseWithResolvers<unknown>>();
  /** When this run was last known to be alive; null before load. */
  #aliveAtMs: number | null = null;

  constructor({ path, retryMs = RETRY_MS, maxWaitingEvents = MAX_WAITING_EVENTS }: SqliteStoreOptions) {
    this.#path = path;
    this.#outbox = new Outbox({
      limits: { events: maxWaitingEvents, audit: MAX_WAITING_AUDIT },
      retryMs,
      send: (message) => {
        if (!this.#send(message)) this.#reopen();
      },
    });
  }

  /** Starts the thread, which opens the file. */
  open(): Promise<void> {
    this.#wasReady = false;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const worker = new Worker(new URL('./store.worker.ts', import.meta.url), {
      workerData: { path: this.#path } satisfies StoreSetup,
      name: 'store',
    });
    this.#worker = worker;
    worker.on('message', (message: unknown) => {
      if (!isMarked<FromStore>(message)) return;
      if (message.type === 'ready') {
        this.#wasReady = true;
        resolve();
      } else if (message.type === 'failed') {
        reject(message.ofFile ? new StoreFileError(message.message) : new Error(message.message));
      } else this.#receive(message);
    });
    worker.on('error', (error) => {
      reject(error);
      this.#lost(worker, error.message);
    });
    this.#exited = new Promise((exited) => {
      worker.on('exit', (code) => {
        reject(new Error(`the store's thread ended with code ${code} before it was ready`));
        this.#lost(worker, `the store's thread ended with code ${code}`);
        exited();
      });
    });
    return promise;
  }

  #receive(message: Exclude<FromStore, { type: 'ready' | 'failed' }>): void {
    if (message.type === 'wrote') {
      this.#outbox.wrote(message.ids, message.outcome, message.detail);
      return;
    }
    const question = this.#questions.get(message.id);
    this.#questions.delete(message.id);
    if (message.type === 'answer') question?.resolve(message.answer);
    else question?.reject(new StoreUnavailable(message.message));
  }

  /** The thread is gone, which it never should be. What was not confirmed is kept, and a new thread tried. */
  #lost(worker: Worker, detail: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    // A start that failed is told to whoever asked for it.
    if (!this.#wasReady) return;
    for (const question of this.#questions.values()) question.reject(new StoreUnavailable(detail));
    this.#questions.clear();
    if (this.#closing === undefined) this.#outbox.fail(detail);
  }

  #reopen(): void {
    this.#reopening ??= this.open().then(
      () => {
        this.#reopening = undefined;
        if (this.#aliveAtMs !== null)
          this.#send({ mark: MARK, type: 'read', id: 0, read: { of: 'begin', nowMs: this.#aliveAtMs } });
        this.#outbox.retry();
      },
      (error: Error) => {
        this.#reopening = undefined;
        this.#outbox.fail(error.message);
      },
    );
  }

  /** false: there is no thread to send to. */
  #send(message: ToStore): boolean {
    this.#worker?.postMessage(message);
    return this.#worker !== null;
  }

  #ask<T>(read: Read): Promise<T> {
    return this.#question((id) => ({ mark: MARK, type: 'read', id, read }));
  }

  #question<T>(message: (id: number) => ToStore): Promise<T> {
    const question = Promise.withResolvers<unknown>();
    const id = ++this.#lastQuestion;
    this.#questions.set(id, question);
    if (this.#closing !== undefined || !this.#send(message(id))) {
      this.#questions.delete(id);
      return Promise.reject(new StoreUnavailable("the store's thread is not running"));
    }
    return question.promise as Promise<T>;
  }

  health(): StoreHealth {
    return { kind: this.kind, ...this.#outbox.health() };
  }

  async load(nowMs: number): Promise<StoredState> {
    this.#aliveAtMs = nowMs;
    const { resumable, ...beginning } = await this.#ask<Beginning>({ of: 'begin', nowMs });
    const open: EpisodeRecord[] = [];
    for await (const page of this.#pages((afterNo) => ({ of: 'open-episodes', afterNo }))) {
      for (const row of page) open.push(episodeOf(row));
    }
    open.sort((a, b) => a.alert.openedAt - b.alert.openedAt);
    const episodes = [...open, ...resumable];
    const among = new Set(episodes.map(({ alert }) => alert.hostId));
    const episodeNumbers = beginning.episodeNumbers.filter(([id]) => !among.has(id));
    return { ...beginning, episodes, episodeNumbers };
  }

  async *hosts(): AsyncGenerator<readonly StoredHost[]> {
    for await (const page of this.#pages((afterNo) => ({ of: 'hosts', afterNo }))) yield page.map(hostOf);
  }

  /** The next page is read while the last one is looked at. */
  async *#pages(read: (afterNo: number) => Read): AsyncGenerator<Page['rows']> {
    let coming: Promise<Page> | null = this.#ask<Page>(read(0));
    while (coming !== null) {
      const { rows, afterNo }: Page = await coming;
      coming = afterNo === null ? null : this.#ask<Page>(read(afterNo));
      // Whoever stops in between does not wait for it.
      coming?.catch(() => {});
      if (rows.length > 0) yield rows;
    }
  }

  append(batch: StoreBatch, as: 'history' | 'command'): Promise<void> {
    return this.#outbox.add(batch, as);
  }

  changeAccounts(accounts: readonly AccountChange[], audit: readonly AuditEntry[]): Promise<void> {
    return this.#outbox.add({ accounts, audit }, 'command');
  }

  changeSettings(settings: ServerSettings, audit: AuditEntry): Promise<void> {
    return this.#outbox.add({ settings, audit: [audit] }, 'command');
  }

  alive(nowMs: number): void {
    this.#aliveAtMs = nowMs;
    if (this.#outbox.health().writable) this.#send({ mark: MARK, type: 'alive', nowMs });
  }

  events(query: EventQuery): Promise<EventResult> {
    return this.#ask({ of: 'events', query });
  }

  timeline(query: TimelineQuery): Promise<TimelineResult> {
    return this.#ask({ of: 'timeline', query });
  }

  alerts(query: AlertQuery): Promise<AlertResult> {
    return this.#ask({ of: 'alerts', query });
  }

  alert(id: AlertId): Promise<Alert | null> {
    return this.#ask({ of: 'alert', id });
  }

  audit(query: AuditQuery): Promise<AuditResult> {
    return this.#ask({ of: 'audit', query });
  }

  trim(beforeMs: number): Promise<number> {
    return this.#question((id) => ({ mark: MARK, type: 'trim', id, beforeMs }));
  }

  close(): Promise<void> {
    this.#closing ??= this.#outbox.close().then(() => {
      this.#send({ mark: MARK, type: 'close' });
      return this.#exited;
    });
    return this.#closing;
  }
}
