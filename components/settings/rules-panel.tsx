'use client';

/** What holds for everyone on this server. */
import { useEffect, useState } from 'react';
import { useTranslations } from '../i18n/language.ts';
import { useReadAboutAgain } from '../live/about.tsx';
import { useCommentRequired } from '../live/permissions.ts';
import { Checkbox } from '../ui/checkbox.tsx';
import { Panel } from '../ui/panel.tsx';
import { showToast } from '../ui/toast.ts';
import { Refusal } from './panel-parts.tsx';
import { useAccount } from './use-account.ts';
import { useCommand } from './use-command.ts';

export function RulesPanel() {
  const t = useTranslations('settings.rules');
  const account = useAccount();
  const command = useCommand();
  const commentRequired = useCommentRequired();
  const readAgain = useReadAboutAgain();
  /** What was chosen here and is not known to be in force yet; null: nothing. */
  const [wanted, setWanted] = useState<boolean | null>(null);
  useEffect(() => {
    if (wanted === commentRequired) setWanted(null);
  }, [wanted, commentRequired]);
  return (
    <Panel title={t('title')} bodyClassName="flex flex-col gap-3 p-4">
      <Refusal of={command} />
      <Checkbox
        label={t('comment')}
        hint={t('commentHint')}
        checked={command.problem === null && wanted !== null ? wanted : commentRequired}
        onChange={(checked) => {
          if (command.busy) return;
          setWanted(checked);
          command.give(
            () => account.changeSettings({ commentRequired: checked }),
            () => {
              showToast({ text: t('saved') });
              readAgain();
            },
          );
        }}
      />
    </Panel>
  );
}
