/**
 * The store's second thread: answers questions and moves the log to the file, on a connection of its own, so that
 * neither delays what is being written. Sees what has been committed. Messages: messages.ts.
 */
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { keepCheckpointing } from './checkpoints.ts';
import { buffersOf } from './host-pages.ts';
import { type FromStore, isMarked, MARK, type Read, type StoreSetup, type ToReader } from './messages.ts';
import { openBeside } from './open-database.ts';
import { Reads } from './reads.ts';

const main = parentPort!;

function post(message: FromStore, transfer: ArrayBuffer[] = []): void {
  main.postMessage(message, transfer);
}

class ReaderThread {
  readonly #database: DatabaseSync;
  readonly #reads: Reads;
  readonly #stopCheckpoints: () => void;

  constructor(path: string) {
    this.#database = openBeside(path);
    this.#reads = new Reads(this.#database);
    this.#stopCheckpoints = keepCheckpointing(this.#database);
  }

  answer(id: number, read: Read): void {
    try {
      if (read.of === 'hosts') {
        const page = this.#reads.hosts(read.reading, read.afterNo);
        post(
          { mark: MARK, type: 'answer', id, answer: page },
          page.hosts === null ? [] : buffersOf(page.hosts),
        );
      } else post({ mark: MARK, type: 'answer', id, answer: this.#read(read) });
    } catch (error) {
      post({ mark: MARK, type: 'unanswered', id, message: (error as Error).message });
    }
  }

  #read(read: Exclude<Read, { of: 'hosts' }>): unknown {
    switch (read.of) {
      case 'begin':
        return this.#reads.begin(read.nowMs);
      case 'open-episodes':
        return this.#reads.openEpisodes(read.afterNo);
      case 'replay-windows':
        return this.#reads.replayWindows(read.afterNo);
      case 'events':
        return this.#reads.events(read.query);
      case 'timeline':
        return this.#reads.timeline(read.query, read.startedAtMs);
      case 'alerts':
        return this.#reads.alerts(read.query);
      case 'alert':
        return this.#reads.alert(read.id);
      case 'audit':
        return this.#reads.audit(read.query);
    }
  }

  close(): void {
    this.#stopCheckpoints();
    this.#database.close();
  }
}

let thread: ReaderThread | null = null;

function open(): void {
  try {
    thread = new ReaderThread((workerData as StoreSetup).path);
    post({ mark: MARK, type: 'ready' });
  } catch (error) {
    post({ mark: MARK, type: 'failed', message: (error as Error).message, ofFile: false });
  }
}

function answer(id: number, read: Read): void {
  if (thread !== null) thread.answer(id, read);
  else post({ mark: MARK, type: 'unanswered', id, message: 'the database is not open for reading' });
}

main.on('message', (message: unknown) => {
  if (!isMarked<ToReader>(message)) return;
  if (message.type === 'open') open();
  else if (message.type === 'read') answer(message.id, message.read);
  else {
    thread?.close();
    main.close();
  }
});
