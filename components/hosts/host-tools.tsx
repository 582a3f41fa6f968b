'use client';

/** What can be done with the whole list: acknowledge or remove all that match, name a host. Fetched after the page. */
import { useState } from 'react';
import { useCounts } from '@/lib/client/use-live.ts';
import { useTranslations } from '../i18n/language.ts';
import AcknowledgeMatching from '../live/acknowledge/acknowledge-matching.tsx';
import type { AcknowledgeFlow } from '../live/acknowledge/use-acknowledge-flow.tsx';
import { Button } from '../ui/button.tsx';
import ExpectDialog from './expect-dialog.tsx';
import { filterOf, type HostQuery, isFiltered, unhandledFilter } from './host-query.ts';
import type { Removal } from './removal.ts';

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
  return (
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
      {naming ? <ExpectDialog onClose={() => setNaming(false)} /> : null}
    </>
  );
}
