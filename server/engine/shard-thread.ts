/**
 * One shard as main sees it: its worker, its shared memory, what was asked of it. A worker that ends by itself is
 * made anew over the same columns, counters and rings, and is asked again for what it had not done. Main thread.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { BatchReceipts } from './batch-credit.ts';
import type { ShardBatch } from './events.ts';
import type { ExpectedHost, RestoredColumns } from './known-hosts.ts';
import { openShardColumns, openStats, openTagMarks, type ShardColumns, type ShardStats } from './layout.ts';
import {
  type BoundAddress,
  CONTROL,
  type FromShard,
  isMarked,
  MARK,
  openMerged,
  type ShardMemory,
  type ShardSetup,
  type StartFailure,
  type ToShard,
  type Wish,
} from './shard-messages.ts';
import { firstFreeSource } from './succession.ts';

/** What stays the same over all of a shard's workers. */
export type ShardFrame = Omit<ShardSetup, 'adopts' | 'holds' | 'columns' | 'firstSource' | 'wishes'>;

export type ShardThreadHandlers = {
  onBatch(batch: ShardBatch): void | Promise<void>;
  onNotice(text: string): void;
  onFault(error: Error): void;
};

type Started = { readonly addresses: readonly BoundAddress[]; readonly receiveBufferBytes: number };

/** Without a word of a worker that is to stop; the news it still has come meanwhile. */
const STOP_PATIENCE_MS = 2_000;
/** One that ends again so soon is started again later each time. */
const STEADY_AFTER_MS = 10_000;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5_000;

/** The error Node gave in the worker, with the fields callers look at. */
function startError({ message, code, syscall, address, port }: StartFailure): Error {
  return Object.assign(new Error(message), { code, syscall, address, port });
}

export class ShardThread {
  readonly stats: ShardStats;
  /** null while it waits for `restore`. */
  columns: ShardColumns | null = null;
  /** One byte a row, by TagMark; null while there are no columns. */
  tagMarks: Uint8Array | null = null;
  /** How often it ended by itself. */
  restarts = 0;
  #frame: ShardFrame;
  readonly #handlers: ShardThreadHandlers;
  readonly #control: Int32Array;
  readonly #merged: Float64Array;
  readonly #receipts: BatchReceipts;
  readonly #started = Promise.withResolvers<Started>();
  #isStarted = false;
  #memory: ShardMemory | null;
  #worker: Worker | undefined;
  #port: MessagePort | undefined;
  /** Not known to be fulfilled, the oldest first. */
  #wishes: Wish[] = [];
  #lastWish = 0;
  #restoreWish = 0;
  #toldSources = 0;
  #startedAtMs = 0;
  #delayMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #why = '';
  #heardBatches = 0;
  #stopping: Promise<void> | undefined;

  /** `memory` null: it holds until `restore`. */
  constructor(frame: ShardFrame, memory: ShardMemory | null, handlers: ShardThreadHandlers) {
    this.#frame = frame;
    this.#handlers = handlers;
    this.#control = new Int32Array(frame.control);
    this.#merged = openMerged(frame.control);
    this.#receipts = new BatchReceipts(frame.control);
    this.stats = openStats(frame.stats);
    this.#memory = memory;
    if (memory !== null) this.#look(memory);
    this.#open();
  }

  /** Rejects as Node does when a socket cannot be bound: code, address, port. */
  started(): Promise<Started> {
    return this.#started.promise;
  }

  /** Hosts known from before, with memory that has room for all of them. Once. */
  restore(hosts: RestoredColumns, memory: ShardMemory): void {
    this.#memory = memory;
    this.#look(memory);
    this.#restoreWish = this.#lastWish + 1;
    this.#ask({ type: 'restore', number: this.#restoreWish, hosts, columns: memory });
  }

  /** Do the rows hold whoever was known from before? Not while it holds, or when the hold failed. */
  get isRestored(): boolean {
    return this.columns !== null && this.#hasPlacedAll();
  }

