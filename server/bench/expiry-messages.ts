/** What the processes of the expiry benchmark say to each other. */

/** Ours are `fifo` and `wheel`; the others are what one would pick instead. */
export const STRUCTURES = ['fifo', 'wheel', 'buckets', 'heap', 'scan'] as const;
export type StructureKind = (typeof STRUCTURES)[number];

/** In which order hosts beat, by their rows: each round the same shuffled one, or one after the other. */
export const ORDERS = ['random', 'round-robin'] as const;
export type Order = (typeof ORDERS)[number];

export type ExpiryQuestion = { readonly hosts: number; readonly order: Order; readonly rounds: number };
export type ExpiryAnswer = {
  /** Of a beat, with its share of the looks for silent hosts 20 times an interval. */
  readonly nsABeat: number;
  /** Of one look when nobody is due. */
  readonly lookUs: number;
  /** Of those found down at the end, when all fell silent at once: must be all. */
  readonly found: number;
  readonly nsADown: number;
};

const isRecord = (message: unknown): message is Readonly<Record<string, unknown>> =>
  typeof message === 'object' && message !== null;

export const isExpiryQuestion = (message: unknown): message is ExpiryQuestion =>
  isRecord(message) && typeof message.rounds === 'number';
export const isExpiryAnswer = (message: unknown): message is ExpiryAnswer =>
  isRecord(message) && typeof message.nsABeat === 'number';
