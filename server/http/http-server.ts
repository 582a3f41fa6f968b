/**
 * Owns the listening HTTP sockets: guard first, then who it is, then who answers (live routes, API, pages), and the
 * real `upgrade` event. Knows no host and no page. Main thread.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BlockList, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { PROBLEM_TYPE, problemOf } from '#lib/protocol/errors.ts';
import { entranceOf } from '../auth/door.ts';
import { type Authenticate, notedIdentity, noteIdentity } from '../auth/identity.ts';
import { isLoopback } from '../reachable-addresses.ts';
import { LIVE_HEADERS } from '../transports/live-response.ts';
import { noteHttps } from './account-https.ts';
import { noteClientAddress, notedClientAddress } from './client-address.ts';
import { type GuardRules, refusalOf, refusalOfWrite } from './guard.ts';
import { bindAll } from './http-server-binding.ts';
import { ProblemError } from './problem.ts';
import { endWithProblem, problemOfParser } from './raw-problem.ts';
import { endWithIdentity } from './request-ending.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export type HttpHandlers = {
  /** Who asks; noted on the request for all that follow. */
  readonly authenticate: Authenticate;
  /** Paths under `/rt/`. */
  readonly live: (request: IncomingMessage, response: ServerResponse, url: URL) => void;
  /** Paths under `/api/`. */
  readonly api: Handler;
  /** Everything else; null: there are no pages (tests of the API). */
  readonly pages: Handler | null;
  /** Upgrades of `/socket.io/`. */
  readonly socketIo: UpgradeHandler;
  /** All other upgrades; null: refused. */
  readonly otherUpgrade: UpgradeHandler | null;
  /** TRUSTED_PROXIES; absent: none. */
  readonly trustedProxies?: BlockList;
  readonly onError: (error: Error) => void;
};

/** Longer than any proxy keeps an idle connection, so that polling measures answers and not handshakes. */
const KEEP_ALIVE_MS = 75_000;
/** What a slow or silent client may take. ms. */
export type HttpPatience = {
  /** For the headers of a request, and for all of it. */
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  /** How often the two are looked at. */
  readonly connectionsCheckingInterval: number;
  /** Without a byte in either direction while an answer is under way. */
  readonly timeout: number;
};

const PATIENCE: HttpPatience = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  timeout: 60_000,
};
/** How long answers under way may take when the server stops. */
const STOP_PATIENCE_MS = 500;

export type HttpServer = {
  readonly port: number;
  readonly addresses: readonly string[];
  close(): Promise<void>;
};

/** Binds every address to the same port; 0 = any free one. Rejects as Node does (code, address, port). */
export async function startHttpServer(
  addresses: readonly string[],
  port: number,
  rulesFor: (port: number) => GuardRules,
  handlers: HttpHandlers,
  patience: HttpPatience = PATIENCE,
): Promise<HttpServer> {
  let rules: GuardRules | null = null;
  const trustedProxies = handlers.trustedProxies ?? new BlockList();
  const sockets = new Set<Duplex>();
  const create = (): Server => {
    const answering = new WeakMap<Duplex, ServerResponse>();
    const take = (request: IncomingMessage, response: ServerResponse): void => {
      answering.set(request.socket, response);
      noteClientAddress(request, trustedProxies);
      noteHttps(request, trustedProxies);
      answer(request, response, rules!, handlers);
    };
    const server = createServer(
      {
        headersTimeout: patience.headersTimeout,
        requestTimeout: patience.requestTimeout,
        connectionsCheckingInterval: patience.connectionsCheckingInterval,
        keepAliveTimeout: KEEP_ALIVE_MS,
        // The guard refuses it, with words.
        requireHostHeader: false,
        // Another protocol that a client offers, such as h2c, is not taken up: the request is answered as it is.
        shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
      },
      take,
    );
    server.timeout = patience.timeout;
    // An expectation of the client may be ignored.
    server.on('checkExpectation', take);
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const begun = answering.get(socket)?.headersSent && !answering.get(socket)?.writableFinished;
      // A browser opens connections ahead: to one that has said nothing an answer would be the next request's.
      const silent = (socket as Socket).bytesRead === 0;
      if (error.code === 'ECONNRESET' || !socket.writable || begun || silent) socket.destroy();
      else endWithProblem(socket, problemOfParser(error));
    });
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    server.on('upgrade', (request, socket, head) => {
      noteClientAddress(request, trustedProxies);
      upgrade(request, socket, head, rules!, handlers);
    });
    return server;
  };
  const { servers, boundPort } = await bindAll(create, addresses, port);
  rules = rulesFor(boundPort);
  return {
    port: boundPort,
    addresses,
    async close() {
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
      for (const server of servers) server.closeIdleConnections();
      const patience = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, STOP_PATIENCE_MS);
      await Promise.all(closed);
      clearTimeout(patience);
    },
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  rules: GuardRules,
  handlers: HttpHandlers,
): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const refusal = refusalOf(request, rules) ?? refusalOfWrite(request.method, request.headers);
  if (refusal !== null) {
    sendProblem(request, response, refusal);
    return;
  }
  try {
    const url = pathOf(request);
    if (url === null) {
      sendProblem(request, response, new ProblemError('not_found', 'the address is not a path'));
    } else if (isLetIn(request, response, url, handlers)) {
      // In one spelling for all behind the door: what was let in is what is served.
      request.url = `${url.pathname}${url.search}`;
      hand(request, response, url, handlers);
    }
  } catch (error) {
    handlers.onError(error as Error);
    if (!response.headersSent) {
      sendProblem(
        request,
        response,
        new ProblemError('internal_error', 'the server has logged what happened'),
      );
    } else response.destroy();
  }
}

