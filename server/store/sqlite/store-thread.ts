/**
 * One of the store's two threads as main sees it: starts it, asks it, tells when it is gone. Knows no SQLite and
 * nothing of what is asked. Main thread.
 */
import { Worker } from 'node:worker_threads';
import { StoreFileError, StoreUnavailable } from '../store.ts';
import {
  type FromStore,
  isMarked,
  MARK,
  type StoreSetup,
  type ToReader,
  type ToWriter,
  type Wrote,
} from './messages.ts';

export type StoreThreadOptions = {
  /** Of the thread's own module. */
  readonly url: URL;
  readonly name: string;
  readonly setup: StoreSetup;
  onWrote(message: Wrote): void;
  /** It had been ready and is gone, which it never should be but after `close`. */
  onLost(detail: string): void;
};

export class StoreThread<To extends ToReader | ToWriter> {
  readonly #o: StoreThreadOptions;
  #worker: Worker | null = null;
  #isReady = false;
  #lastQuestion = 0;
  readonly #questions = new Map<number, PromiseWithResolvers<unknown>>();
  /** Resolves when the thread started last has ended. */
  exited: Promise<void> = Promise.resolve();

  constructor(options: StoreThreadOptions) {
    this.#o = options;
  }

  /**
   * Starts it. Resolves when it is ready, rejects when it cannot be. `greeting`: sent first of all, at once or when it
   * is there; where it fails, so does this.
   */
  open(greeting?: To | Promise<To>): Promise<void> {
    const { url, name, setup } = this.#o;
    this.#isReady = false;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const worker = new Worker(url, { workerData: setup, name });
    this.#worker = worker;
    worker.on('message', (message: unknown) => {
      if (!isMarked<FromStore>(message)) return;
      if (message.type === 'ready') {
        this.#isReady = true;
        resolve();
      } else if (message.type === 'failed') {
        reject(message.ofFile ? new StoreFileError(message.message) : new Error(message.message));
        void worker.terminate();
      } else this.#receive(message);
    });
    worker.on('error', (error) => {
      reject(error);
      this.#lost(worker, error.message);
    });
    this.exited = new Promise((exited) => {
      worker.on('exit', (code) => {
        reject(new Error(`the store's thread ended with code ${code} before it was ready`));
        this.#lost(worker, `the store's thread ended with code ${code}`);
        exited();
      });
    });
    if (greeting instanceof Promise) {
      greeting.then(
        (message) => worker.postMessage(message),
        (error: Error) => {
          reject(error);
          void worker.terminate();
        },
      );
    } else if (greeting !== undefined) worker.postMessage(greeting);
    return promise;
  }

  get isRunning(): boolean {
    return this.#worker !== null;
  }

  /** false: there is no thread to send to. */
  send(message: To): boolean {
    this.#worker?.postMessage(message);
    return this.#worker !== null;
  }

  /** Rejects with StoreUnavailable when it does not answer. */
  ask<T>(message: (id: number) => To): Promise<T> {
    const question = Promise.withResolvers<unknown>();
    const id = ++this.#lastQuestion;
    if (!this.send(message(id))) {
      return Promise.reject(new StoreUnavailable("the store's thread is not running"));
    }
    this.#questions.set(id, question);
    return question.promise as Promise<T>;
  }

  /** Lets it finish. Resolves when it has ended, also when it does not run. */
  close(): Promise<void> {
    this.send({ mark: MARK, type: 'close' } as To);
    return this.exited;
  }

  #receive(message: Exclude<FromStore, { type: 'ready' | 'failed' }>): void {
    if (message.type === 'wrote') {
      this.#o.onWrote(message);
      return;
    }
    const question = this.#questions.get(message.id);
    this.#questions.delete(message.id);
    if (message.type === 'answer') question?.resolve(message.answer);
    else question?.reject(new StoreUnavailable(message.message));
  }

  #lost(worker: Worker, detail: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const question of this.#questions.values()) question.reject(new StoreUnavailable(detail));
    this.#questions.clear();
    // A start that failed is told to whoever asked for it.
    if (this.#isReady) this.#o.onLost(detail);
  }
}
