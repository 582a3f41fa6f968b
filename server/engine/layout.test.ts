import { expect, test } from 'vitest';
import { allocateShardMemory, openShardColumns, ROW_BYTES, rowsFor } from './layout.ts';

test('E44: a host costs at most 64 bytes in columns and hash table together', () => {
  const maxHosts = 1_000_000;
  const memory = allocateShardMemory(maxHosts);
  const columns = openShardColumns(memory, maxHosts);
  const views = Object.values(columns).filter((value) => ArrayBuffer.isView(value));
  const rowBytes = views
    // Of one size however many hosts there are.
    .filter((view) => view !== columns.table && view !== columns.journal)
    .reduce((sum, view) => sum + view.BYTES_PER_ELEMENT, 0);
  expect(rowBytes).toBe(ROW_BYTES);
  expect(rowBytes + columns.table.byteLength / maxHosts).toBeLessThanOrEqual(64);
  // The columns are laid side by side: no byte belongs to two of them.
  const spans = views.map((view) => [view.byteOffset, view.byteOffset + view.byteLength] as const);
  spans.sort((a, b) => a[0] - b[0]);
  for (let i = 1; i < spans.length; i++) expect(spans[i]![0]).toBeGreaterThanOrEqual(spans[i - 1]![1]);
  expect(spans.at(-1)![1]).toBeLessThanOrEqual(memory.byteLength);
});

test('E18: there are rows beyond the limit, so that resting rows keep nobody out', () => {
  for (const maxHosts of [1, 7, 1_000, 1_000_000]) expect(rowsFor(maxHosts)).toBeGreaterThan(maxHosts * 1.2);
});
