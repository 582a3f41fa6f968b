import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildPages, isBuildCurrent } from './page-build.ts';
import { SpawnedProcess } from './testing/spawned-process.ts';

test('a build is current while no source of the pages is newer; the server’s code and tests do not count', () => {
  const root = mkdtempSync(join(tmpdir(), 'pulsewatch-build-'));
  const put = (path: string, atS: number): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), '');
    utimesSync(join(root, path), atS, atS);
  };
  const age = (folder: string, atS: number) => utimesSync(join(root, folder), atS, atS);
  try {
    put('app/page.tsx', 100);
    put('lib/live.ts', 100);
    for (const folder of ['app', 'lib']) age(folder, 100);
    expect(isBuildCurrent(root)).toBe(false);
    put('.next/BUILD_ID', 200);
    expect(isBuildCurrent(root)).toBe(true);
    put('server/main.ts', 300);
    put('lib/live.test.ts', 300);
    age('lib', 100);
    expect(isBuildCurrent(root)).toBe(true);
    put('lib/live.ts', 300);
    expect(isBuildCurrent(root)).toBe(false);
    put('lib/live.ts', 100);
    age('lib', 100);
    expect(isBuildCurrent(root)).toBe(true);
    // A removed route leaves its trace in the folder.
    rmSync(join(root, 'app/page.tsx'));
    expect(isBuildCurrent(root)).toBe(false);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('where the pages cannot be written, that is said in one line', async () => {
  const root = mkdtempSync(join(tmpdir(), 'pulsewatch-build-'));
  try {
    // A file in place of the folder: permissions would not stop root.
    writeFileSync(join(root, '.next'), '');
    const failure = await buildPages(root);
    expect(failure).toMatch(
      /^pulsewatch: cannot write .*\.next \(ENOTDIR\); start it as the user who owns this clone$/,
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('asked to end while it builds, it takes the build with it', async () => {
  const root = mkdtempSync(join(tmpdir(), 'pulsewatch-build-'));
  const pidFile = join(root, 'pid');
  // A build that never ends by itself and does not listen.
  const build = `process.on('SIGTERM', () => {});
    require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid) + '.');
    setInterval(() => {}, 1_000);`;
  const program = `import { buildPages } from ${JSON.stringify(join(import.meta.dirname, 'page-build.ts'))};
    await buildPages(${JSON.stringify(root)}, ['-e', ${JSON.stringify(build)}]);`;
  const starter = new SpawnedProcess(['--input-type=module', '-e', program]);
  try {
    const text = () => (existsSync(pidFile) ? readFileSync(pidFile, 'utf8') : '');
    await expect.poll(text, { timeout: 10_000 }).toMatch(/\.$/);
    starter.kill('SIGTERM');
    expect(await starter.exit).toEqual({ code: 0, signal: null });
    expect(() => process.kill(Number.parseInt(text(), 10), 0)).toThrow('ESRCH');
  } finally {
    await starter.end();
    rmSync(root, { recursive: true });
  }
});