/** false: answered with the way to the sign-in page, or with 401. */
function isLetIn(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  { authenticate }: HttpHandlers,
): boolean {
  const identity = authenticate(request.headers);
  if (identity !== null) noteIdentity(request, identity);
  const { method = 'GET', headers } = request;
  const entrance = entranceOf({ method, url, isRouter: headers.rsc !== undefined }, identity);
  if (entrance.type === 'redirect') {
    response
      .writeHead(303, { Location: entrance.to, 'Cache-Control': 'no-store', 'Content-Length': 0 })
      .end();
  } else if (entrance.type === 'unauthenticated') {
    sendProblem(request, response, unauthenticated(entrance.detail));
  }
  return entrance.type === 'pass';
}

function unauthenticated(detail: string, headers: Readonly<Record<string, string>> = {}): ProblemError {
  return new ProblemError('unauthenticated', detail, { ...headers, 'WWW-Authenticate': 'Bearer' });
}

function hand(request: IncomingMessage, response: ServerResponse, url: URL, handlers: HttpHandlers): void {
  const { pathname } = url;
  if (pathname.startsWith('/rt/')) handlers.live(request, response, url);
  else if (pathname === '/api' || pathname.startsWith('/api/')) {
    const identity = notedIdentity(request);
    if (identity !== null) endWithIdentity(identity, request, response);
    handlers.api(request, response);
  } else if (pathname.startsWith('/socket.io/')) {
    const detail = `${pathname} takes the upgrade of a WebSocket, and nothing else`;
    sendProblem(request, response, new ProblemError('not_found', detail));
  } else if (handlers.pages === null) {
    sendProblem(request, response, new ProblemError('not_found', 'this server has no pages'));
  } else {
    // Next would let proxies keep a page for a year, and give it to those who are not signed in.
    if (notedIdentity(request)?.user !== null && !pathname.startsWith('/_next/')) {
      response.setHeader('Cache-Control', 'private, no-cache');
    }
    handlers.pages(request, response);
  }
}

/** Stands for our own origin, whatever it is. */
const HERE = 'http://localhost';

/** null for what is not a path of ours, such as `*`, `//host` or the whole URL a proxy would be asked for. */
function pathOf({ url }: IncomingMessage): URL | null {
  // To a URL a backslash is a slash.
  if (url === undefined || !/^\/(?![/\\])/.test(url)) return null;
  return URL.canParse(url, HERE) ? new URL(url, HERE) : null;
}

/** What every answer at a live address says (docs/protocol.md 2), refusals too. */
function liveHeadersAt(request: IncomingMessage): Readonly<Record<string, string>> {
  const path = pathOf(request)?.pathname ?? '';
  return path.startsWith('/rt/') || path.startsWith('/socket.io/') ? LIVE_HEADERS : {};
}

function sendProblem(request: IncomingMessage, response: ServerResponse, problem: ProblemError): void {
  const { status, ...rest } = problemOf(problem.code, problem.message);
  // A refused body is not read: the connection ends with the answer.
  if (request.method !== 'GET' && request.method !== 'HEAD') response.setHeader('Connection', 'close');
  response.writeHead(status, {
    'Content-Type': PROBLEM_TYPE,
    'Cache-Control': 'no-store',
    ...liveHeadersAt(request),
    ...problem.headers,
  });
  response.end(JSON.stringify({ status, ...rest }));
}

function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  rules: GuardRules,
  handlers: HttpHandlers,
): void {
  // The other side may go away at any moment; without a listener that would end the process.
  socket.on('error', () => socket.destroy());
  const refusal = refusalOf(request, rules);
  if (refusal !== null) {
    const headers = { ...liveHeadersAt(request), ...refusal.headers };
    endWithProblem(socket, new ProblemError(refusal.code, refusal.message, headers));
    return;
  }
  const identity = handlers.authenticate(request.headers);
  if (identity !== null) noteIdentity(request, identity);
  const isSocketIo = request.url?.startsWith('/socket.io/') === true;
  // While developing, the sign-in page is replaced while it is open like any other.
  const isForPages = !isSocketIo && handlers.otherUpgrade !== null;
  if (identity === null && !(isForPages && isLoopback(notedClientAddress(request)))) {
    const detail = 'sign in first: an upgrade needs a session or an API token';
    endWithProblem(socket, unauthenticated(detail, liveHeadersAt(request)));
  } else if (isSocketIo) handlers.socketIo(request, socket, head);
  else if (handlers.otherUpgrade !== null) handlers.otherUpgrade(request, socket, head);
  else {
    const detail = 'nothing here takes an upgrade';
    endWithProblem(socket, new ProblemError('not_found', detail, liveHeadersAt(request)));
  }
}
