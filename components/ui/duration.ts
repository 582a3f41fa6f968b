/** A span in the two largest units that fit: "45 sec", "12 min, 5 sec", "3 days, 2 hr". Pure; formats are kept. */

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

const formats = new Map<string, { unit: Map<string, Intl.NumberFormat>; list: Intl.ListFormat }>();

function formatsOf(locale: string) {
  let known = formats.get(locale);
  if (!known) {
    const unit = new Map(
      UNITS.map(([name]) => [
        name,
        new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short' }),
      ]),
    );
    known = { unit, list: new Intl.ListFormat(locale, { type: 'unit', style: 'narrow' }) };
    formats.set(locale, known);
  }
  return known;
}

/** Whole seconds, cut off; a negative span is none. */
export function formatDuration(spanMs: number, locale: string): string {
  const { unit, list } = formatsOf(locale);
  let rest = Math.max(0, Math.floor(spanMs / 1000));
  const parts: string[] = [];
  const first = UNITS.findIndex(([name, seconds]) => rest >= seconds || name === 'second');
  for (const [name, seconds] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0 || parts.length === 0) parts.push(unit.get(name)?.format(count) ?? '');
  }
  return list.format(parts);
}
