/** What the benchmark of alerts measures with: its server in a process of its own, asked over HTTP, and its database. */
import { DatabaseSync } from 'node:sqlite';
import type { Health } from '#lib/protocol/api.ts';
import { databaseIn } from '../store/sqlite/database-file.ts';
import { isServerAnswer, type ServerAnswer, type ServerQuestion, type Stall } from './alerts-messages.ts';
import { BenchChild } from './bench-child.ts';
import { startOptions } from './start-options.ts';

export class BenchServer {
  readonly #child: BenchChild<ServerQuestion, ServerAnswer>;
  readonly origin: string;
  /** From the start of its process to its first answer. */
  readonly firstAnswerMs: number;

  private constructor(child: BenchChild<ServerQuestion, ServerAnswer>, port: number, beganMs: number) {
    this.#child = child;
    this.origin = `http://127.0.0.1:${port}`;
    this.firstAnswerMs = performance.now() - beganMs;
  }

  static async start(dataDir: string, ...settings: readonly string[]): Promise<BenchServer> {
    const beganMs = performance.now();
    const child = new BenchChild<ServerQuestion, ServerAnswer>(
      new URL('./alerts-server.ts', import.meta.url),
      ['--port', '0', '--heartbeat-port', '0', '--data-dir', dataDir, ...settings],
      isServerAnswer,
      startOptions(),
    );
    const { port } = await child.ask({ ask: 'ready' });
    await (await fetch(`http://127.0.0.1:${port}/api/health`)).arrayBuffer();
    return new BenchServer(child, port, beganMs);
  }

  /** With the ms from the question to the whole answer. Rejects for anything but 200. */
  async ask<T>(address: string, body?: object): Promise<{ readonly answer: T; readonly tookMs: number }> {
    const beganMs = performance.now();
    const response = await fetch(this.origin + address, {
      method: body === undefined ? 'GET' : 'POST',
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const tookMs = performance.now() - beganMs;
    if (response.status !== 200)
      throw new Error(`${address} answered ${response.status}: ${text.slice(0, 300)}`);
    return { answer: JSON.parse(text), tookMs };
  }

  get pid(): number {
    return this.#child.pid;
  }

  async health(): Promise<Health> {
    return (await this.ask<Health>('/api/health')).answer;
  }

  /** The longest stall since the last call. */
  async stall(): Promise<Stall> {
    return (await this.#child.ask({ ask: 'stall', reset: true })).stall;
  }

  end(): Promise<void> {
    return this.#child.ended();
  }
}

/** One value of the database, read beside the server. */
export function fromDatabase(dataDir: string, sql: string): number {
  const database = new DatabaseSync(databaseIn(dataDir), { readOnly: true });
  try {
    return Number(Object.values(database.prepare(sql).get() ?? { none: Number.NaN })[0]);
  } finally {
    database.close();
  }
}
