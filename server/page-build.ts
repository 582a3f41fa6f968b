/**
 * Makes sure that the built pages are those of the sources: `next build` when there is no build or it is older.
 * Knows nothing of the running server.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What pages are made from. The server's own code is not: it runs as it stands. */
const SOURCES = [
  'app',
  'components',
  'lib',
  'public',
  'next.config.js',
  'postcss.config.js',
  'package.json',
  'tsconfig.json',
];
const BUILD_MARK = '.next/BUILD_ID';
/** Of an old build, what speeds up the next one and what belongs to `npm run dev`. */
const KEPT = new Set(['cache', 'dev']);

/** Newest change of a file or, for what was removed, of the folder it was in. -Infinity when there is none. */
function newestChangeMs(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return Number.NEGATIVE_INFINITY;
  if (!stat.isDirectory()) return /\.(test|spec)\.tsx?$/.test(path) ? Number.NEGATIVE_INFINITY : stat.mtimeMs;
  return readdirSync(path).reduce(
    (newest, name) => Math.max(newest, newestChangeMs(join(path, name))),
    stat.mtimeMs,
  );
}

/** Is there a build at least as new as every source? */
export function isBuildCurrent(root: string): boolean {
  const built = statSync(join(root, BUILD_MARK), { throwIfNoEntry: false });
  return (
    built !== undefined && SOURCES.every((source) => newestChangeMs(join(root, source)) <= built.mtimeMs)
  );
}

/** Builds quietly; resolves with what the build printed when it failed, else with null. */
export async function buildPages(root: string): Promise<string | null> {
  const folder = join(root, '.next');
  // Routes that are gone must not be served from what is left of them.
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (!KEPT.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  const next = createRequire(import.meta.url).resolve('next/dist/bin/next');
  const child = spawn(process.execPath, [next, 'build'], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const stop = (): void => void child.kill('SIGTERM');
  process.once('exit', stop);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  process.off('exit', stop);
  return code === 0 ? null : Buffer.concat(output).toString('utf8');
}
