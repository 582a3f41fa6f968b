/**
 * The store on a SQLite file: main's side of the thread that writes it and of the one that reads it. Main thread;
 * nothing here blocks, what it costs is the building of messages (outbox.ts) and of objects from pages. Rules: ../SPEC.md.
 */
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
  type HostPage,
  type Store,
  type StoreBatch,
  type StoredState,
  StoreUnavailable,
  type TimelineQuery,
  type TimelineResult,
} from '../store.ts';
import { pageFrom } from './host-pages.ts';
import { MARK, type Read, type ToReader, type ToWriter } from './messages.ts';
import { Outbox } from './outbox.ts';
import type { Beginning, HostsPage, Page, ReplayWindowsPage } from './reads.ts';
import { episodeOf } from './rows.ts';
import { StoreThread } from './store-thread.ts';

export type SqliteStoreOptions = {
  /** The database file; its folder is made when it is not there. Beside it stand its log and its lock. */
  readonly path: string;
  /** Between two attempts while nothing can be stored. */
  readonly retryMs?: number;
  /** How long a page waits for what was appended before it was asked for, ms. */
  readonly readsWaitMs?: number;
  /** Events that wait then at most. */
  readonly maxWaitingEvents?: number;
};

const RETRY_MS = 1_000;
/** A page is read with what was told of live; when the disk is busy, a little behind it. */
const READS_WAIT_MS = 250;
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
  readonly #outbox: Outbox;
  readonly #readsWaitMs: number;
  readonly #writer: StoreThread<ToWriter>;
  readonly #reader: StoreThread<ToReader>;
  #writerReopening = false;
  #readerReopening = false;
  #closing: Promise<void> | undefined;
  /** When this run began, and when it was last known to be alive; null before load. */
  #startedAtMs: number | null = null;
  #aliveAtMs: number | null = null;
  #readings = 0;

  constructor(options: SqliteStoreOptions) {
    const { path, retryMs = RETRY_MS, maxWaitingEvents = MAX_WAITING_EVENTS } = options;
    this.#readsWaitMs = options.readsWaitMs ?? READS_WAIT_MS;
    const setup = { path };
    this.#writer = new StoreThread<ToWriter>({
      url: new URL('./writer.worker.ts', import.meta.url),
      name: 'store',
      setup,
      onWrote: ({ ids, outcome, detail }) => this.#outbox.wrote(ids, outcome, detail),
      // What was not confirmed is kept, and a new thread tried.
      onLost: (detail) => {
        if (this.#closing === undefined) this.#outbox.fail(detail);
      },
    });
    this.#reader = new StoreThread<ToReader>({
      url: new URL('./reader.worker.ts', import.meta.url),
      name: 'store reader',
      setup,
      onWrote: () => {},
      onLost: () => this.#reopenReader(),
    });
    this.#outbox = new Outbox({
      limits: { events: maxWaitingEvents, audit: MAX_WAITING_AUDIT },
      retryMs,
      send: (message) => {
        if (!this.#writer.send(message)) this.#reopenWriter();
      },
    });
  }

  /** Starts the threads; the writer opens the file, and the reader when it has. */
  async open(): Promise<void> {
    const greeting = this.#writer.open().then((): ToReader => ({ mark: MARK, type: 'open' }));
    try {
      await this.#reader.open(greeting);
    } catch (error) {
      await this.#writer.close();
      throw error;
    }
  }

  #reopenWriter(): void {
    if (this.#writerReopening) return;
    this.#writerReopening = true;
    this.#writer.open().then(
      () => {
        this.#writerReopening = false;
        if (this.#aliveAtMs !== null) {
          this.#writer.send({ mark: MARK, type: 'begin', nowMs: this.#aliveAtMs });
        }
        this.#outbox.retry();
      },
      (error: Error) => {
        this.#writerReopening = false;
        this.#outbox.fail(error.message);
      },
    );
  }

  /** Should that fail, the next question tries again. */
  #reopenReader(): void {
    if (this.#readerReopening || this.#closing !== undefined) return;
    this.#readerReopening = true;
    const done = (): void => {
      this.#readerReopening = false;
    };
    this.#reader.open({ mark: MARK, type: 'open' }).then(done, done);
  }

  async #ask<T>(read: Read): Promise<T> {
    if (this.#closing !== undefined) throw new StoreUnavailable('the store is closed');
    if (!this.#reader.isRunning) this.#reopenReader();
    return this.#reader.ask((id) => ({ mark: MARK, type: 'read', id, read }));
  }

  health(): StoreHealth {
    return { kind: this.kind, ...this.#outbox.health() };
  }

  async load(nowMs: number): Promise<StoredState> {
    this.#startedAtMs = nowMs;
    this.#aliveAtMs = nowMs;
    this.#writer.send({ mark: MARK, type: 'begin', nowMs });
    const { resumable, ...beginning } = await this.#ask<Beginning>({ of: 'begin', nowMs });
    const open: EpisodeRecord[] = [];
    for await (const { rows } of this.#pages<Page>((afterNo) => ({ of: 'open-episodes', afterNo }))) {
      for (const row of rows) open.push(episodeOf(row));
    }
    open.sort((a, b) => a.alert.openedAt - b.alert.openedAt);
    const episodes = [...open, ...resumable];
    const among = new Set(episodes.map(({ alert }) => alert.hostId));
    const episodeNumbers = beginning.episodeNumbers.filter(([id]) => !among.has(id));
    return { ...beginning, episodes, episodeNumbers };
  }

  async *hosts(): AsyncGenerator<HostPage> {
    const reading = ++this.#readings;
    for await (const { hosts } of this.#pages<HostsPage>((afterNo) => ({ of: 'hosts', reading, afterNo }))) {
      if (hosts !== null) yield pageFrom(hosts);
    }
  }

  /** The next page is read while the last one is looked at. */
  async *#pages<P extends { readonly afterNo: number | null }>(
    read: (afterNo: number) => Read,
  ): AsyncGenerator<P> {
    let coming: Promise<P> | null = this.#ask<P>(read(0));
    while (coming !== null) {
      const page: P = await coming;
      coming = page.afterNo === null ? null : this.#ask<P>(read(page.afterNo));
      // Whoever stops in between does not wait for it.
      coming?.catch(() => {});
      yield page;
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

  saveReplayWindows(epoch: string, page: number, windows: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#tell((id) => ({ mark: MARK, type: 'save-replay-windows', id, epoch, page, windows }));
  }

  async keepReplayWindowsOf(epoch: string): Promise<void> {
    // In portions, so that no command waits for long.
    while ((await this.#tell<number>((id) => ({ mark: MARK, type: 'keep-replay-windows', id, epoch }))) > 0);
  }

  async *replayWindows(): AsyncGenerator<Uint8Array> {
    const read = (afterNo: number): Read => ({ of: 'replay-windows', afterNo });
    for await (const { pages } of this.#pages<ReplayWindowsPage>(read)) yield* pages;
  }

  async #tell<T>(message: (id: number) => ToWriter): Promise<T> {
    if (this.#closing !== undefined) throw new StoreUnavailable('the store is closed');
    return this.#writer.ask(message);
  }

  alive(nowMs: number): void {
    this.#aliveAtMs = nowMs;
    if (this.#outbox.health().writable) this.#writer.send({ mark: MARK, type: 'alive', nowMs });
  }

  async events(query: EventQuery): Promise<EventResult> {
    await this.#outbox.settled(this.#readsWaitMs);
    return this.#ask({ of: 'events', query });
  }

  async timeline(query: TimelineQuery): Promise<TimelineResult> {
    await this.#outbox.settled(this.#readsWaitMs);
    return this.#ask({ of: 'timeline', query, startedAtMs: this.#startedAtMs });
  }

  async alerts(query: AlertQuery): Promise<AlertResult> {
    await this.#outbox.settled(this.#readsWaitMs);
    return this.#ask({ of: 'alerts', query });
  }

  alert(id: AlertId): Promise<Alert | null> {
    return this.#ask({ of: 'alert', id });
  }

  audit(query: AuditQuery): Promise<AuditResult> {
    return this.#ask({ of: 'audit', query });
  }

  trim(beforeMs: number): Promise<number> {
    return this.#tell((id) => ({ mark: MARK, type: 'trim', id, beforeMs }));
  }

  close(): Promise<void> {
    this.#closing ??= this.#outbox.close().then(async () => {
      // The writer last: it leaves the file without companions.
      for (const thread of [this.#reader, this.#writer]) await thread.close();
    });
    return this.#closing;
  }
}
