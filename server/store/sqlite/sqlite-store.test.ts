import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { storeContract } from '../store.contract.ts';
import { openSqliteStore } from './sqlite-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'pulsewatch-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let path = '';
let files = 0;

storeContract('sqlite', {
  create: () => {
    path = join(folder, `${++files}`, 'pulsewatch.db');
    return openSqliteStore({ path });
  },
  restart: async (store) => {
    await store.close();
    return openSqliteStore({ path });
  },
});
