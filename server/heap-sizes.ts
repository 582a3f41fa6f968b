/**
 * How much memory V8 may keep for garbage, in main and in the threads beside it: a fleet that appears makes much of it
 * once, and what V8 has taken then it does not give back. To be called before any thread is started.
 */
import { setFlagsFromString } from 'node:v8';

/**
 * Half of a worker's young generation, MB. What `npm start` gives main holds for every thread, and goes before a
 * worker's own limits; but what workers make is gone within a batch.
 */
const WORKER_SEMI_SPACE_MB = 4;
/** An old generation grows by so much of what is alive before it is collected; V8's own choice is up to 300 %. */
const GROWTH_PERCENT = 50;

/** Main's young generation stays as it is. */
export function keepHeapsSmall(): void {
  setFlagsFromString(`--max-semi-space-size=${WORKER_SEMI_SPACE_MB}`);
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
