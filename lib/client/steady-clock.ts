/**
 * The page's clock: ms since the epoch as of the page's load, going evenly from there. A wall clock that is set
 * does not move it; a sleep of the machine may stop it (wake-watch.ts). Everything that shows an age reads it.
 */
export const steadyNowMs = (): number => performance.timeOrigin + performance.now();
