import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cellAfterKey,
  cellAt,
  cellOfSlot,
  cornerOf,
  fitLayout,
  scrolledLayout,
  slotsOfCell,
} from './map-layout.ts';

describe('fitLayout', () => {
  test.each([
    // slots, width, height, max → cell, its height, gap, columns, rows, slots a cell
    [0, 900, 400, 56, 56, 56, 6, 16, 0, 1],
    [1, 900, 400, 56, 56, 56, 6, 16, 1, 1],
    [50, 900, 400, 56, 56, 56, 6, 16, 4, 1],
    [112, 900, 400, 56, 56, 56, 6, 16, 7, 1],
    [113, 900, 400, 56, 52, 52, 5, 17, 7, 1],
    [2_000, 900, 400, 56, 13, 13, 1, 69, 29, 1],
    [100_000, 900, 400, 56, 1, 3, 0, 900, 112, 1],
    [360_000, 900, 400, 56, 1, 1, 0, 900, 400, 1],
    [360_001, 900, 400, 56, 1, 1, 0, 900, 201, 2],
    [1_000_000, 900, 400, 56, 1, 1, 0, 900, 371, 3],
    [1_000_000, 1800, 800, 112, 1, 1, 0, 1800, 556, 1],
  ])(
    '%i slots in %i × %i',
    (slots, width, height, max, cellPx, cellHeightPx, gapPx, columns, rows, slotsPerCell) => {
      expect(fitLayout(slots, width, height, max)).toMatchObject({
        cellPx,
        cellHeightPx,
        gapPx,
        columns,
        rows,
        slotsPerCell,
      });
    },
  );

  test('every slot has a cell inside, and no larger cell would do', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_200_000 }),
        fc.integer({ min: 1, max: 2_500 }),
        fc.integer({ min: 1, max: 1_500 }),
        fc.integer({ min: 1, max: 112 }),
        (slots, width, height, max) => {
          const layout = fitLayout(slots, width, height, max);
          expect(layout.columns * layout.cellPx).toBeLessThanOrEqual(width);
          expect(layout.rows * layout.cellHeightPx).toBeLessThanOrEqual(height);
          expect(layout.columns * layout.rows * layout.slotsPerCell).toBeGreaterThanOrEqual(slots);
          const larger = layout.cellPx + 1;
          if (larger <= Math.min(max, width, height)) {
            expect(Math.floor(width / larger) * Math.floor(height / larger)).toBeLessThan(slots);
          }
          if (layout.slotsPerCell > 1) {
            expect(width * height * (layout.slotsPerCell - 1)).toBeLessThan(slots);
          }
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });
});

describe('scrolledLayout', () => {
  test('keeps the asked side and takes the rows it needs', () => {
    expect(scrolledLayout(1_000_000, 390, 18)).toMatchObject({
      cellPx: 18,
      cellHeightPx: 18,
      columns: 21,
      rows: 47_620,
    });
  });

  test('a window narrower than a cell still has one column', () => {
    expect(scrolledLayout(5, 7, 18)).toMatchObject({ cellPx: 7, columns: 1, rows: 5 });
  });
});

describe('cells, slots and points', () => {
  test('the point in the middle of a slot’s cell leads back to it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400_000 }), fc.nat(), (slots, pick) => {
        const layout = fitLayout(slots, 640, 360);
        const slot = pick % slots;
        const cell = cellOfSlot(layout, slot);
        const { first, end } = slotsOfCell(layout, cell);
        expect(slot).toBeGreaterThanOrEqual(first);
        expect(slot).toBeLessThan(end);
        const corner = cornerOf(layout, cell);
        expect(cellAt(layout, corner.x + layout.cellPx / 2, corner.y + layout.cellHeightPx / 2)).toBe(cell);
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  test('the last shared cell ends with the last slot', () => {
    const layout = fitLayout(360_001, 900, 400);
    expect(slotsOfCell(layout, 180_000)).toEqual({ first: 360_000, end: 360_001 });
  });

  test.each([
    [-1, 5],
    [5, -1],
    [16 * 56, 5],
    [2 * 56, 3 * 56],
    [5, 7 * 56],
  ])('(%i, %i) is beside 50 hosts', (x, y) => {
    expect(cellAt(fitLayout(50, 900, 400, 56), x, y)).toBeNull();
  });
});

describe('keys', () => {
  const layout = fitLayout(50, 900, 400, 56); // 16 columns, the last row has 2
  test.each([
    [0, 'ArrowLeft', 0],
    [1, 'ArrowLeft', 0],
    [15, 'ArrowRight', 16],
    [49, 'ArrowRight', 49],
    [3, 'ArrowUp', 3],
    [19, 'ArrowUp', 3],
    [3, 'ArrowDown', 19],
    [33, 'ArrowDown', 49],
    [34, 'ArrowDown', 34],
    [20, 'Home', 0],
    [20, 'End', 49],
    [20, 'x', null],
  ])('from %i with %s to %s', (cell, key, next) => {
    expect(cellAfterKey(layout, cell, key)).toBe(next);
  });

  test('an empty map leads nowhere', () => {
    expect(cellAfterKey(fitLayout(0, 900, 400), 0, 'End')).toBeNull();
  });
});
