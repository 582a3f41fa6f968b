import { describe, expect, test } from 'vitest';
import { CSV_HEADER, csvCell, csvLine } from './event-csv.ts';

describe('H67: cells', () => {
  test.each([
    ['web-1', '"web-1"'],
    ['a "quoted" word', '"a ""quoted"" word"'],
    ['a,b', '"a,b"'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['', '""'],
    ['5 % lost; -3', '"5 % lost; -3"'],
    ['=1+1', `"'=1+1"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['\t=1', `"'\t=1"`],
    ['\rx', `"'\rx"`],
    ['\nx', `"'\nx"`],
    ['  =1', `"'  =1"`],
    ['\u200b=1', `"'\u200b=1"`],
    ['\ufeff=1', `"'\ufeff=1"`],
    ['＝1', `"'＝1"`],
    ['＋1', `"'＋1"`],
    ['－1', `"'－1"`],
    ['＠x', `"'＠x"`],
    ["=cmd|' /C calc'!A0", `"'=cmd|' /C calc'!A0"`],
    ['","=1+1', '""",""=1+1"'],
  ])('H67: %j', (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });
});

test('H67: a line has as many cells as the header, which begins with a byte order mark', () => {
  expect([...Buffer.from(CSV_HEADER).subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  const line = csvLine({
    at: 1_700_000_000_123,
    host: 'web-1',
    hostId: '0123456789abcdef',
    kind: 'acknowledged',
    reason: null,
    evidence: null,
    by: '=爱达',
  });
  expect(line).toBe(`"2023-11-14T22:13:20.123Z","web-1","0123456789abcdef","acknowledged","","'=爱达"\r\n`);
  expect(line.split(',')).toHaveLength(CSV_HEADER.split(',').length);
});
