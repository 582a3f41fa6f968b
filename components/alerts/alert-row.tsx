'use client';

/** One alert as a row: host, why, since when, who has it, and what can be done. Two or three lines on a phone. */
import { memo, useMemo, useRef } from 'react';
import { type Alert, STALE_AFTER_MS } from '@/lib/protocol/alert.ts';
import { useFormatter, useLocale, useTranslations } from '../i18n/language.ts';
import { AckWords } from '../live/acknowledge/ack-words.tsx';
import { verdictWords } from '../live/verdict-words.ts';
import { AppLink } from '../ui/app-link.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { useNowMs } from '../ui/clock.ts';
import { formatDuration } from '../ui/duration.ts';
import { Ellipsis } from '../ui/icons.tsx';
import { pillClass } from '../ui/pill.tsx';
import { formatAbsolute, RelativeTime } from '../ui/relative-time.tsx';
import { StateShape } from '../ui/state-shape.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { alertMark } from './alert-mark.ts';

export type AlertActions = {
  select(id: string, selected: boolean): void;
  acknowledge(alert: Alert): void;
  ask(alert: Alert): void;
  undo(alert: Alert): void;
  takeBack(alert: Alert): void;
};

export type AlertRowProps = {
  readonly alert: Alert;
  /** The list has a column for the instant it ended. */
  readonly resolved: boolean;
  /** Its host has recovered since the list was ordered; the row stays where it is for a moment. */
  readonly recovered: boolean;
  readonly selectable: boolean;
  readonly mayAct: boolean;
  readonly selected: boolean;
  /** This browser acknowledged it a moment ago: sending, or still to be undone. */
  readonly own: 'sending' | 'undoable' | null;
  readonly actions: AlertActions;
};

function Duration({ alert }: { alert: Alert }) {
  const locale = useLocale();
  const nowMs = useNowMs();
  const t = useTranslations('alerts.row');
  const since = useMemo(() => formatAbsolute(alert.openedAt, locale), [alert.openedAt, locale]);
  const endMs = alert.closedAt ?? nowMs;
  if (endMs === null) return null;
  const lastedMs = endMs - alert.openedAt;
  return (
    <>
      {alert.closedAt === null && lastedMs > STALE_AFTER_MS ? (
        <span className={`${pillClass('late')} mr-1.5 px-1.5`} title={t('staleHelp')}>
          {t('stale')}
        </span>
      ) : null}
      <Tooltip text={t('openedAt', { time: since })}>
        <time dateTime={new Date(alert.openedAt).toISOString()}>{formatDuration(lastedMs, locale)}</time>
      </Tooltip>
    </>
  );
}

export const AlertRow = memo(function AlertRow({
  alert,
  resolved,
  recovered,
  selectable,
  mayAct,
  selected,
  own,
  actions,
}: AlertRowProps) {
  const t = useTranslations('alerts');
  const format = useFormatter();
  const link = useRef<HTMLAnchorElement>(null);
  const over = recovered || alert.closedAt !== null;
  const words = alert.evidence ? verdictWords(t, format, alert.evidence) : alert.reason;
  /** Buttons come and go with what is done; the focus waits on the row's own link. */
  const act = (what: (alert: Alert) => void) => () => {
    link.current?.focus();
    what(alert);
  };
  return (
    <tr
      data-row={alert.id}
      className={classNames(
        'row border-b border-line align-middle last:border-b-0 hover:bg-raised',
        selected && 'bg-raised shadow-[inset_3px_0_0_var(--color-accent)]',
        recovered && 'text-muted',
        'max-md:grid max-md:h-auto max-md:grid-cols-[auto_minmax(0,1fr)_auto] max-md:items-center max-md:gap-x-2 max-md:py-1.5 max-md:pr-2',
        !selectable && 'max-md:pl-3',
      )}
    >
      {selectable ? (
        <td className="w-10 max-md:row-span-3 max-md:w-auto max-md:self-start">
          <label className="flex h-[min(2.25rem,var(--row-h))] w-9 items-center justify-center max-md:size-11">
            <input
              type="checkbox"
              className="choice"
              checked={selected}
              aria-label={t('row.select', { host: alert.host })}
              onChange={(event) => actions.select(alert.id, event.target.checked)}
            />
          </label>
        </td>
      ) : null}
      <td className="px-2 max-md:px-0 md:py-1">
        <span className="flex min-w-0 items-center gap-1.5">
          <StateShape kind={alertMark(alert, recovered)} size={13} />
          <AppLink
            ref={link}
            href={`/hosts/${encodeURIComponent(alert.host)}`}
            data-row-focus={alert.id}
            className="inline-flex min-h-6 min-w-0 items-center rounded-sm font-medium text-text underline-offset-2 hover:text-accent hover:underline"
          >
            <bdi className="truncate">{alert.host}</bdi>
          </AppLink>
        </span>
      </td>
      <td
        className="px-2 text-sm md:py-1 max-md:order-3 max-md:col-span-2 max-md:px-0"
        lang={alert.evidence ? undefined : 'en'}
      >
        <span className="block text-pretty break-words first-letter:uppercase">{words}</span>
      </td>
      {resolved ? (
        <td className="px-2 text-right text-sm max-lg:hidden">
          <RelativeTime atMs={alert.closedAt ?? alert.openedAt} focusable={false} />
        </td>
      ) : null}
      <td className="px-2 text-right text-sm whitespace-nowrap max-md:order-2 max-md:px-0 max-md:text-xs">
        <Duration alert={alert} />
      </td>
      <td className="px-2 py-1 max-md:order-4 max-md:col-span-2 max-md:px-0">
        <div className="flex items-center justify-end gap-2">
          {alert.ack ? (
            <div className="min-w-0 flex-1">
              {own === 'sending' ? (
                <p className="text-sm text-muted">{t('row.sending')}</p>
              ) : (
                <AckWords ack={alert.ack} brief over={over} />
              )}
            </div>
          ) : over ? (
            <p className="mr-auto text-sm text-muted">{recovered ? t('row.recovered') : t('row.nobody')}</p>
          ) : null}
          {over || !mayAct || own === 'sending' ? null : alert.ack === null ? (
            <span className="flex items-center gap-1">
              <Button
                aria-label={t('action.acknowledgeHost', { host: alert.host })}
                onClick={act(actions.acknowledge)}
              >
                {t('action.acknowledge')}
              </Button>
              <IconButton
                tone="neutral"
                aria-haspopup="dialog"
                label={t('action.optionsHost', { host: alert.host })}
                onClick={act(actions.ask)}
              >
                <Ellipsis size={16} aria-hidden />
              </IconButton>
            </span>
          ) : own === 'undoable' ? (
            <Button aria-label={t('row.undoHost', { host: alert.host })} onClick={act(actions.undo)}>
              {t('row.undo')}
            </Button>
          ) : (
            <Button
              tone="quiet"
              aria-label={t('row.unackHost', { host: alert.host })}
              onClick={act(actions.takeBack)}
            >
              {t('row.unack')}
            </Button>
          )}
        </div>
      </td>
    </tr>
  );
});
