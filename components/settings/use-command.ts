'use client';

/** One command to the server at a time, from a form or a button: under way, or refused and why. */
import { useEffect, useRef, useState } from 'react';
import { useProblemWords } from '../live/problem-words.ts';

export type Command = {
  readonly busy: boolean;
  /** Why the last one was refused, in words; null: it was not. */
  readonly problem: string | null;
  /** Nothing while another one is under way. `then` is not called once the component is gone. */
  readonly give: <T>(call: () => Promise<T>, then: (answer: T) => void) => void;
};

export function useCommand(): Command {
  const words = useProblemWords();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
    };
  }, []);
  const give: Command['give'] = (call, then) => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    call().then(
      (answer) => {
        if (gone.current) return;
        setBusy(false);
        then(answer);
      },
      (error: unknown) => {
        if (gone.current) return;
        setBusy(false);
        setProblem(words(error));
      },
    );
  };
  return { busy, problem, give };
}
