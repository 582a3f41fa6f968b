/** Rows of text as aligned columns, made to fit a terminal's width where there is one. No colour. Pure. */
import { columnsOf, printable, shortened } from './printable-text.ts';

const GAP = '  ';
/** No column is made narrower than this, nor than its heading. */
const NARROWEST = 4;

/**
 * A heading line and one line a row; the cells are made printable here. `columns`: no line is wider; the widest
 * columns give way first, then lines are cut. null: nothing is shortened. O(cells).
 */
export function tableLines(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | null,
): readonly string[] {
  const cells = [headings, ...rows].map((row) => row.map(printable));
  const widths = headings.map((_, i) => widestOf(cells, i));
  if (columns !== null) shrink(widths, headings, columns);
  return cells.map((row) => {
    const line = row
      .map((cell, i) => {
        const text = shortened(cell, widths[i]!);
        return text + ' '.repeat(widths[i]! - columnsOf(text));
      })
      .join(GAP)
      .trimEnd();
    return columns === null ? line : shortened(line, columns);
  });
}

function widestOf(cells: readonly (readonly string[])[], column: number): number {
  return cells.reduce((widest, row) => Math.max(widest, columnsOf(row[column]!)), 0);
}

function shrink(widths: number[], headings: readonly string[], columns: number): void {
  const least = headings.map((heading) => Math.max(NARROWEST, heading.length));
  const room = columns - GAP.length * (widths.length - 1);
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0; over--) {
    const spare = widths.map((width, i) => (width > least[i]! ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if (spare[widest] === 0) return;
    widths[widest]!--;
  }
}
