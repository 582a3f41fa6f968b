/**
 * Another machine for a test, on this one: a network namespace joined to ours by one cable (a veth pair) that can be
 * pulled without a goodbye. Linux, root and `ip` are needed; nothing of it outlives `close`.
 */
import { execFileSync } from 'node:child_process';
import { SpawnedProcess } from './spawned-process.ts';

const LIFE_S = 300;
/** For tests of networks, by RFC 2544: nobody's real addresses. */
const RANGE = '198.18';

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}

/** null when there can be one here, else why not. */
export function whyNoNamespace(): string | null {
  if (process.platform !== 'linux') return 'network namespaces are of Linux';
  if (process.getuid?.() !== 0) return 'a network namespace needs root';
  try {
    execFileSync('unshare', ['--net', 'ip', 'link', 'show'], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return `a network namespace cannot be made here: ${error instanceof Error ? error.message : String(error)}`;
  }
}

export class NetworkNamespace {
  /** This side of the cable. */
  readonly address: string;
  readonly #holder: SpawnedProcess;
  readonly #ours: string;
  readonly #theirs: string;

  private constructor(holder: SpawnedProcess) {
    this.#holder = holder;
    const { pid } = holder;
    const net = pid % 16_384;
    const prefix = `${RANGE}.${net >> 6}.`;
    const first = (net & 63) * 4;
    this.address = `${prefix}${first + 1}`;
    this.#ours = `pwo${pid}`;
    this.#theirs = `pwt${pid}`;
    ip('link', 'add', this.#ours, 'type', 'veth', 'peer', 'name', this.#theirs, 'netns', String(pid));
    ip('addr', 'add', `${this.address}/30`, 'dev', this.#ours);
    ip('link', 'set', this.#ours, 'up');
    this.#inside('ip', 'addr', 'add', `${prefix}${first + 2}/30`, 'dev', this.#theirs);
    this.plug();
  }

  static async open(): Promise<NetworkNamespace> {
    const holder = new SpawnedProcess(
      ['--net', 'sh', '-c', `echo here; exec sleep ${LIFE_S}`],
      {},
      'unshare',
    );
    try {
      await holder.line(/^here$/);
      return new NetworkNamespace(holder);
    } catch (error) {
      await holder.end();
      throw error;
    }
  }

  /** A process over there. */
  spawn(command: string, ...args: string[]): SpawnedProcess {
    return new SpawnedProcess([...this.#enter, command, ...args], {}, 'nsenter');
  }

  /** Pulls the cable at the other end. */
  cut(): void {
    this.#inside('ip', 'link', 'set', this.#theirs, 'down');
  }

  plug(): void {
    this.#inside('ip', 'link', 'set', this.#theirs, 'up');
  }

  /** After the processes over there have ended: the pair goes with its namespace. */
  async close(): Promise<void> {
    ip('link', 'delete', this.#ours);
    await this.#holder.end();
  }

  get #enter(): string[] {
    return ['--net', '--target', String(this.#holder.pid)];
  }

  #inside(...command: string[]): void {
    execFileSync('nsenter', [...this.#enter, ...command], { stdio: 'pipe' });
  }
}
