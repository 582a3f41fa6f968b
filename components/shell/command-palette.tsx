'use client';

/**
 * What Ctrl/⌘ K opens: a few letters, Enter, and one is there. Pages and settings are matched here, hosts are asked
 * of the server. A combobox over a listbox in the platform's own dialog; loaded when first opened.
 */
import { useRouter } from 'next/navigation';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { MODES } from '@/lib/client/ladder.ts';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import { useTranslations } from '../i18n/language.ts';
import { applyPrefs, prefsOfPage, THEME_CHOICES } from '../i18n/prefs.ts';
import { NAV_ITEMS } from '../live/nav-items.ts';
import { useYou } from '../live/permissions.ts';
import { classNames } from '../ui/class-names.ts';
import { LogOut } from '../ui/icons.tsx';
import { KeyCap } from '../ui/key-cap.tsx';
import { StateShape } from '../ui/state-shape.tsx';
import { matchesWords } from './palette-match.ts';
import { useHostSearch } from './use-host-search.ts';
import { useSignOut } from './use-sign-out.ts';

type Group = 'pages' | 'hosts' | 'settings';
type Entry = {
  readonly id: string;
  readonly group: Group;
  readonly label: string;
  readonly mark?: ReactNode;
  readonly run: () => void;
};

/** Everything but hosts: few, so they are all looked through at each letter. */
function useFixedEntries(): readonly Entry[] {
  const t = useTranslations('common.palette');
  const nav = useTranslations('common.nav');
  const transport = useTranslations('settings.transport');
  const appearance = useTranslations('settings.appearance');
  const router = useRouter();
  const live = useLiveHandle();
  const you = useYou();
  const signOut = useSignOut();
  return [
    ...NAV_ITEMS.map(
      ({ key, href, icon: Icon }): Entry => ({
        id: `page-${key}`,
        group: 'pages',
        label: nav(key),
        mark: <Icon size={15} aria-hidden />,
        run: () => router.push(href),
      }),
    ),
    ...THEME_CHOICES.map(
      (theme): Entry => ({
        id: `theme-${theme}`,
        group: 'settings',
        label: t('theme', { name: appearance(theme) }),
        run: () => applyPrefs({ ...prefsOfPage(), theme }),
      }),
    ),
    ...MODES.map(
      (mode): Entry => ({
        id: `mode-${mode}`,
        group: 'settings',
        label: t('transport', { name: transport(mode) }),
        run: () => live.setMode(mode),
      }),
    ),
    ...(you === null
      ? []
      : [
          {
            id: 'sign-out',
            group: 'settings',
            label: t('signOut'),
            mark: <LogOut size={15} aria-hidden />,
            run: signOut,
          } satisfies Entry,
        ]),
  ];
}

