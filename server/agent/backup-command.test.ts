import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../testing/command-run.ts';
import { startTestServer } from '../testing/running-server.ts';
import { openEpisode, seedDatabase, storedHost } from '../testing/seeded-database.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { SpawnedProcess } from '../testing/spawned-process.ts';

const BIN = path.join(import.meta.dirname, 'pulsewatch.js');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pulsewatch-backup-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (...names: string[]): string => path.join(folder, ...names);

test('G58: of a server that runs; another server goes on from the copy', async () => {
  const dataDir = inFolder('data');
  await seedDatabase(dataDir, {
    hosts: [storedHost('web-1', 600_000), storedHost('db-1', 1_000)],
    episodes: [openEpisode('db-1', Date.now() - 60_000)],
  });
  const server = await startTestServer('--data-dir', dataDir);
  try {
    const [{ id }] = (await server.get('/api/alerts')).body.alerts;
    expect((await server.post('/api/alerts/ack', { ids: [id], by: 'ana', comment: 'on it' })).status).toBe(
      200,
    );
    const copy = inFolder('copy.db');
    const child = new SpawnedProcess([BIN, 'backup', copy], { env: { DATA_DIR: dataDir } });
    expect(await child.exit).toEqual({ code: 0, signal: null });
    expect(child.stderr).toEqual([]);
    expect(child.stdout).toEqual([`${copy}: ${Math.ceil(statSync(copy).size / 1_000)} kB`]);
    // One file: nothing beside it is needed.
    expect(readdirSync(folder).sort()).toEqual(['copy.db', 'data']);
  } finally {
    await server.stop();
  }
  const second = inFolder('second');
  mkdirSync(second);
  copyFileSync(inFolder('copy.db'), path.join(second, 'pulsewatch.db'));
  const restored = await ServerProcess.start(second);
  try {
    const { alerts } = await restored.get('/api/alerts');
    expect(alerts).toMatchObject([{ host: 'db-1', ack: { by: 'ana', comment: 'on it' } }]);
    expect((await restored.get('/api/hosts')).total).toBe(2);
  } finally {
    await restored.process.end();
  }
});

test('G58: a file that exists is left as it is', async () => {
  await seedDatabase(inFolder('data'), {});
  writeFileSync(inFolder('taken'), 'mine');
  const { code, printed, warned } = await runCommand([
    'backup',
    inFolder('taken'),
    '--data-dir',
    inFolder('data'),
  ]);
  expect([code, printed]).toEqual([1, []]);
  expect(warned).toEqual([expect.stringMatching(/^pulsewatch backup: .*taken.*exists already/)]);
  expect(readFileSync(inFolder('taken'), 'utf8')).toBe('mine');
});

test.each([
  ['no such folder', 'nowhere', 'copy.db'],
  ['a folder without a database', '.', 'copy.db'],
])('G58: with %s nothing is written', async (_, dataDir, file) => {
  const { code, printed, warned } = await runCommand(
    ['backup', inFolder(file)],
    {},
    { dataDir: inFolder(dataDir) },
  );
  expect([code, printed]).toEqual([1, []]);
  expect(warned).toEqual([
    expect.stringMatching(/^pulsewatch backup: There is no database .*pulsewatch\.db/),
  ]);
  expect(existsSync(inFolder(file))).toBe(false);
});

test('G58: what is no database of Pulsewatch, and a place that cannot be written, are one line', async () => {
  writeFileSync(inFolder('pulsewatch.db'), 'something else');
  const foreign = await runCommand(['backup', inFolder('copy.db'), '--data-dir', folder]);
  expect([foreign.code, foreign.warned.length, existsSync(inFolder('copy.db'))]).toEqual([1, 1, false]);
  await seedDatabase(inFolder('data'), {});
  const nowhere = await runCommand(['backup', inFolder('none', 'copy.db'), '--data-dir', inFolder('data')]);
  expect([nowhere.code, nowhere.warned.length]).toEqual([1, 1]);
  expect(nowhere.warned[0]).toContain('cannot be written');
});
