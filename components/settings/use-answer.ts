'use client';

/** Something read from the server for a panel: the newest answer, why there is none, and the way to read it again. */
import { useCallback, useEffect, useRef, useState } from 'react';

export type Answer<T> = {
  /** Null before the first; the last one stays while it is read again. */
  readonly answer: T | null;
  readonly error: unknown;
  readonly readAgain: () => void;
};

/** `read` is taken as it was when it is called: it need not be memoised. */
export function useAnswer<T>(read: (signal: AbortSignal) => Promise<T>): Answer<T> {
  const [answer, setAnswer] = useState<T | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [times, setTimes] = useState(0);
  const newest = useRef(read);
  useEffect(() => {
    newest.current = read;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies(times): counts how often it was asked for.
  useEffect(() => {
    const abort = new AbortController();
    newest.current(abort.signal).then(
      (came) => {
        if (abort.signal.aborted) return;
        setAnswer(came);
        setError(null);
      },
      (why: unknown) => {
        if (!abort.signal.aborted) setError(why);
      },
    );
    return () => abort.abort();
  }, [times]);
  const readAgain = useCallback(() => setTimes((before) => before + 1), []);
  return { answer, error, readAgain };
}
