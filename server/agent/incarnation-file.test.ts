import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultStateFile, readIncarnation, writeIncarnation } from './incarnation-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pulsewatch-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('incarnation file', () => {
  test('G8: what was kept is read again, folders are made, nothing else is left behind', () => {
    const file = path.join(folder, 'deep', 'er', 'web-01.incarnation');
    expect(readIncarnation(file)).toBeNull();
    expect(writeIncarnation(file, 1_763_000_000_123)).toBeNull();
    expect(readIncarnation(file)).toBe(1_763_000_000_123);
    expect(readFileSync(file, 'utf8')).toBe('1763000000123\n');
    expect(writeIncarnation(file, 1_763_000_000_124)).toBeNull();
    expect(readIncarnation(file)).toBe(1_763_000_000_124);
    expect(readdirSync(path.dirname(file))).toEqual(['web-01.incarnation']);
  });

  test.each(['', 'soon', '-5', '1.5', '1e9', '99999999999999999', '9999999999999999'])(
    'G8: %j counts as none',
    (text) => {
      const file = path.join(folder, 'x');
      writeFileSync(file, text);
      expect(readIncarnation(file)).toBeNull();
    },
  );

  test('G9: a place that cannot be written gives its reason and throws nothing', () => {
    writeFileSync(path.join(folder, 'file'), '');
    expect(writeIncarnation(path.join(folder, 'file', 'x'), 1)).toMatch(/^(ENOTDIR|EEXIST)$/);
    expect(readIncarnation(path.join(folder, 'file', 'x'))).toBeNull();
  });

  test('G8: the default place is under XDG_STATE_HOME when that is absolute, else under the home folder', () => {
    expect(defaultStateFile('web-01', '/var/state')).toBe('/var/state/pulsewatch/web-01.incarnation');
    const home = path.join(homedir(), '.local/state/pulsewatch/web-01.incarnation');
    expect(defaultStateFile('web-01', undefined)).toBe(home);
    expect(defaultStateFile('web-01', 'relative')).toBe(home);
  });
});
