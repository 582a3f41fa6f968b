/**
 * Text from elsewhere made fit for a terminal: what would move the cursor, colour, hide or turn round other text is
 * shown as its code. Also how many columns a text takes. Pure.
 */

/** Control, format (bidi and zero-width among them), private, unassigned, lone surrogates, line separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;
const BLANK = /[\p{Zs}]/gu;
const TWO_COLUMNS =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NO_COLUMN = /\p{M}/u;

/** One line that any terminal shows as it stands. */
export function printable(text: string): string {
  return text
    .replaceAll(UNPRINTABLE, (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`)
    .replaceAll(BLANK, ' ');
}

/** JSON whose every string is printable as it stands; parsed, it is the same. */
export function printableJson(value: unknown): string {
  const escaped = (found: string): string =>
    Array.from({ length: found.length }, (_, i) => found.charCodeAt(i))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join('');
  return JSON.stringify(value).replaceAll(UNPRINTABLE, escaped);
}

function columnsOfOne(character: string): number {
  if (character < '\u0300') return 1;
  if (NO_COLUMN.test(character)) return 0;
  return TWO_COLUMNS.test(character) ? 2 : 1;
}

/** Columns that a printable text takes on a terminal. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfOne(character);
  return columns;
}

/** A printable text in at most so many columns (1 or more); what was cut shows as an ellipsis. */
export function shortened(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    const wide = columnsOfOne(character);
    if (used + wide > columns - 1) break;
    kept += character;
    used += wide;
  }
  return `${kept}…`;
}
