/** Holds what this browser acknowledged a moment ago: one list for the whole page, so that an undo outlives its view. */
import { createStore } from 'zustand/vanilla';
import type { AckBatches } from './ack-batch.ts';

export const ackStore = createStore<AckBatches>(() => []);
