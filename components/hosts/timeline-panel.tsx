'use client';

/**
 * What a host was over the last day, week or month: a strip of equal stretches, told apart by height and pattern as well
 * as colour, read out under the pointer and by arrow keys, and the same as a table. Time that nobody watched says so.
 */
import { usePathname } from 'next/navigation';
import type { Availability, HostTimeline } from '@/lib/protocol/api.ts';
import { useFormatter, useLocale, useTranslations } from '../i18n/language.ts';
import { formatDuration } from '../ui/duration.ts';
import { goTo, useAddress } from '../ui/list/use-address.ts';
import { Panel } from '../ui/panel.tsx';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { shareDigits } from './availability.ts';
import {
  isDownFromBefore,
  parseTimelineRange,
  statesIn,
  TIMELINE_RANGES,
  TIMELINE_STATES,
  type TimelineRange,
  timelineAddress,
  watchedMs,
} from './timeline.ts';
import { TimelineSwatch } from './timeline-marks.tsx';
import { TimelineStrip } from './timeline-strip.tsx';
import { TimelineTable } from './timeline-table.tsx';
import { type RangedTimeline, useTimeline } from './use-timeline.ts';

/** Below this share of the span it is said for how long anybody watched: the shares are of that time alone. */
const MOSTLY_WATCHED = 0.95;
const RANGES = Object.keys(TIMELINE_RANGES) as TimelineRange[];

/** A share as `99.98 %`, `–` when the host was never watched in that span. */
function useShareWords(): (share: number | null) => string {
  const t = useTranslations('hosts.timeline');
  const percent = useTranslations('alerts')('span.percent', { value: '{value}' });
  const format = useFormatter();
  return (share) => {
    if (share === null) return t('shareUnknown');
    const { percent: value, digits, below } = shareDigits(share);
    const number = format.number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    const words = percent.replace('{value}', number);
    return below ? t('shareBelow', { share: words }) : words;
  };
}

function Shares({ availability }: { availability: Availability }) {
  const t = useTranslations('hosts.timeline');
  const words = useShareWords();
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-2" data-testid="availability">
      {RANGES.map((range) => (
        <div key={range}>
          <dt className="text-xs text-muted">{t('share', { range: t(`range.${range}`) })}</dt>
          <dd
            className="text-lg font-medium tabular-nums"
            title={availability[range] === null ? t('shareUnknownHelp') : undefined}
          >
            {words(availability[range])}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Legend({ timeline }: { timeline: HostTimeline }) {
  const t = useTranslations('hosts.timeline');
  const seen = statesIn(timeline.buckets);
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
      {TIMELINE_STATES.filter((state) => seen.has(state)).map((state) => (
        <li key={state} className="flex items-center gap-1.5">
          <TimelineSwatch state={state} />
          {t(`state.${state}`)}
        </li>
      ))}
    </ul>
  );
}

function Summary({ timeline }: { timeline: RangedTimeline }) {
  const t = useTranslations('hosts.timeline');
  const locale = useLocale();
  const { buckets, downs } = timeline;
  const range = t(`range.${timeline.range}`);
  const before = isDownFromBefore(downs, buckets) ? 'yes' : 'no';
  const watched = watchedMs(buckets);
  return (
    <p className="mt-2 text-sm text-muted">
      {t('downs', { count: downs, range, before })}{' '}
      {watched < (timeline.to - timeline.from) * MOSTLY_WATCHED
        ? t('watched', { watched: formatDuration(watched, locale), range })
        : null}
    </p>
  );
}

export function TimelinePanel({
  nameOrId,
  state,
  availability,
}: {
  nameOrId: string;
  state: string;
  availability: Availability;
}) {
  const t = useTranslations('hosts.timeline');
  const pathname = usePathname();
  const range = useAddress(parseTimelineRange);
  const { timeline, problem } = useTimeline(nameOrId, range, state);
  return (
    <Panel
      title={t('title')}
      actions={
        <SegmentedControl
          legend={t('rangeLabel')}
          choices={RANGES.map((value) => ({ value, label: t(`range.${value}`) }))}
          value={range}
          onChange={(next) => goTo(timelineAddress(pathname, next))}
        />
      }
      bodyClassName="flex flex-col gap-4 p-4"
    >
      <Shares availability={availability} />
      <div className={timeline && timeline.range !== range ? 'opacity-60' : undefined}>
        {timeline ? (
          <>
            <TimelineStrip timeline={timeline} />
            <Legend timeline={timeline} />
            {/* Of time that nobody watched there is nothing to say. */}
            {timeline.availability === null ? null : <Summary timeline={timeline} />}
            <TimelineTable timeline={timeline} />
          </>
        ) : problem ? null : (
          <Skeleton className="h-14 w-full" />
        )}
        {problem ? (
          <p role="status" className="mt-2 text-sm text-down-text">
            {t('failed', { detail: problem.detail })}
          </p>
        ) : null}
      </div>
    </Panel>
  );
}
