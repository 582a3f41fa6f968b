/**
 * A disk of a few MB that a test can fill: a tmpfs. In a mount namespace of its own, which ends with the process that
 * holds it, where the system has them for this user; else mounted for all to see, which takes root. Linux.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SpawnedProcess } from './spawned-process.ts';

/** How to get a namespace, and how to enter it. */
type Namespace = { readonly make: readonly [string, ...string[]]; readonly enter: readonly string[] };

const NAMESPACES: readonly Namespace[] = [
  { make: ['unshare', '--mount'], enter: ['--mount'] },
  {
    make: ['unshare', '--mount', '--user', '--map-root-user'],
    enter: ['--mount', '--user', '--preserve-credentials'],
  },
];
const BALLAST = 'ballast';
const CHUNK_BYTES = 64 * 1_024;
/** Should the test die, nothing is left behind for longer. */
const HELD_FOR_S = '300';

const succeeds = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;

/** null: there is none. */
function wayToMount(): Namespace | 'forAll' | null {
  if (process.platform !== 'linux') return null;
  const own = NAMESPACES.find(({ make: [command, ...args] }) =>
    succeeds(command, ...args, 'sh', '-c', 'mount -t tmpfs -o size=64k none /mnt'),
  );
  if (own !== undefined) return own;
  const script = 'd=$(mktemp -d); mount -t tmpfs -o size=64k none "$d" && umount "$d" && rmdir "$d"';
  return succeeds('sh', '-c', script) ? 'forAll' : null;
}

const way = wayToMount();

/** Where there are none a test may be skipped; but not in CI on Linux: there it fails, as `make` rejects. */
export const hasSmallDisks = way !== null || (process.platform === 'linux' && process.env.CI === 'true');

export class SmallDisk {
  /** To be put before a command that is to see the disk. */
  readonly before: readonly string[];
  /** Seen from outside. */
  readonly #ballast: string;
  readonly #end: () => Promise<void>;

  private constructor(before: readonly string[], seenAt: string, end: () => Promise<void>) {
    this.before = before;
    this.#ballast = join(seenAt, BALLAST);
    this.#end = end;
  }

  /** At `mountPoint`, an empty folder. Rejects where there is no way to make one. */
  static async make(mountPoint: string, megabytes: number): Promise<SmallDisk> {
    if (way === null) {
      throw new Error('no small disk can be mounted here: neither in a namespace (unshare) nor as root');
    }
    if (way === 'forAll') {
      if (!succeeds('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', mountPoint)) {
        throw new Error(`no small disk could be mounted at ${mountPoint}`);
      }
      return new SmallDisk([], mountPoint, async () => void succeeds('umount', '--lazy', mountPoint));
    }
    const [command, ...args] = way.make;
    const script = `mount -t tmpfs -o "size=$1" none "$2" && echo mounted && exec sleep ${HELD_FOR_S}`;
    const holder = new SpawnedProcess(
      [...args, 'sh', '-c', script, 'sh', `${megabytes}m`, mountPoint],
      {},
      command,
    );
    await holder.line(/^mounted$/);
    const before = ['nsenter', '--target', String(holder.pid), ...way.enter];
    return new SmallDisk(before, join(`/proc/${holder.pid}/root`, mountPoint), () => holder.end());
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
    return this.#end();
  }
}
