import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'pulsewatch-full-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const child = fileURLToPath(new URL('../testing/full-disk-child.ts', import.meta.url));
/** A mount namespace of its own, so that what is mounted ends with the child. */
const UNSHARE = process.getuid?.() === 0 ? ['-m'] : ['-rm'];
const MOUNT = `mount -t tmpfs -o size=2m,mode=700 tmpfs "$0"`;

/** May this machine's user mount a small file system? Where not, a limit on the size of files stands for it. */
const canMount = spawnSync('unshare', [...UNSHARE, 'sh', '-c', MOUNT, folder]).status === 0;

async function run(command: string, args: readonly string[]): Promise<string> {
  const running = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [running.stdout, running.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  await new Promise((resolve) => running.on('close', resolve));
  return output;
}

test('S21, S23, S25, S31: a full disk: history waits, commands are refused, nothing stored is lost', async () => {
  const script = `${MOUNT} && exec "$1" "$2" "$0" disk`;
  const output = canMount
    ? await run('unshare', [...UNSHARE, 'sh', '-c', script, folder, process.execPath, child])
    : await run(process.execPath, [child, mkdtempSync(join(folder, 'own-')), 'limit']);
  expect(output).toBe('all of it held\n');
});

test('S21, S23, S25: so it is when writing fails in another way', async () => {
  expect(await run(process.execPath, [child, mkdtempSync(join(folder, 'own-')), 'limit'])).toBe(
    'all of it held\n',
  );
});
