/**
 * Tells when the screen showed what has just been applied: right after the browser finished the next frame. One
 * animation frame and one message for all that waits. Source: requestAnimationFrame runs before a frame is
 * painted, a message posted there arrives after it.
 */
export type PaintWatch = {
  /** False where no frames are drawn: `told` is never called then. */
  readonly draws: boolean;
  /** `told` gets the instant after the next frame, on `now`'s clock; not at all when that frame never comes. */
  next(told: (paintedAtMs: number) => void): void;
  /** What waits is forgotten. */
  forget(): void;
  dispose(): void;
};

/** @param now ms, monotonic */
export function createPaintWatch(now: () => number): PaintWatch {
  const draws = typeof requestAnimationFrame === 'function' && typeof MessageChannel === 'function';
  const channel = draws ? new MessageChannel() : null;
  let waiting: ((paintedAtMs: number) => void)[] = [];
  let inFrame: ((paintedAtMs: number) => void)[] = [];
  let frame: number | null = null;
  const forget = (): void => {
    waiting = [];
    inFrame = [];
    if (frame !== null) cancelAnimationFrame(frame);
    frame = null;
  };
  if (channel !== null) {
    channel.port1.onmessage = () => {
      const paintedAtMs = now();
      const shown = inFrame;
      inFrame = [];
      for (const told of shown) told(paintedAtMs);
    };
  }
  return {
    draws,
    next(told) {
      if (channel === null) return;
      waiting.push(told);
      frame ??= requestAnimationFrame(() => {
        frame = null;
        inFrame.push(...waiting);
        waiting = [];
        channel.port2.postMessage(null);
      });
    },
    forget,
    dispose() {
      forget();
      channel?.port1.close();
    },
  };
}