export default function CommandPalette({ onClose }: { onClose: () => void }) {
  const t = useTranslations('common.palette');
  const stateWord = useTranslations('common.state');
  const router = useRouter();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [text, setText] = useState('');
  /** By name and not by place: hosts may come in above it. Null: the first one. */
  const [activeId, setActiveId] = useState<string | null>(null);
  const search = useHostSearch(text.trim());
  const fixed = useFixedEntries().filter(({ label }) => matchesWords(label, text));
  // An answer to what was typed before must not be what Enter opens now.
  const answered = search.hosts.filter(({ name }) => search.state !== 'asking' || matchesWords(name, text));
  const hosts = answered.map(
    ({ id: hostId, name, kind }): Entry => ({
      id: `host-${hostId}`,
      group: 'hosts',
      label: name,
      mark: <StateShape kind={kind} size={13} title={stateWord(kind)} />,
      run: () => router.push(`/hosts/${encodeURIComponent(name)}`),
    }),
  );
  const entries = [
    ...fixed.filter(({ group }) => group === 'pages'),
    ...hosts,
    ...fixed.filter(({ group }) => group === 'settings'),
  ];
  const current = entries.find((entry) => entry.id === activeId) ?? entries[0];

  useEffect(() => {
    const element = dialog.current;
    const opener = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);

  const currentId = current === undefined ? undefined : `${id}-${current.id}`;
  useEffect(() => {
    if (currentId !== undefined) document.getElementById(currentId)?.scrollIntoView({ block: 'nearest' });
  }, [currentId]);

  const choose = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    onClose();
    entry.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Enter and arrows belong to the input method while it composes.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    const at = current === undefined ? -1 : entries.indexOf(current);
    const goTo = (index: number) => setActiveId(entries.at(index % entries.length)?.id ?? null);
    if (event.key === 'ArrowDown') goTo(at + 1);
    else if (event.key === 'ArrowUp') goTo(at - 1);
    else if (event.key === 'PageDown') goTo(-1);
    else if (event.key === 'PageUp') goTo(0);
    else if (event.key === 'Enter') choose(current);
    else return;
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click closes on the backdrop; Esc is the keyboard's way, by onCancel.
    <dialog
      ref={dialog}
      data-palette
      aria-label={t('title')}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
      className="mt-[12dvh] w-[min(36rem,calc(100vw-2rem))] overflow-hidden rounded-lg border border-line bg-surface p-0 text-text shadow-pop"
    >
      <div className="flex max-h-[min(70dvh,32rem)] flex-col">
        <input
          autoFocus
          type="text"
          role="combobox"
          aria-label={t('title')}
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={currentId}
          aria-autocomplete="list"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          maxLength={200}
          placeholder={t('placeholder')}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setActiveId(null);
          }}
          onKeyDown={onKeyDown}
          className="h-12 w-full border-b border-line bg-transparent px-4 text-lg -outline-offset-2 placeholder:text-muted"
        />
        <div
          id={`${id}-list`}
          role="listbox"
          aria-label={t('title')}
          className="min-h-0 flex-1 overflow-y-auto p-1.5"
        >
          {(['pages', 'hosts', 'settings'] as const).map((group) => {
            const members = entries.filter((entry) => entry.group === group);
            if (members.length === 0) return null;
            return (
              // biome-ignore lint/a11y/useSemanticElements: a listbox has groups, not fieldsets.
              <div key={group} role="group" aria-label={t(group)}>
                <p aria-hidden className="px-2.5 pt-2 pb-1 text-xs font-medium text-muted">
                  {t(group)}
                </p>
                {members.map((entry) => (
                  // biome-ignore lint/a11y/useKeyWithClickEvents: the keys act on the combobox, as aria-activedescendant asks.
                  // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the combobox.
                  <div
                    key={entry.id}
                    id={`${id}-${entry.id}`}
                    role="option"
                    aria-selected={entry === current}
                    onPointerMove={() => setActiveId(entry.id)}
                    onClick={() => choose(entry)}
                    className={classNames(
                      'flex min-h-8 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-sm pointer-coarse:min-h-11',
                      entry === current && 'bg-raised font-medium shadow-[inset_3px_0_0_var(--color-accent)]',
                    )}
                  >
                    <span className="inline-flex w-4 shrink-0 justify-center text-muted">{entry.mark}</span>
                    <span className="truncate">{entry.label}</span>
                  </div>
                ))}
              </div>
            );
          })}
        </div>
        <div className="flex flex-wrap items-center justify-between gap-x-4 border-t border-line bg-raised px-4 py-1.5 text-xs text-muted">
          <p role="status">
            {search.state === 'asking'
              ? t('searching')
              : search.state === 'failed'
                ? t('failed')
                : search.more > 0
                  ? t('firstOf', { count: entries.length, total: entries.length + search.more })
                  : t('results', { count: entries.length })}
          </p>
          <p className="flex items-center gap-1 max-sm:hidden">
            {t.rich('hint', {
              up: () => <KeyCap>↑</KeyCap>,
              down: () => <KeyCap>↓</KeyCap>,
              enter: () => <KeyCap>Enter</KeyCap>,
              esc: () => <KeyCap>Esc</KeyCap>,
            })}
          </p>
        </div>
      </div>
    </dialog>
  );
}