  /** Transitions and descriptions that it has not posted yet. */
  get newsWaiting(): number {
    return Atomics.load(this.#control, CONTROL.waiting);
  }

  /** Transitions it gave up for newer ones, ever. */
  get newsMerged(): number {
    return this.#merged[0]!;
  }

  expect(host: ExpectedHost): void {
    this.#ask({ type: 'expect', number: this.#lastWish + 1, host });
  }

  remove(row: number): void {
    this.#ask({ type: 'remove', number: this.#lastWish + 1, row });
  }

  /** Closes what it opened and ends the worker, after its last news. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #look({ memory, capacity }: ShardMemory): void {
    this.columns = openShardColumns(memory, capacity);
    this.tagMarks = openTagMarks(memory, capacity);
  }

  #ask(wish: Wish): void {
    this.#lastWish = wish.number;
    this.#forgetFulfilled();
    this.#wishes.push(wish);
    this.#say({ mark: MARK, type: 'wish', wish });
  }

  #hasPlacedAll(): boolean {
    return Atomics.load(this.#control, CONTROL.fulfilled) >= this.#restoreWish;
  }

  #forgetFulfilled(): void {
    const fulfilled = Atomics.load(this.#control, CONTROL.fulfilled);
    const open = this.#wishes.findIndex(({ number }) => number > fulfilled);
    this.#wishes = open === -1 ? [] : open === 0 ? this.#wishes : this.#wishes.slice(open);
  }

  #say(message: ToShard): void {
    this.#port?.postMessage(message);
    Atomics.add(this.#control, CONTROL.mail, 1);
  }

  #open(): void {
    const { port1, port2 } = new MessageChannel();
    const adopts = this.#isStarted;
    const waits = this.#memory === null || !this.#hasPlacedAll();
    const setup: ShardSetup = {
      ...this.#frame,
      adopts,
      holds: waits,
      columns: this.#memory,
      firstSource: adopts
        ? Math.max(this.#toldSources, this.columns === null ? 0 : firstFreeSource(this.columns))
        : 0,
      wishes: port2,
    };
    const worker = new Worker(new URL('./shard.worker.ts', import.meta.url), {
      workerData: setup,
      transferList: [port2],
      name: `shard ${setup.shard}`,
    });
    this.#worker = worker;
    this.#port = port1;
    this.#startedAtMs = performance.now();
    // What main asks for must not keep a process alive that has nothing else to do.
    port1.unref();
    worker.on('message', (message: unknown) => {
      if (isMarked<FromShard>(message)) this.#heard(message);
    });
    worker.on('error', (error) => {
      this.#why = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', (code) => this.#ended(code));
    this.#forgetFulfilled();
    for (const wish of this.#wishes) this.#say({ mark: MARK, type: 'wish', wish });
  }

  #heard(message: FromShard): void {
    if (message.type === 'batch') {
      for (const [number] of message.batch.sources) {
        if (number >= this.#toldSources) this.#toldSources = number + 1;
      }
      this.#receipts.received();
      this.#heardBatches++;
      const handling = this.#handlers.onBatch(message.batch);
      const handled = (): void => this.#receipts.handled();
      if (handling instanceof Promise) handling.then(handled, handled);
      else handled();
    } else if (message.type === 'fault') this.#handlers.onFault(new Error(message.message));
    else if (message.type === 'failed') {
      this.#why = message.failure.message;
      if (!this.#isStarted) this.#started.reject(startError(message.failure));
    } else {
      this.#isStarted = true;
      // A successor opens the ports this one found.
      const { sockets } = this.#frame;
      if (sockets.receiver === 'dgram') {
        this.#frame = { ...this.#frame, sockets: { ...sockets, addresses: message.addresses } };
      }
      this.#started.resolve(message);
    }
  }

  /** What the worker posted before it ended has been heard. */
  #ended(code: number): void {
    this.#worker = undefined;
    this.#receipts.settle();
    this.#port?.close();
    this.#port = undefined;
    const { shard } = this.#frame;
    const why = this.#why === '' ? `with code ${code}` : `by an error: ${this.#why}`;
    this.#why = '';
    if (!this.#isStarted) {
      this.#started.reject(new Error(`shard ${shard} ended ${why}, before it listened`));
      return;
    }
    if (this.#stopping !== undefined) return;
    this.restarts++;
    const isSteady = performance.now() - this.#startedAtMs > STEADY_AFTER_MS;
    this.#delayMs = isSteady ? 0 : Math.min(LONGEST_DELAY_MS, Math.max(FIRST_DELAY_MS, 2 * this.#delayMs));
    this.#handlers.onNotice(
      `shard ${shard} ended ${why}; it is started again over what it knew, and silence of its hosts is measured from then on`,
    );
    this.#timer = setTimeout(() => this.#open(), this.#delayMs);
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    if (worker === undefined) return;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    Atomics.store(this.#control, CONTROL.stop, 1);
    this.#say({ mark: MARK, type: 'stop' });
    let heard = this.#heardBatches;
    const patience = setInterval(() => {
      if (heard === this.#heardBatches) void worker.terminate();
      heard = this.#heardBatches;
    }, STOP_PATIENCE_MS);
    await exited;
    clearInterval(patience);
  }
}
