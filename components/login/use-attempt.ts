'use client';

/** One attempt to come in at a time: how it went, and how long the server wants to be left alone before the next. */
import { useState } from 'react';
import { ApiError } from '@/lib/client/api-client.ts';
import type { SessionInfo } from '@/lib/protocol/account.ts';
import { useWait } from './use-wait.ts';

/** What a server that says 429 without a span is left alone for. */
const WAIT_MS = 5_000;

export type Attempt = {
  readonly busy: boolean;
  /** Seconds until the next one is taken. */
  readonly waitS: number;
  /** Of the last one; null: there was none, or it is being made. */
  readonly error: unknown;
  /** Nothing while one is under way or has to wait. */
  readonly make: (call: () => Promise<SessionInfo>, onIn: (session: SessionInfo) => void) => void;
};

export function useAttempt(onRefused: () => void): Attempt {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [waitS, wait] = useWait();
  const make: Attempt['make'] = (call, onIn) => {
    if (busy || waitS > 0) return;
    setBusy(true);
    setError(null);
    call().then(onIn, (why: unknown) => {
      setBusy(false);
      setError(why);
      if (why instanceof ApiError && why.code === 'too_many_attempts') wait(why.retryAfterMs ?? WAIT_MS);
      onRefused();
    });
  };
  return { busy, waitS, error, make };
}
