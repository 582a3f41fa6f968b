/**
 * The server as a process of its own, without pages, on a DATA_DIR it can be started on again: for tests that kill
 * it. Its ports stay the same from start to start when they are handed on.
 */
import { join } from 'node:path';
import { SpawnedProcess } from './spawned-process.ts';

const SCRIPT = join(import.meta.dirname, 'serve-without-pages.ts');
const READY = /^Pulsewatch is ready: http:\/\/127\.0\.0\.1:(\d+) \(heartbeats: UDP 127\.0\.0\.1:(\d+)\)/;
const READY_WITHIN_MS = 60_000;
const ANSWER_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 20;
const PATIENCE_MS = 20_000;

export type Ports = { readonly port: number; readonly heartbeatPort: number };

export type ProcessAnswer = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it expects to be there
  readonly body: any;
};

export type ServerProcessOptions = {
  readonly ports?: Ports;
  /** Further settings. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What is put before `node …`, such as `['unshare', '--mount']`; it has to become that process. */
  readonly before?: readonly string[];
};

export class ServerProcess implements Ports {
  readonly port: number;
  readonly heartbeatPort: number;
  readonly process: SpawnedProcess;

  private constructor(process: SpawnedProcess, port: number, heartbeatPort: number) {
    this.process = process;
    this.port = port;
    this.heartbeatPort = heartbeatPort;
  }

  /** Starts it and does not wait; with `ports` given one can ask it before it is ready. */
  static spawn(dataDir: string, options: ServerProcessOptions = {}): SpawnedProcess {
    const { ports = { port: 0, heartbeatPort: 0 }, args = [], before = [], env } = options;
    const settings = ['--port', String(ports.port), '--heartbeat-port', String(ports.heartbeatPort)];
    const [command = process.execPath, ...rest] = [...before, process.execPath];
    return new SpawnedProcess(
      [...rest, SCRIPT, ...settings, '--data-dir', dataDir, ...args],
      { env },
      command,
    );
  }

  /** Ready, or rejects with what it said. */
  static async start(dataDir: string, options: ServerProcessOptions = {}): Promise<ServerProcess> {
    return ServerProcess.of(ServerProcess.spawn(dataDir, options));
  }

  static async of(process: SpawnedProcess): Promise<ServerProcess> {
    try {
      const [, port, heartbeatPort] = await process.line(READY, READY_WITHIN_MS);
      return new ServerProcess(process, Number(port), Number(heartbeatPort));
    } catch (error) {
      await process.end();
      throw error;
    }
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Rejects when it dies before the whole answer is there. */
  async ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<ProcessAnswer> {
    const response = await fetch(`${this.origin}${path}`, {
      method,
      headers: method === 'GET' ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return { status: response.status, body: await response.json() };
  }

  /** What `GET path` answers with 200; rejects for anything else. */
  async get(path: string): Promise<ProcessAnswer['body']> {
    const { status, body } = await this.ask('GET', path);
    if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(body).slice(0, 500)}`);
    return body;
  }

  post(path: string, body: object): Promise<ProcessAnswer> {
    return this.ask('POST', path, body);
  }

  /** Asks until `done` says so. */
  async until(
    path: string,
    done: (body: ProcessAnswer['body']) => boolean,
    withinMs = PATIENCE_MS,
  ): Promise<ProcessAnswer['body']> {
    const untilMs = performance.now() + withinMs;
    for (;;) {
      const body = await this.get(path);
      if (done(body)) return body;
      if (performance.now() > untilMs)
        throw new Error(`${path} stayed ${JSON.stringify(body).slice(0, 1_000)}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Resolves when it has ended. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.process.kill(signal);
    await this.process.exit;
  }
}
