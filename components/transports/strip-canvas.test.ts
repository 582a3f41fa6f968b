import { afterEach, expect, test, vi } from 'vitest';
import { ACKNOWLEDGED, HostState, MAINTENANCE } from '@/lib/protocol/host.ts';
import { MAX_STRIP_HOSTS, StripCanvas, stateKindOfByte, stripLayout } from './strip-canvas.ts';

afterEach(() => vi.unstubAllGlobals());

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

test('a frame draws what changed, and at most every cell once, however long no frame came', () => {
  const frames: (() => void)[] = [];
  vi.stubGlobal('requestAnimationFrame', (draw: () => void) => frames.push(draw));
  let cells = 0;
  const context = { clearRect: () => {}, fillRect: () => cells++ };
  const canvas = { width: 0, height: 0, getContext: () => context };
  const strip = new StripCanvas(canvas as unknown as HTMLCanvasElement);
  const states = new Uint8Array(MAX_STRIP_HOSTS + 10).fill(HostState.up);
  const drawn = (): number => {
    cells = 0;
    for (const draw of frames.splice(0)) draw();
    return cells;
  };
  strip.resize(300, 88, 1);
  strip.update(null, states);
  expect(drawn()).toBe(MAX_STRIP_HOSTS);
  strip.update([1, 7, MAX_STRIP_HOSTS + 1], states);
  expect(drawn()).toBe(2);
  for (let i = 0; i <= 2 * MAX_STRIP_HOSTS; i++) strip.update([i % 10], states);
  expect(frames).toHaveLength(1);
  expect(drawn()).toBe(MAX_STRIP_HOSTS);
  strip.update([3], states);
  expect(drawn()).toBe(1);
});
