'use client';

/**
 * What can be done with the whole list: acknowledge or remove all that match, name a host. Buttons in a row, and behind
 * one button on a phone. Fetched after the page.
 */
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useCounts } from '@/lib/client/use-live.ts';
import { useTranslations } from '../i18n/language.ts';
import AcknowledgeMatching from '../live/acknowledge/acknowledge-matching.tsx';
import type { AcknowledgeFlow } from '../live/acknowledge/use-acknowledge-flow.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Ellipsis } from '../ui/icons.tsx';
import ExpectDialog from './expect-dialog.tsx';
import { filterOf, type HostQuery, isFiltered, unhandledFilter } from './host-query.ts';
import type { Removal } from './removal.ts';

/** As `max-sm` in the styles. */
const NARROW = '(width < 40rem)';

function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => window.matchMedia(NARROW).matches);
  useEffect(() => {
    const media = window.matchMedia(NARROW);
    const read = () => setNarrow(media.matches);
    media.addEventListener('change', read);
    return () => media.removeEventListener('change', read);
  }, []);
  return narrow;
}

/** The buttons as a sheet at the lower edge. It closes before one of them acts, with the focus on what opened it. */
function Menu({ label, children }: { label: string; children: ReactNode }) {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const sheet = useRef<HTMLElement>(null);
  return (
    <>
      <IconButton ref={opener} tone="neutral" label={label} popoverTarget={id}>
        <Ellipsis size={16} aria-hidden />
      </IconButton>
      <section
        ref={sheet}
        id={id}
        popover="auto"
        aria-label={label}
        onClickCapture={() => {
          sheet.current?.hidePopover();
          opener.current?.focus();
        }}
        className="fixed inset-x-2 top-auto bottom-[calc(var(--bottom-bar-h)+0.5rem)] m-0 w-auto rounded-lg border border-control bg-surface p-3 text-text shadow-pop"
      >
        <div className="flex flex-col gap-2">{children}</div>
      </section>
    </>
  );
}

export default function HostTools({
  query,
  flow,
  onRemove,
}: {
  query: HostQuery;
  flow: AcknowledgeFlow;
  onRemove: (removal: Removal) => void;
}) {
  const t = useTranslations('hosts');
  const counts = useCounts();
  const [naming, setNaming] = useState(false);
  const unhandled = unhandledFilter(query);
  const some = counts !== null && counts.down > counts.acknowledged + counts.maintenance;
  const narrow = useNarrow();
  const buttons = (
    <>
      {unhandled !== null && some ? (
        <AcknowledgeMatching
          filter={unhandled}
          label={isFiltered({ ...query, state: null }) ? t('matching.filtered') : t('matching.all')}
          flow={flow}
        />
      ) : null}
      {isFiltered(query) ? (
        <Button
          aria-haspopup="dialog"
          onClick={() => onRemove({ kind: 'matching', filter: filterOf(query) })}
        >
          {t('remove.matchingAction')}
        </Button>
      ) : null}
      <Button aria-haspopup="dialog" onClick={() => setNaming(true)}>
        {t('expect.action')}
      </Button>
    </>
  );
  return (
    <>
      {narrow ? <Menu label={t('tools')}>{buttons}</Menu> : buttons}
      {naming ? <ExpectDialog onClose={() => setNaming(false)} /> : null}
    </>
  );
}
