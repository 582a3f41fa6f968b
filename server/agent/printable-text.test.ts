import { describe, expect, test } from 'vitest';
import { columnsOf, printable, printableJson, shortened } from './printable-text.ts';
import { tableLines } from './text-table.ts';

const TRICKS = [
  ['a\u001b[31mred', 'a\\u{1b}[31mred'],
  ['line\nbreak\r', 'line\\u{a}break\\u{d}'],
  ['\u009b2J', '\\u{9b}2J'],
  ['abc\u202egnp', 'abc\\u{202e}gnp'],
  ['\u2066x\u2069', '\\u{2066}x\\u{2069}'],
  ['zero\u200bwidth', 'zero\\u{200b}width'],
  ['\u2028', '\\u{2028}'],
  ['\ud800', '\\u{d800}'],
  ['tag\u{e0041}', 'tag\\u{e0041}'],
  ['wide\u3000space', 'wide space'],
  ['Zürich 東京 ✅', 'Zürich 東京 ✅'],
] as const;

describe('printable text', () => {
  test.each(TRICKS)('G48: %j is printed as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test.each(TRICKS)('G48: as JSON %j means the same and has nothing unprintable', (text) => {
    const json = printableJson({ [text]: [text] });
    expect(JSON.parse(json)).toEqual({ [text]: [text] });
    expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  });

  test('G47: columns of a text', () => {
    expect([columnsOf('web-01'), columnsOf('東京'), columnsOf('e\u0301'), columnsOf('✅')]).toEqual([
      6, 4, 1, 2,
    ]);
    expect(shortened('web-01', 6)).toBe('web-01');
    expect(shortened('web-001', 6)).toBe('web-0…');
    // Half of a wide character does not fit.
    expect(shortened('東京都', 4)).toBe('東…');
  });
});

describe('tables', () => {
  const rows = [
    ['web-01', 'up', 'a short one'],
    ['東京-of-a-long-name', 'down', 'no heartbeat for 5.0 s, one expected every 1.0 s; last from 10.1.4.7'],
  ];

  test('G47: without a terminal nothing is shortened, and the columns stand under each other', () => {
    const lines = tableLines(['HOST', 'STATE', 'REASON'], rows, null);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toContain('last from 10.1.4.7');
    const startOfReason = lines.map((line, i) =>
      columnsOf(line.slice(0, line.indexOf(['REASON', 'a s', 'no '][i]!))),
    );
    expect(new Set(startOfReason).size).toBe(1);
    expect(lines.every((line) => line === line.trimEnd())).toBe(true);
  });

  test.each([120, 80, 40, 20, 10, 3, 1])('G47: on a terminal of %i columns no line is wider', (columns) => {
    for (const line of tableLines(['HOST', 'STATE', 'REASON'], rows, columns)) {
      expect(columnsOf(line)).toBeLessThanOrEqual(columns);
    }
  });

  test('G47: the widest column gives way first', () => {
    const [, , line] = tableLines(['HOST', 'STATE', 'REASON'], rows, 60);
    expect(line).toContain('東京-of-a-long-name');
    expect(line).toMatch(/down {3}no heartbeat.*…$/);
  });

  test('G48: a cell with a line break stays one line', () => {
    expect(tableLines(['A'], [['x\ny\u001b[2K']], null)).toEqual(['A', 'x\\u{a}y\\u{1b}[2K']);
  });
});
