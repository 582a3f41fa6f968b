'use client';

/** First, previous and next window of a list too long for one page. Words are the page's own. */
import { Button } from '../button.tsx';
import { ChevronLeft, ChevronRight, ChevronsLeft } from '../icons.tsx';

type PagerWords = {
  readonly label: string;
  readonly first: string;
  readonly previous: string;
  readonly next: string;
  readonly here: string;
};

/** A handler that is null has nowhere to go; nothing is drawn when all are. */
export default function Pager({
  words,
  onFirst,
  onPrevious,
  onNext,
}: {
  words: PagerWords;
  onFirst: (() => void) | null;
  onPrevious: (() => void) | null;
  onNext: (() => void) | null;
}) {
  if (!onFirst && !onPrevious && !onNext) return null;
  return (
    <nav aria-label={words.label} className="mt-3 flex flex-wrap items-center justify-end gap-2">
      <span className="mr-auto text-sm text-muted">{words.here}</span>
      <Button disabled={!onFirst} onClick={() => onFirst?.()}>
        <ChevronsLeft size={16} aria-hidden />
        {words.first}
      </Button>
      <Button disabled={!onPrevious} onClick={() => onPrevious?.()}>
        <ChevronLeft size={16} aria-hidden />
        {words.previous}
      </Button>
      <Button disabled={!onNext} onClick={() => onNext?.()}>
        {words.next}
        <ChevronRight size={16} aria-hidden />
      </Button>
    </nav>
  );
}
