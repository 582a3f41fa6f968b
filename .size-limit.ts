/**
 * At most 170 kB of JavaScript (gzip) until a page can be used, hydrated and with its first data: all that Chromium
 * asked for by then, lazily imported or not, as listed by e2e/javascript-budget.spec.ts in the run before.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const LISTS = join(import.meta.dirname, '.next', 'javascript-before-data');

export const BUDGETED_ROUTES = { overview: '/', hosts: '/hosts', alerts: '/alerts' };

export default Object.entries(BUDGETED_ROUTES)
  .filter(([name]) => existsSync(join(LISTS, `${name}.json`)))
  .map(([name, path]) => ({
    name: `JavaScript of ${path} before it can be used`,
    path: JSON.parse(readFileSync(join(LISTS, `${name}.json`), 'utf8')),
    limit: '170 kB',
    gzip: true,
  }));
