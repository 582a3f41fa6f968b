/** Signing in through Debian's nginx with the file that docs/ ships, over plain HTTP and over TLS. Needs nginx. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createParser } from 'eventsource-parser';
import { io } from 'socket.io-client';
import * as parser from 'socket.io-msgpack-parser';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Nginx, startNginx } from '../testing/nginx.ts';
import { selfSigned } from '../testing/self-signed.ts';
import { type SignedInServer, startSignedInServer } from '../testing/signed-in-server.ts';

const NAME = 'pulse.example.com';
const JSON_TYPE = { 'content-type': 'application/json' };

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

let world: SignedInServer;
let plain: Nginx;
let secure: Nginx;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewatch-nginx-tls-'));
  world = await startSignedInServer(
    `--allowed-hosts=${NAME},127.0.0.1`,
    `--allowed-origins=http://${NAME},https://${NAME}`,
    '--trusted-proxies=127.0.0.1',
  );
  plain = await startNginx(world.server.port, forSignIn);
  secure = await startNginx(world.server.port, (file) => withTls(forSignIn(file)));
});
afterAll(async () => {
  await plain?.stop();
  await secure?.stop();
  await world?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function replaced(file: string, shipped: RegExp, ours: string): string {
  expect(file).toMatch(shipped);
  return file.replace(shipped, ours);
}

/** As the file tells operators with AUTH=password to make it. */
function forSignIn(file: string): string {
  return replaced(file, /^ {2}satisfy any;\n(?:.*\n)*? {2}deny all;\n/m, '');
}

/** TLS in the place of plain HTTP, with the file's own lines. */
function withTls(file: string): string {
  const { key, certificate } = selfSigned(NAME);
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  writeFileSync(keyFile, key, { mode: 0o600 });
  writeFileSync(certificateFile, certificate);
  const listening = replaced(file, /listen (127\.0\.0\.1:\d+);/, 'listen $1 ssl;');
  const certified = replaced(
    listening,
    /^ {2}# ssl_certificate \S+;$/m,
    `  ssl_certificate ${certificateFile};`,
  );
  return replaced(certified, /^ {2}# ssl_certificate_key \S+;$/m, `  ssl_certificate_key ${keyFile};`);
}

/** As a browser at the public name: through one of the two, on a connection of its own. */
class Visitor {
  readonly #isSecure: boolean;
  readonly #port: number;
  cookie: string | null = null;

  constructor(isSecure: boolean) {
    this.#isSecure = isSecure;
    this.#port = (isSecure ? secure : plain).port;
  }

  get #headers(): Record<string, string> {
    const origin = `${this.#isSecure ? 'https' : 'http'}://${NAME}`;
    return { host: NAME, origin, ...(this.cookie === null ? {} : { cookie: this.cookie }) };
  }

  #send(path: string, { headers, ...options }: RequestOptions = {}): ClientRequest {
    const at = { host: '127.0.0.1', port: this.#port, path, agent: false, ...options } as const;
    const all = { ...at, headers: { ...this.#headers, ...headers } };
    const outgoing = this.#isSecure ? secureRequest({ ...all, rejectUnauthorized: false }) : request(all);
    return outgoing.on('error', () => {});
  }

  async #response(outgoing: ClientRequest, body?: object): Promise<IncomingMessage> {
    const response = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve).once('error', reject);
    });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    return response;
  }

  async ask(path: string, options: RequestOptions = {}, body?: object) {
    const response = await this.#response(this.#send(path, options), body);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) };
  }

  /** What the first frame of the event stream is; the status when there is none. */
  async firstEvent(): Promise<string | number> {
    const outgoing = this.#send('/rt/sse', { headers: { accept: 'text/event-stream' } });
    stops.push(() => outgoing.destroy());
    const response = await this.#response(outgoing);
    if (response.statusCode !== 200) {
      response.resume();
      return response.statusCode!;
    }
    return new Promise((resolve, reject) => {
      const events = createParser({ onEvent: ({ data }) => resolve(JSON.parse(data).t) });
      response.setEncoding('utf8').on('data', (chunk: string) => events.feed(chunk));
      response.once('error', reject).once('end', () => reject(new Error('the stream has ended')));
    });
  }

  /** The same over Socket.IO; null when it is not let in. */
  firstMessage(): Promise<string | null> {
    const socket = io(`${this.#isSecure ? 'https' : 'http'}://127.0.0.1:${this.#port}`, {
      transports: ['websocket'],
      parser,
      reconnection: false,
      forceNew: true,
      rejectUnauthorized: false,
      extraHeaders: this.#headers,
    });
    stops.push(() => socket.disconnect());
    return new Promise((resolve) => {
      socket.once('frame', ({ t }: { t: string }) => resolve(t));
      socket.once('connect_error', () => resolve(null));
    });
  }

  async expectShutOut(): Promise<void> {
    for (const path of ['/rt/poll', '/api/hosts', '/api/health']) {
      const { status, body } = await this.ask(path);
      expect([path, status, body.code]).toEqual([path, 401, 'unauthenticated']);
    }
    expect([await this.firstEvent(), await this.firstMessage()]).toEqual([401, null]);
  }
}

test.each([
  ['plain HTTP', false],
  ['TLS', true],
])('H71, U53: over %s who signs in through nginx gets live frames, and nobody else', async (_, isSecure) => {
  const visitor = new Visitor(isSecure);
  await visitor.expectShutOut();

  // What a browser claims of the scheme itself is not what nginx hands on.
  const headers = { ...JSON_TYPE, 'x-forwarded-proto': isSecure ? 'http' : 'https' };
  const signedIn = await visitor.ask('/api/login', { method: 'POST', headers }, world.users.viewer);
  expect(signedIn.status).toBe(200);
  const [cookie] = signedIn.headers['set-cookie']!;
  expect(cookie).toMatch(/^pulsewatch_session=[^;]+; .*HttpOnly/);
  expect(/; Secure(;|$)/.test(cookie!)).toBe(isSecure);
  [visitor.cookie] = cookie!.split(';') as [string];

  const poll = await visitor.ask('/rt/poll');
  expect([poll.status, poll.body.frames[0].t]).toEqual([200, 'S']);
  expect([await visitor.firstEvent(), await visitor.firstMessage()]).toEqual(['S', 'S']);
  expect((await visitor.ask('/api/session')).body).toMatchObject({ user: { name: world.users.viewer.name } });

  const signedOut = await visitor.ask('/api/logout', { method: 'POST', headers: JSON_TYPE }, {});
  expect(signedOut.status).toBe(200);
  await visitor.expectShutOut();
});
