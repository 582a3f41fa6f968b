/**
 * Owns how a lane is told from the others, on every screen and in every eye: a colour and a pattern of dashes, always
 * both. They are not the colours of states, which the page shows as well. Data alone; lanes.css repeats the colours.
 */
import type { Theme } from '@/components/ui/tokens.ts';
import type { Transport } from '@/lib/client/ladder.ts';

/** `#RRGGBB` by theme. Contrast ≥ 3.19 on both surfaces; lane-looks.test.ts measures how far they are apart. */
export const LANE_COLOURS: Readonly<Record<Theme, Readonly<Record<Transport, string>>>> = {
  light: { socketio: '#2F81F7', sse: '#D63384', 'long-polling': '#6B7A00', polling: '#1F2328' },
  dark: { socketio: '#3B9EFF', sse: '#DB61A2', 'long-polling': '#8BC34A', polling: '#E6EDF3' },
};

/** SVG dash arrays; undefined = one line without gaps. */
export const LANE_DASHES: Readonly<Record<Transport, string | undefined>> = {
  socketio: undefined,
  sse: '8 3',
  'long-polling': '2 3',
  polling: '9 3 2 3',
};

/** For style sheets and SVG, in the theme in use. */
export function laneColour(transport: Transport): string {
  return `var(--lane-${transport})`;
}
