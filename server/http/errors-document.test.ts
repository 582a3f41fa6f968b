import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERRORS } from '#lib/protocol/errors.ts';

test('H12: docs/errors.md describes the catalogue, code by code with its status, and nothing else', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'errors.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z_]+)` \| ([0-9]{3}) \| (.{20,}) \| (.{10,}) \|$/gm)];
  const described = Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]));
  const catalogue = Object.fromEntries(Object.entries(ERRORS).map(([code, { status }]) => [code, status]));
  expect(described).toEqual(catalogue);
});
