/**
 * A whole server on free ports, without pages, with heartbeats over a real socket. For tests. RECEIVER and SHARDS of
 * the environment count, so that every test can be run with either receiver and any number of shards.
 */
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import { type RunningServer, startServer } from '../main.ts';

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it expects to be there
  readonly body: any;
};

export type TestServer = RunningServer & {
  readonly faults: Error[];
  /** With AUTH=password on a new folder; else null. */
  readonly setupToken: string | null;
  /** One text heartbeat, handed to the kernel when it resolves. */
  beat(line: string): Promise<void>;
  ask(
    path: string,
    options?: { method?: string; headers?: Record<string, string>; body?: string },
  ): Promise<Answer>;
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
  /** Asks until `done` says so. */
  until(path: string, done: (body: Answer['body']) => boolean): Promise<Answer['body']>;
};

const POLL_MS = 15;
const PATIENCE_MS = 8_000;

export async function startTestServer(...args: string[]): Promise<TestServer> {
  const faults: Error[] = [];
  const onFault = (error: Error): void => void faults.push(error);
  // One that the test names itself is left to it.
  const dataDir = mkdtempSync(join(tmpdir(), 'pulsewatch-test-'));
  const removeData = (): void => rmSync(dataDir, { recursive: true, force: true });
  const { RECEIVER, SHARDS } = process.env;
  const config = readConfig(['--port', '0', '--heartbeat-port', '0', '--data-dir', dataDir, ...args], {
    RECEIVER,
    SHARDS,
  });
  let setupToken: string | null = null;
  const server = await startServer(config, {
    startPages: null,
    onNotice: () => {},
    onSetupToken: (token) => {
      setupToken = token;
    },
    onFatal: onFault,
    onFault,
  }).catch((error: unknown) => {
    removeData();
    throw error;
  });
  const socket = createSocket('udp4');

  /** Not `fetch`: it would not let a test choose Host and Origin. */
  const ask: TestServer['ask'] = (path, { method = 'GET', headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port: server.port, path, method, headers, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({
              status: response.statusCode!,
              headers: response.headers,
              body: text && JSON.parse(text),
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });

  return {
    ...server,
    faults,
    setupToken,
    beat: (line) =>
      new Promise((resolve, reject) => {
        socket.send(line, server.heartbeatPort, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
      }),
    ask,
    get: (path) => ask(path),
    post: (path, body) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    async until(path, done) {
      const untilMs = performance.now() + PATIENCE_MS;
      for (;;) {
        const { body } = await ask(path);
        if (done(body)) return body;
        if (performance.now() > untilMs)
          throw new Error(`${path} stayed ${JSON.stringify(body).slice(0, 1_000)}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    async stop() {
      socket.close();
      await server.stop();
      removeData();
    },
  };
}
