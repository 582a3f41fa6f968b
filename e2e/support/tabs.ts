/**
 * A Chromium whose tabs are really hidden and which can really be put to sleep. Playwright keeps every page
 * visible, so this one is driven by the DevTools protocol alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { chromiumExecutable } from './browser.ts';

const READY_WITHIN_MS = 30_000;

export type Tab = {
  /** The value of an expression in the page; a promise is awaited. Throws what it throws. */
  evaluate<T>(expression: string): Promise<T>;
  /** In front of the others, which are hidden by that. */
  activate(): Promise<void>;
};

type Answer = {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  /** Of an event, which has no id. */
  readonly method?: string;
  readonly sessionId?: string;
};

/** Every process below this one, by /proc. */
function descendantsOf(pid: number): number[] {
  const parentOf = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      // The name before it may hold spaces and brackets.
      parentOf.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {} // it has ended meanwhile
  }
  const found = [pid];
  for (const one of found) for (const [child, parent] of parentOf) if (parent === one) found.push(child);
  return found.slice(1);
}

export class TabbedBrowser {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #loading = new Map<string, () => void>();
  #nextId = 1;

  private constructor(child: ChildProcess, folder: string, socket: WebSocket) {
    this.#child = child;
    this.#folder = folder;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.method === 'Page.loadEventFired') this.#loading.get(answer.sessionId!)?.();
      if (answer.id === undefined) return;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  static async start(): Promise<TabbedBrowser> {
    const folder = mkdtempSync(join(tmpdir(), 'pulsewatch-tabs-'));
    const child = spawn(
      chromiumExecutable() ?? chromium.executablePath(),
      [
        ...['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-sync'],
        ...['--remote-debugging-port=0', `--user-data-dir=${folder}`, 'about:blank'],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const address = await new Promise<string>((resolve, reject) => {
      let output = '';
      const timer = setTimeout(
        () => reject(new Error(`Chromium does not begin:\n${output}`)),
        READY_WITHIN_MS,
      );
      child.once('exit', (code) => reject(new Error(`Chromium ended with ${code}:\n${output}`)));
      child.stderr!.on('data', (chunk: Buffer) => {
        output += chunk;
        const found = /DevTools listening on (ws:\S+)/.exec(output);
        if (found === null) return;
        clearTimeout(timer);
        resolve(found[1]!);
      });
    });
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    return new TabbedBrowser(child, folder, socket);
  }

  /** A new tab in front, or a window of its own that hides no other; loaded when it resolves. */
  async open(url: string, { inWindow = false }: { inWindow?: boolean } = {}): Promise<Tab> {
    const { targetId } = await this.#ask<{ targetId: string }>('Target.createTarget', {
      url: 'about:blank',
      newWindow: inWindow,
    });
    const { sessionId } = await this.#ask<{ sessionId: string }>('Target.attachToTarget', {
      targetId,
      flatten: true,
    });
    await this.#ask('Page.enable', {}, sessionId);
    const loaded = new Promise<void>((resolve) => this.#loading.set(sessionId, resolve));
    await this.#ask('Page.navigate', { url }, sessionId);
    await loaded;
    const activate = async (): Promise<void> => {
      await this.#ask('Target.activateTarget', { targetId });
    };
    if (!inWindow) await activate();
    return {
      activate,
      evaluate: async <T>(expression: string): Promise<T> => {
        const parameters = { expression, returnByValue: true, awaitPromise: true };
        const { result, exceptionDetails } = await this.#ask<{
          result: { value: T };
          exceptionDetails?: { exception?: { description?: string } };
        }>('Runtime.evaluate', parameters, sessionId);
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? expression);
        return result.value;
      },
    };
  }

  /** As a laptop whose lid is closed: no process of the browser runs until `wake`. */
  sleep(): void {
    for (const pid of this.#processes()) process.kill(pid, 'SIGSTOP');
  }

  wake(): void {
    for (const pid of this.#processes()) process.kill(pid, 'SIGCONT');
  }

  async close(): Promise<void> {
    this.#socket.close();
    const ended = once(this.#child, 'exit');
    for (const pid of this.#processes().reverse()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {} // it has ended with its parent
    }
    if (this.#child.exitCode === null && this.#child.signalCode === null) await ended;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  #processes(): number[] {
    return [this.#child.pid!, ...descendantsOf(this.#child.pid!)];
  }

  #ask<T>(method: string, params: object, sessionId?: string): Promise<T> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error === undefined) resolve(result as T);
        else reject(new Error(`${method}: ${error.message}`));
      });
      this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) }));
    });
  }
}
