'use client';

/** The choice of transport: in force at once, without a reload or a gap, with the link's own words beside it. */
import { MAX_STREAMS, type Mode } from '@/lib/client/ladder.ts';
import { useLiveHandle, useNow } from '@/lib/client/use-live.ts';
import { useTranslations } from '../i18n/language.ts';
import { ConnectionFacts, FallbackWords } from '../live/connection-details.tsx';
import { useLinkAtTicks, useLinkWords } from '../live/connection-pill.tsx';
import { Notice } from '../ui/notice.tsx';
import { Panel } from '../ui/panel.tsx';
import { type Choice, RadioGroup } from '../ui/segmented-control.tsx';

export function TransportPanel() {
  const t = useTranslations('settings.transport');
  const live = useLiveHandle();
  const link = useLinkAtTicks();
  const nowMs = useNow();
  const words = useLinkWords(link, nowMs);
  const choices: readonly Choice<Mode>[] = [
    { value: 'auto', label: t('auto'), hint: t('autoHint') },
    { value: 'socketio', label: t('socketio'), hint: t('socketioHint') },
    { value: 'sse', label: t('sse'), hint: t('sseHint') },
    { value: 'long-polling', label: t('long-polling'), hint: t('long-pollingHint') },
    { value: 'polling', label: t('polling'), hint: t('pollingHint') },
  ];
  return (
    <Panel title={t('title')} hint={t('kept')}>
      <RadioGroup
        legend={t('legend')}
        hideLegend
        choices={choices}
        value={link.mode}
        onChange={(mode) => live.setMode(mode)}
        className="-mx-2 -mt-1"
      />
      <p className="mt-2 text-sm text-muted">{t('lease', { count: MAX_STREAMS })}</p>
      <div className="mt-3 border-t border-line pt-3">
        <p className="mb-1 text-sm font-medium" data-testid="transport-now">
          {words}
        </p>
        {link.fallback ? (
          <Notice tone="warning" className="my-2">
            <FallbackWords link={link} />
          </Notice>
        ) : null}
        <ConnectionFacts link={link} nowMs={nowMs} />
      </div>
    </Panel>
  );
}
