/**
 * A disk of a few MB that a test can fill: a tmpfs in a mount namespace of its own, which ends with the process that
 * holds it. Linux, and a system that lets this user have namespaces.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SpawnedProcess } from './spawned-process.ts';

/** How to get a namespace, and how to enter it. */
const WAYS = [
  { make: ['unshare', '--mount'], enter: ['--mount'] },
  {
    make: ['unshare', '--mount', '--user', '--map-root-user'],
    enter: ['--mount', '--user', '--preserve-credentials'],
  },
] as const;
const BALLAST = 'ballast';
const CHUNK_BYTES = 64 * 1_024;
/** Should the test die, nothing is left behind for longer. */
const HELD_FOR_S = '300';

const way =
  process.platform === 'linux'
    ? WAYS.find(({ make: [command, ...args] }) => {
        const script = 'mount -t tmpfs -o size=64k none /mnt';
        return spawnSync(command, [...args, 'sh', '-c', script]).status === 0;
      })
    : undefined;

export const hasSmallDisks = way !== undefined;

export class SmallDisk {
  /** To be put before a command that is to see the disk. */
  readonly before: readonly string[];
  readonly #holder: SpawnedProcess;
  /** Seen from outside. */
  readonly #ballast: string;

  private constructor(holder: SpawnedProcess, mountPoint: string, enter: readonly string[]) {
    this.#holder = holder;
    this.before = ['nsenter', '--target', String(holder.pid), ...enter];
    this.#ballast = join(`/proc/${holder.pid}/root`, mountPoint, BALLAST);
  }

  /** At `mountPoint`, an empty folder. Rejects where there is no way to make one. */
  static async make(mountPoint: string, megabytes: number): Promise<SmallDisk> {
    if (way === undefined) throw new Error('this system gives no mount namespaces');
    const [command, ...args] = way.make;
    const script = `mount -t tmpfs -o "size=$1" none "$2" && echo mounted && exec sleep ${HELD_FOR_S}`;
    const holder = new SpawnedProcess(
      [...args, 'sh', '-c', script, 'sh', `${megabytes}m`, mountPoint],
      {},
      command,
    );
    await holder.line(/^mounted$/);
    return new SmallDisk(holder, mountPoint, way.enter);
  }

  /** Until not one byte more is taken. */
  fill(): void {
    const file = openSync(this.#ballast, 'a');
    try {
      for (let bytes = CHUNK_BYTES; bytes >= 1; ) {
        try {
          writeSync(file, Buffer.alloc(bytes));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          bytes = Math.floor(bytes / 2);
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#ballast);
  }

  end(): Promise<void> {
    return this.#holder.end();
  }
}
