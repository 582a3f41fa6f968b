/** Docs that cannot lie: the map equals the folders, every rule has a test and the reverse, commands exist. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settingsHelp } from '../config.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** What git tracks or would track, and is there. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)));

describe('ARCHITECTURE.md', () => {
  test('explains every folder, and no folder that is not there', () => {
    const actual = new Set<string>();
    for (const path of files) {
      for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) actual.add(folder);
    }
    const documented = [...read('ARCHITECTURE.md').matchAll(/^\| `([^`]+)\/` \| (.+) \|$/gm)].map(
      ([, folder, text]) => ({ folder: folder!, text: text! }),
    );
    expect(documented.map(({ folder }) => folder).sort()).toEqual([...actual].sort());
    for (const { folder, text } of documented) expect(text.length, folder).toBeGreaterThan(15);
  });
});

describe('SPEC.md', () => {
  const specs = files.filter((path) => path.endsWith('/SPEC.md'));
  const rules = specs.flatMap((path) =>
    [...read(path).matchAll(/^- \*\*([A-Z]\d+)\*\* /gm)].map(([, rule]) => ({ rule: rule!, path })),
  );
  const titles = files
    .filter((path) => /\.(test|contract|spec)\.tsx?$/.test(path))
    .flatMap((path) => [...read(path).matchAll(/['"`]([A-Z]\d+(?:,? [A-Z]\d+)*): /g)])
    .flatMap(([, numbers]) => numbers!.split(/,? /));

  test('no number names two rules', () => {
    expect(specs.length).toBeGreaterThanOrEqual(4);
    const numbers = rules.map(({ rule }) => rule);
    expect(numbers.filter((rule, i) => numbers.indexOf(rule) !== i)).toEqual([]);
  });

  test('every rule has a test whose title carries its number', () => {
    const tested = new Set(titles);
    expect(rules.filter(({ rule }) => !tested.has(rule))).toEqual([]);
  });

  test('every number in a title is a rule', () => {
    const known = new Set(rules.map(({ rule }) => rule));
    expect([...new Set(titles)].filter((title) => !known.has(title))).toEqual([]);
  });
});

describe('documents', () => {
  const documents = files.filter((path) => path.endsWith('.md'));

  test('every npm script they name exists', () => {
    const scripts = new Set(Object.keys(JSON.parse(read('package.json')).scripts));
    for (const path of documents) {
      for (const [, script] of read(path).matchAll(/npm run ([a-z:-]+)/g)) {
        expect(scripts.has(script!), `${path}: npm run ${script}`).toBe(true);
      }
    }
  });

  test('every file they link to is there', () => {
    for (const path of documents) {
      for (const [, target] of read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)/g)) {
        const linked = normalize(join(dirname(path), target!));
        expect(existsSync(join(ROOT, linked)), `${path} → ${target}`).toBe(true);
      }
    }
  });
});

describe('package-lock.json', () => {
  type Locked = { readonly optionalDependencies?: Readonly<Record<string, string>> };
  const packages = (JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }).packages;

  /** Where Node would find `name` from the package at `path`: beside it or further out. */
  const isLocked = (path: string, name: string): boolean => {
    for (
      let folder = path;
      ;
      folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))
    ) {
      if (packages[join(folder, 'node_modules', name)] !== undefined) return true;
      if (folder === '') return false;
    }
  };

  test('names the optional packages of every platform, or `npm ci` refuses it', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !isLocked(path, name)),
    );
    expect(missing).toEqual([]);
  });
});

describe('docs/operations.md', () => {
  test('names every setting, and no setting that is not there', () => {
    const settings = [...settingsHelp().matchAll(/^ {2}--([a-z-]+)/gm)].map(([, flag]) =>
      flag!.toUpperCase().replaceAll('-', '_'),
    );
    const rows = [...read('docs/operations.md').matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|/gm)];
    const documented = rows.flatMap(([, names]) => names!.split(', ').map((name) => name.slice(1, -1)));
    expect(documented.sort()).toEqual(settings.sort());
  });
});
