/** Has a signed-out connection wait for a sign-in (sign-in-watch.ts, loaded when first needed), and for no longer. */
export class SignInWait {
  readonly #origin: string;
  readonly #onSignedIn: () => void;
  #end: (() => void) | null = null;

  constructor(origin: string, onSignedIn: () => void) {
    this.#origin = origin;
    this.#onSignedIn = onSignedIn;
  }

  /** Cheap; may be told the same again and again. */
  set(waits: boolean): void {
    if (waits === (this.#end !== null)) return;
    this.#end?.();
    this.#end = waits ? this.#begin() : null;
  }

  #begin(): () => void {
    let wanted = true;
    let stop: (() => void) | undefined;
    import('./sign-in-watch.ts').then(
      ({ watchForSignIn }) => {
        if (wanted) stop = watchForSignIn(this.#origin, this.#onSignedIn);
      },
      // Without it the reader signs in by the page's link, which loads everything anew.
      () => {},
    );
    return () => {
      wanted = false;
      stop?.();
    };
  }
}
