import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ENGINE_MODES } from './testing/engine-modes.ts';
import type { GcReport } from './testing/gc-child.ts';

/** More in the soak: server/bench/stalls.ts. */
const { STALL_HOSTS, STALL_SECONDS, STALL_RECEIVER, STALL_SHARDS } = process.env;
const HOSTS = Number(STALL_HOSTS ?? 3_000);
const SECONDS = Number(STALL_SECONDS ?? 4);

const file = (name: string): string => new URL(`./testing/${name}`, import.meta.url).pathname;

/** The one whose memory the kernel writes to, where it can be had; with rings between threads, and without. */
const [{ receiver: FIRST }] = ENGINE_MODES as [(typeof ENGINE_MODES)[number]];
const MODES = ENGINE_MODES.filter(
  ({ receiver, shards }) =>
    (STALL_RECEIVER ?? FIRST) === receiver && Number(STALL_SHARDS ?? shards) === shards,
);
const LIMIT_MS = 80_000 + 1_000 * SECONDS;

test.each(MODES)(
  'E93: a collection every 10 ms under full load: every column is what the model says ($receiver with $shards)',
  { timeout: LIMIT_MS + 10_000 },
  async ({ receiver, shards }) => {
    const argv = ['--expose-gc', '--import', file('gc-preload.ts'), file('gc-child.ts')];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...argv, receiver, String(shards), String(HOSTS), String(SECONDS)],
      { timeout: LIMIT_MS, killSignal: 'SIGKILL', env: { ...process.env, GC_SECONDS: String(SECONDS + 1) } },
    );
    const report = JSON.parse(stdout) as GcReport;
    expect(report).toMatchObject({ differing: [], early: 0, downOnce: HOSTS });
    expect(report.read).toBe(report.sent);
    expect(report.accepted).toBe(report.sent);
    expect(report.sent).toBeGreaterThan(HOSTS);
  },
);
