'use client';

/** The page of the fleet's history: what happened to any host, newest first, in pages of the server. Stands still. */
import { useRef } from 'react';
import { useTranslations } from '../i18n/language.ts';
import ReadFailure from '../live/read-failure.tsx';
import { useSingleKeys } from '../live/single-keys.ts';
import { Button, buttonClass } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { PageTrail } from '../ui/list/page-trail.ts';
import Pager from '../ui/list/pager.tsx';
import { goTo, useAddress } from '../ui/list/use-address.ts';
import { useRowFocus } from '../ui/list/use-row-focus.ts';
import { useSlow } from '../ui/list/use-slow.ts';
import { WaitingButton } from '../ui/list/waiting-button.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import {
  csvAddress,
  EVENT_RANGES,
  EVENTS_PER_PAGE,
  type EventRange,
  eventsAddress,
  parseEventQuery,
} from './event-query.ts';
import { EventTable } from './event-table.tsx';
import { useEventWindow } from './use-event-window.ts';

const trail = new PageTrail();
const RANGES = Object.keys(EVENT_RANGES) as EventRange[];

export function EventsView() {
  const t = useTranslations('events');
  const query = useAddress(parseEventQuery);
  const key = eventsAddress(query);
  const listKey = eventsAddress({ range: query.range });
  const { window: read, loading, problem, news, takeNews, reload } = useEventWindow(query, key);
  const slow = useSlow(loading);
  const list = useRef<HTMLDivElement>(null);
  const summary = useRef<HTMLParagraphElement>(null);
  const rows = useRowFocus(list);
  useSingleKeys({ j: () => rows.move(1), k: () => rows.move(-1) });

  const turnTo = (cursor: string | null, page: number) => {
    goTo(eventsAddress({ ...query, cursor, page }));
    summary.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  };
  const nextCursor = loading ? null : (read?.nextCursor ?? null);
  const events = loading ? [] : (read?.events ?? []);
  const from = (query.page - 1) * EVENTS_PER_PAGE + 1;
  const newWords = t('new', { count: news.count, more: news.more ? 'yes' : 'no' });

  return (
    <>
      <PageHeader
        title={t('title')}
        intro={t('intro')}
        actions={
          read && !loading ? (
            // A file of the server, not a page.
            <a
              href={csvAddress(read.fromMs, read.toMs)}
              download
              className={buttonClass()}
              title={t('exportHelp')}
            >
              {t('export')}
            </a>
          ) : null
        }
      />
      {problem ? (
        <ReadFailure title={t('failed')} problem={problem} kept={events.length > 0} onRetry={reload} />
      ) : null}
      <div className="mb-2 flex min-h-(--control-h) flex-wrap items-center gap-x-3 gap-y-2">
        <SegmentedControl
          legend={t('range.label')}
          choices={RANGES.map((value) => ({ value, label: t(`range.${value}`) }))}
          value={query.range}
          onChange={(range) => goTo(eventsAddress({ range }))}
        />
        <p
          ref={summary}
          tabIndex={-1}
          role="status"
          className="rounded-sm text-sm text-muted outline-offset-4"
        >
          {events.length > 0 ? t('shown', { from, to: from + events.length - 1 }) : ''}
        </p>
        {/* Says that there is news, not each time how much. */}
        <p role="status" className="sr-only">
          {news.count > 0 ? t('newHint') : ''}
        </p>
        <WaitingButton
          waiting={news.count}
          text={newWords}
          hint={t('newHint')}
          onTake={() => {
            takeNews();
            summary.current?.focus();
          }}
        />
      </div>
      <div
        ref={list}
        data-testid="event-list"
        aria-busy={loading}
        className="min-h-24 rounded-lg border border-line"
      >
        {events.length > 0 ? (
          <EventTable events={events} />
        ) : loading ? (
          slow && !problem ? (
            <div aria-hidden className="flex flex-col gap-3 p-4">
              <Skeleton className="w-2/3" />
              <Skeleton className="w-1/2" />
              <Skeleton className="w-3/5" />
            </div>
          ) : null
        ) : query.cursor === null ? (
          <EmptyState
            title={t('empty.title', { range: t(`range.${query.range}`) })}
            actions={
              query.range === '30d' ? null : (
                <Button onClick={() => goTo(eventsAddress({ range: '30d' }))}>{t('empty.longer')}</Button>
              )
            }
          >
            {t('empty.text')}
          </EmptyState>
        ) : (
          <EmptyState
            title={t('empty.endTitle')}
            actions={<Button onClick={() => turnTo(null, 1)}>{t('pages.first')}</Button>}
          >
            {t('empty.end')}
          </EmptyState>
        )}
      </div>
      <Pager
        words={{
          label: t('pages.label'),
          first: t('pages.first'),
          previous: t('pages.previous'),
          next: t('pages.next'),
          here: t('pages.page', { page: query.page }),
        }}
        list={listKey}
        page={query.page}
        cursor={query.cursor}
        nextCursor={nextCursor}
        trail={trail}
        turnTo={turnTo}
      />
    </>
  );
}
