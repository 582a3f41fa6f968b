import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isBuildCurrent } from './page-build.ts';

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
