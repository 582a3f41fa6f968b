import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { SpawnedProcess } from './testing/spawned-process.ts';

const MODULE = join(import.meta.dirname, 'npm-parent.ts');
/** Says its pid, then whether it was asked to end or its time ran out. */
const PROGRAM = `
  import { endWithNpm } from ${JSON.stringify(MODULE)};
  endWithNpm();
  process.on('SIGTERM', () => { console.log('asked'); process.exit(0); });
  setTimeout(() => { console.log('still here'); process.exit(0); }, 2_500);
  console.log('pid ' + process.pid);
`;

const running: SpawnedProcess[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.end();
});

/** The program behind a shell, as npm starts it; resolves when it runs. */
async function startBehindShell(env: Record<string, string>): Promise<SpawnedProcess> {
  const script = '"$0" --input-type=module -e "$1"; true';
  const shell = new SpawnedProcess(['-c', script, process.execPath, PROGRAM], { env }, 'sh');
  running.push(shell);
  await shell.line(/^pid /);
  return shell;
}

test('H44: when the shell of npm has gone, the program is asked to end', async () => {
  const shell = await startBehindShell({ npm_lifecycle_event: 'start' });
  shell.kill('SIGTERM');
  await shell.exit;
  expect(shell.stdout[1]).toBe('asked');
});

test('H44: a program that npm did not start outlives its parent', async () => {
  const shell = await startBehindShell({ npm_lifecycle_event: '' });
  shell.kill('SIGTERM');
  await shell.exit;
  expect(shell.stdout[1]).toBe('still here');
});

test.each(['start', 'demo', 'dev'])('H44: `npm run %s` ends with npm', (script) => {
  expect(readFileSync(join(import.meta.dirname, `${script}.ts`), 'utf8')).toMatch(/^endWithNpm\(\);$/m);
});
