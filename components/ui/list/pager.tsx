'use client';

/** First, previous and next window of a list too long for one page. Words are the page's own. */
import { Button } from '../button.tsx';
import { ChevronLeft, ChevronRight, ChevronsLeft } from '../icons.tsx';
import type { PageTrail } from './page-trail.ts';

type PagerWords = {
  readonly label: string;
  readonly first: string;
  readonly previous: string;
  readonly next: string;
  readonly here: string;
};

/** Nothing is drawn where there is one page. `list` names filter and order in the trail; page 1 has no cursor. */
export default function Pager({
  words,
  list,
  page,
  cursor,
  nextCursor,
  trail,
  turnTo,
}: {
  words: PagerWords;
  list: string;
  page: number;
  cursor: string | null;
  nextCursor: string | null;
  trail: PageTrail;
  turnTo: (cursor: string | null, page: number) => void;
}) {
  const before = trail.cursorOf(list, page - 1);
  const onFirst = cursor === null ? null : () => turnTo(null, 1);
  const onPrevious = cursor === null || before === undefined ? null : () => turnTo(before, page - 1);
  const onNext =
    nextCursor === null
      ? null
      : () => {
          trail.remember(list, page + 1, nextCursor);
          turnTo(nextCursor, page + 1);
        };
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
