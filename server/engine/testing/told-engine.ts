/**
 * An engine with what it has told, and a way to end its workers as a bug would, for tests. One at a time: its workers
 * are those that were started since `begin`.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { clockOrigin } from '../../clock.ts';
import { hostIdHex } from '../../host-id.ts';
import { type Engine, type EngineOptions, type ShardBatch, startEngine, TransitionKind } from '../index.ts';

const workers: Worker[] = [];
const onWorker = (worker: Worker): void => {
  workers.push(worker);
};

/** Watches what workers are started until `engine.stop` has been called. */
export class ToldEngine {
  engine!: Engine;
  readonly names = new Map<string, string>();
  readonly places = new Map<string, { shard: number; row: number }>();
  readonly kinds = new Map<string, number[]>();
  readonly notices: string[] = [];
  readonly faults: Error[] = [];
  #wake = (): void => {};

  readonly onBatch = ({ shard, described, transitions }: ShardBatch): void => {
    for (const { row, hostId, name } of described) {
      this.names.set(hostId, name ?? this.names.get(hostId) ?? '?');
      this.places.set(hostId, { shard, row });
    }
    for (let i = 0; i < transitions.length; i++)
      this.of(shard, transitions.rows[i]!).push(transitions.kinds[i]!);
    this.#wake();
  };

  of(shard: number, row: number): number[] {
    const key = `${shard}/${row}`;
    const kinds = this.kinds.get(key) ?? [];
    this.kinds.set(key, kinds);
    return kinds;
  }

  ofHost(name: string): number[] {
    const place = this.places.get(hostIdHex(name));
    return place === undefined ? [] : this.of(place.shard, place.row);
  }

  get downs(): number {
    return [...this.kinds.values()].flat().filter((kind) => kind === TransitionKind.down).length;
  }

  note(text: string): void {
    this.notices.push(text);
    this.#wake();
  }

  async until(enough: () => boolean): Promise<void> {
    while (!enough()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  static async start(options: Partial<EngineOptions>): Promise<ToldEngine> {
    const told = new ToldEngine();
    workers.length = 0;
    process.on('worker', onWorker);
    told.engine = await startEngine({
      addresses: [{ host: '127.0.0.1', port: 0 }],
      shards: 1,
      maxHosts: 10_000,
      misses: 5,
      minTimeoutMs: 500,
      maxTimeoutMs: 3_600_000,
      clockOrigin: clockOrigin(),
      receiver: 'auto',
      onBatch: told.onBatch,
      onNotice: (text) => told.note(text),
      onFault: (error) => told.faults.push(error),
      ...options,
    });
    return told;
  }

  async stop(): Promise<void> {
    process.off('worker', onWorker);
    await this.engine.stop();
  }

  /** Workers started so far. */
  get workers(): number {
    return workers.length;
  }

  /** Ends a shard's worker from outside, wherever it is. */
  async end(shard: number): Promise<void> {
    const worker = workers.findLast(({ threadName }) => threadName === `shard ${shard}`)!;
    const exited = once(worker, 'exit');
    void worker.terminate();
    await exited;
  }

  async send(...lines: string[]): Promise<void> {
    const { port } = this.engine.addresses[0]!;
    const socket = createSocket('udp4');
    for (const line of lines) {
      await new Promise<void>((resolve) => socket.send(line, port, '127.0.0.1', () => resolve()));
    }
    socket.close();
  }

  placeOf(name: string): [shard: number, row: number] {
    const { shard, row } = this.places.get(hostIdHex(name))!;
    return [shard, row];
  }
}
