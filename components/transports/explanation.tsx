'use client';

/** What the figures show and why, in plain words, each transport with a drawing of its worst case. */
import { memo } from 'react';
import { useTranslations } from '@/components/i18n/language.ts';
import { Panel } from '@/components/ui/panel.tsx';
import { TRANSPORTS } from '@/lib/client/ladder.ts';
import { useIntervalWords } from './controls.tsx';
import { LaneMark } from './lane-mark.tsx';
import { TimingDiagram } from './timing-diagram.tsx';

const NOTES = ['tick', 'painted', 'clock', 'decades'] as const;

/** Knows no figures: the page around it is drawn four times a second. */
export const Explanation = memo(function Explanation({ pollMs }: { pollMs: number }) {
  const t = useTranslations('transports.why');
  const transportWord = useTranslations('live.transport');
  const interval = useIntervalWords();
  return (
    <Panel title={t('title')} hint={t('legend')}>
      <div className="grid gap-x-6 gap-y-5 sm:grid-cols-2 xl:grid-cols-4">
        {TRANSPORTS.map((transport) => (
          <section key={transport} className="flex min-w-0 flex-col gap-1.5">
            <h3 className="flex items-center gap-2 text-sm">
              <LaneMark transport={transport} className="shrink-0" />
              {transportWord(transport)}
            </h3>
            <TimingDiagram transport={transport} />
            <p className="text-sm">
              {t(transport, { interval: interval(pollMs), half: interval(pollMs / 2) })}
            </p>
          </section>
        ))}
      </div>
      <h3 className="mt-5 mb-1 text-sm">{t('notesTitle')}</h3>
      <ul className="grid list-disc gap-x-10 gap-y-1 pl-5 text-sm text-muted xl:grid-cols-2">
        {NOTES.map((note) => (
          <li key={note}>{t(note)}</li>
        ))}
      </ul>
    </Panel>
  );
});
