/** How a long-running command learns that it should end: a first signal asks, a later one insists. Effects only. */

/** Ctrl-C reaches a child both from the terminal and from the process that passes signals on: that is one wish, not two. */
const SAME_WISH_MS = 500;

/** Resolves with the first SIGTERM or SIGINT (SIGHUP too). A second one, half a second later or more, ends the process at once. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAtMs: number | null = null;
    const onSignal = (signal: NodeJS.Signals): void => {
      const nowMs = performance.now();
      if (firstAtMs === null) {
        firstAtMs = nowMs;
        resolve(signal);
      } else if (nowMs - firstAtMs >= SAME_WISH_MS) {
        process.exit(1);
      }
    };
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
}

/** When an older Node started this process and was itself killed outright, end as abruptly: no bye, no report. */
export function endWithParent(): void {
  if (process.channel === undefined || process.channel === null) return;
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  // Listening keeps the process alive, and a short command would never end.
  process.channel.unref();
}
