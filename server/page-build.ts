/**
 * Makes sure that the built pages are those of the sources: `next build` when there is no build or it is older.
 * Knows nothing of the running server.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
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
const ENDS = ['SIGTERM', 'SIGINT', 'exit'] as const;

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

/** Routes that are gone must not be served from what is left of them. Throws before anything is lost. */
function clearOldBuild(root: string): void {
  const folder = join(root, '.next');
  if (!existsSync(folder)) {
    accessSync(root, constants.W_OK);
    return;
  }
  accessSync(folder, constants.W_OK);
  for (const name of readdirSync(folder)) {
    if (!KEPT.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** `next build`, as arguments of Node. */
function nextBuild(): readonly string[] {
  return [createRequire(import.meta.url).resolve('next/dist/bin/next'), 'build'];
}

/**
 * Builds quietly; resolves with what the build printed, or what stood in its way, when it failed; else with null.
 * Asked to end meanwhile, it ends the build first, because a second one beside it would write the same files.
 */
export async function buildPages(
  root: string,
  build: readonly string[] = nextBuild(),
): Promise<string | null> {
  try {
    clearOldBuild(root);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return `pulsewatch: cannot write ${join(root, '.next')} (${code}); start it as the user who owns this clone`;
  }
  const child = spawn(process.execPath, build, {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  let ending = false;
  const end = (): void => {
    ending = true;
    // It knows no clean end, and half a build is no build: BUILD_ID is what it writes last.
    child.kill('SIGKILL');
  };
  for (const event of ENDS) process.on(event, end);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  for (const event of ENDS) process.off(event, end);
  if (ending) process.exit(0);
  return code === 0 ? null : Buffer.concat(output).toString('utf8');
}
