/** A source whose every report is kept and can be waited for. */
import type { CloseReason, OpenSource, Source, SourceOptions } from '../source.ts';

export type ObservedSource = {
  readonly source: Source;
  readonly frames: readonly unknown[];
  /** `opened`, `frame` and `closed` in their order. */
  readonly log: readonly string[];
  until(condition: () => boolean): Promise<void>;
  /** How it ended; null = it has not. */
  reason(): CloseReason | null;
};

export function observe(openSource: OpenSource, options: Omit<SourceOptions, 'sink'>): ObservedSource {
  const frames: unknown[] = [];
  const log: string[] = [];
  let reason: CloseReason | null = null;
  const waiting = new Set<() => void>();
  const report = (what: string): void => {
    log.push(what);
    for (const check of [...waiting]) check();
  };
  const source = openSource({
    ...options,
    sink: {
      opened: () => report('opened'),
      frame: (value) => {
        frames.push(value);
        report('frame');
      },
      closed: (why) => {
        reason = why;
        report('closed');
      },
    },
  });
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { source, frames, log, until, reason: () => reason };
}
