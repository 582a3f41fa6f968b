import { expect, test } from 'vitest';
import { ACKNOWLEDGED, HostState, MAINTENANCE } from '@/lib/protocol/host.ts';
import { MAX_STRIP_HOSTS, stateKindOfByte, stripLayout } from './strip-canvas.ts';

test.each([
  [1, 300, 88],
  [1_000, 300, 88],
  [1_000, 171, 60],
  [1_000, 900, 264],
  [MAX_STRIP_HOSTS, 280, 88],
])('%i hosts fit into %i × %i pixels, in the largest cells that do', (count, width, height) => {
  const fits = (cellPx: number) => Math.floor(width / cellPx) * Math.floor(height / cellPx) >= count;
  const { cellPx, columns } = stripLayout(count, width, height, 20);
  expect(columns * cellPx).toBeLessThanOrEqual(width);
  expect(Math.ceil(count / columns) * cellPx).toBeLessThanOrEqual(height);
  expect(fits(cellPx)).toBe(true);
  expect(cellPx === 20 || !fits(cellPx + 1)).toBe(true);
});

test('more hosts than pixels still have a pixel each, however few are seen', () => {
  expect(stripLayout(5_000, 20, 10, 20)).toEqual({ cellPx: 1, columns: 20 });
});

test('a state byte is told as on every other page', () => {
  expect(stateKindOfByte(HostState.empty)).toBeNull();
  expect(stateKindOfByte(HostState.up)).toBe('up');
  expect(stateKindOfByte(HostState.late | ACKNOWLEDGED)).toBe('late');
  expect(stateKindOfByte(HostState.down)).toBe('down');
  expect(stateKindOfByte(HostState.down | ACKNOWLEDGED)).toBe('acknowledged');
  expect(stateKindOfByte(HostState.down | ACKNOWLEDGED | MAINTENANCE)).toBe('maintenance');
  expect(stateKindOfByte(HostState.pending)).toBe('pending');
  expect(stateKindOfByte(HostState.left)).toBe('left');
});
