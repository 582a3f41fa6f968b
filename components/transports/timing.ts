/**
 * The drawings of "What you see" as data: who sends what when, in each transport's worst case. Pure; positions are
 * units of the drawing, time runs to the right.
 */
import type { Transport } from '@/lib/client/ladder.ts';

/** The way of one message, the same in every drawing. */
export const TRANSIT = 20;

export type Message = {
  readonly at: number;
  /** `ask` goes up from the browser, the others come down. `empty` brings nothing new. */
  readonly kind: 'ask' | 'news' | 'empty';
};

export type Timing = {
  readonly messages: readonly Message[];
  /** When the host changes, on the server. */
  readonly changeAt: number;
  /** When the browser has it: the arrival of one of the messages. */
  readonly seenAt: number;
};

export const TIMINGS: Readonly<Record<Transport, Timing>> = {
  socketio: { messages: [{ at: 60, kind: 'news' }], changeAt: 60, seenAt: 60 + TRANSIT },
  sse: {
    messages: [
      { at: 4, kind: 'ask' },
      { at: 60, kind: 'news' },
    ],
    changeAt: 60,
    seenAt: 60 + TRANSIT,
  },
  'long-polling': {
    messages: [
      { at: 4, kind: 'ask' },
      { at: 56, kind: 'news' },
      { at: 56 + TRANSIT, kind: 'ask' },
      { at: 56 + 2 * TRANSIT, kind: 'news' },
    ],
    // Just after the answer before it has left.
    changeAt: 60,
    seenAt: 56 + 3 * TRANSIT,
  },
  polling: {
    messages: [
      { at: 4, kind: 'ask' },
      { at: 4 + TRANSIT, kind: 'empty' },
      { at: 144, kind: 'ask' },
      { at: 144 + TRANSIT, kind: 'news' },
    ],
    changeAt: 60,
    seenAt: 144 + 2 * TRANSIT,
  },
};
