/** Where one viewer of the load generator stands, whatever its transport; counts for all of them. */
import type { Clock } from '../clock.ts';
import { ApplyingView } from './applying-view.ts';
import type { FrameHead } from './frame-head.ts';
import type { Tally } from './tally.ts';

/** What each kind of viewer is made with. */
export type ViewerParts = {
  readonly port: number;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly applies: boolean;
};

/** What each kind of viewer can. */
export type LiveViewer = {
  readonly progress: ViewerProgress;
  stopReading(): void;
  end(): void;
};

export class ViewerProgress {
  /** null: this one reads heads alone. */
  readonly view: ApplyingView | null;
  readonly #tally: Tally;
  readonly #clock: Clock;
  readonly #first = Promise.withResolvers<void>();
  s = 0;

  constructor({ tally, clock, applies }: ViewerParts) {
    this.#tally = tally;
    this.#clock = clock;
    this.view = applies ? new ApplyingView() : null;
  }

  /** Resolves with the first snapshot. */
  get ready(): Promise<void> {
    return this.#first.promise;
  }

  /** A frame that has been read, and applied where that is done. */
  took({ t, s }: FrameHead): void {
    this.#tally.frames++;
    if (t === 'D') this.#tally.update(this.s, s, this.#clock());
    if (t !== 'S' && t !== 'D') return;
    this.s = s;
    if (t === 'S') this.#first.resolve();
  }
}

/** The heads that were read cheaply are those of the frames: else what is measured is not what is sent. */
export function assertSameHead(head: FrameHead, frame: { readonly t: string; readonly s?: number }): void {
  if (head.t !== frame.t || head.s !== (frame.s ?? 0)) {
    throw new Error(`read as ${head.t} ${head.s}, but it is ${frame.t} ${frame.s}`);
  }
}
