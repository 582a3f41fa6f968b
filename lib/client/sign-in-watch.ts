/**
 * What a signed-out page does: it waits, asking nobody, until another tab tells of a change, or its reader comes back
 * to it; then it asks the server once. Loaded when somebody is signed out.
 */
import { onSessionChanged } from './session-news.ts';
import { askSession } from './session-question.ts';

/** @returns The way to stop; after it `onSignedIn` is not called. */
export function watchForSignIn(origin: string, onSignedIn: () => void): () => void {
  const stopping = new AbortController();
  const { signal } = stopping;
  let asking = false;
  /** Something happened while a question was on its way: its answer may be from before. */
  let again = false;
  const ask = async (): Promise<void> => {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    do {
      again = false;
      if ((await askSession(origin, signal)) === 'may-watch' && !signal.aborted) {
        stop();
        onSignedIn();
      }
    } while (again && !signal.aborted);
    asking = false;
  };
  const look = (): void => {
    if (document.visibilityState === 'visible') void ask();
  };
  const stopListening = onSessionChanged(() => void ask());
  const stop = (): void => {
    stopping.abort();
    stopListening();
  };
  if (typeof document !== 'undefined') {
    document.addEventListener('visibilitychange', look, { signal });
    window.addEventListener('focus', look, { signal });
    window.addEventListener('online', look, { signal });
  }
  return stop;
}
