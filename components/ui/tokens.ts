/**
 * Owns the colours as data, for canvases, charts and tests; app/globals.css repeats them for style sheets
 * and tokens.test.ts keeps the two equal. Knows nothing of hosts or of the theme in use.
 */

export type Theme = 'light' | 'dark';

/** What a mark on the screen can say about a host. `acknowledged` = down, with somebody on it. */
export type StateKind = 'up' | 'late' | 'down' | 'acknowledged' | 'maintenance' | 'pending' | 'left';

export const STATE_KINDS: readonly StateKind[] = [
  'down',
  'acknowledged',
  'maintenance',
  'late',
  'up',
  'pending',
  'left',
];

/** States that are filled areas; pending and left are outlines. */
export type FillKind = 'up' | 'late' | 'down' | 'maintenance';
export const FILL_KINDS: readonly FillKind[] = ['up', 'late', 'down', 'maintenance'];

/** Names as in CSS: `surface` is `--color-surface`, `up-text` is `--color-up-text`. */
export const TOKEN_NAMES = [
  'surface',
  'raised',
  'text',
  'muted',
  'line',
  'control',
  'accent',
  'on-accent',
  'focus',
  'up',
  'up-text',
  'late',
  'late-text',
  'down',
  'down-text',
  'maintenance',
  'maintenance-text',
  'quiet',
] as const;
export type TokenName = (typeof TOKEN_NAMES)[number];

/** `#RRGGBB` of each token by theme. `quiet` is the outline and text of pending and left. */
export const TOKENS: Readonly<Record<Theme, Readonly<Record<TokenName, string>>>> = {
  light: {
    surface: '#FFFFFF',
    raised: '#F6F8FA',
    text: '#1F2328',
    muted: '#57606A',
    line: '#D8DEE4',
    control: '#818B98',
    accent: '#0550AE',
    'on-accent': '#FFFFFF',
    focus: '#0550AE',
    up: '#2B988F',
    'up-text': '#0B6B63',
    late: '#C27C0E',
    'late-text': '#8A5700',
    down: '#A50E1B',
    'down-text': '#A50E1B',
    maintenance: '#3F3DA8',
    'maintenance-text': '#3F3DA8',
    quiet: '#57606A',
  },
  dark: {
    surface: '#0D1117',
    raised: '#161B22',
    text: '#E6EDF3',
    muted: '#9DA7B3',
    line: '#2A313A',
    control: '#6E7681',
    accent: '#79C0FF',
    'on-accent': '#0D1117',
    focus: '#79C0FF',
    up: '#1DBCB5',
    'up-text': '#2CC9C1',
    late: '#FBD04E',
    'late-text': '#FBD04E',
    down: '#E9505A',
    'down-text': '#FF7B7F',
    maintenance: '#6E5DD8',
    'maintenance-text': '#A99CFF',
    quiet: '#9DA7B3',
  },
};

/** The fill of a state's mark; outlines (pending, left) give their stroke colour. */
export function fillOf(kind: StateKind, theme: Theme): string {
  const tokens = TOKENS[theme];
  if (kind === 'acknowledged') return tokens.down;
  if (kind === 'pending' || kind === 'left') return tokens.quiet;
  return tokens[kind];
}

/** `#RRGGBB` as three bytes. Throws a RangeError on anything else. */
export function rgbOf(hex: string): readonly [number, number, number] {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  if (!match) throw new RangeError(`a colour is #RRGGBB, not ${hex}`);
  return [Number.parseInt(match[1]!, 16), Number.parseInt(match[2]!, 16), Number.parseInt(match[3]!, 16)];
}

/** A colour as one pixel of a `Uint32Array` over canvas image data (little-endian: 0xAABBGGRR). */
export function pixelOf(hex: string): number {
  const [red, green, blue] = rgbOf(hex);
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
