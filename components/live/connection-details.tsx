'use client';

/** The whole story behind the pill: transport and why, age, position, and what had to be repaired. */
import type { ReactNode } from 'react';
import { MAX_STREAMS, type Mode } from '@/lib/client/ladder.ts';
import { browserStorage, modeOfPage, readMode } from '@/lib/client/mode-choice.ts';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { Fallback, FallbackStep, Link } from '@/lib/client/view-store.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { TextLink } from '../ui/button.tsx';
import { useSpanWords } from './link-words.ts';

const PROBLEM_KEY = {
  away: 'away',
  refused: 'refused',
  lost: 'lost',
  'no-lease': 'noLease',
  'bad-frame': 'badFrame',
} as const;
const WHY_KEY = {
  'no-frame': 'noFrame',
  refused: 'refused',
  lost: 'lost',
  'closed-early': 'closedEarly',
  'no-lease': 'noLease',
} as const;

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-6 py-0.5">
      <dt className="shrink-0 text-muted">{term}</dt>
      <dd className="min-w-0 text-right">{children}</dd>
    </div>
  );
}

/** A lease that one streaming transport lacks the next one lacks too: once is enough. */
function stepsToTell(fallback: Fallback): FallbackStep[] {
  const steps = [fallback, ...fallback.below];
  const lacksLease = ({ why }: FallbackStep): boolean => why === 'no-lease';
  const first = steps.find(lacksLease);
  return steps.filter((step) => !lacksLease(step) || step === first);
}

/** Why each transport above the present one is not in use, and when it is tried again; nothing on the first choice. */
export function FallbackReasons({ link }: { link: Link }) {
  const t = useTranslations('live.details');
  const transport = useTranslations('live.transport');
  if (link.fallback === null) return null;
  const steps = stepsToTell(link.fallback);
  return (
    <>
      <ul>
        {steps.map(({ from, why, detail }) => (
          <li key={from}>
            {t(`why.${WHY_KEY[why]}`, { from: transport(from), count: MAX_STREAMS })}
            {why === 'no-lease' ? ` ${t('waiting')}` : null}
            {why === 'no-lease' ? null : (
              <code lang="en" className="block text-xs break-words text-muted">
                {detail}
              </code>
            )}
          </li>
        ))}
      </ul>
      {link.mode === 'auto' ? <p>{t('climbing', { from: transport(link.fallback.from) })}</p> : null}
    </>
  );
}

/** From what, to what and why another transport than the first choice is in use. */
export function FallbackWords({ link }: { link: Link }) {
  const t = useTranslations('live.details');
  const transport = useTranslations('live.transport');
  if (link.fallback === null || link.transport === null) return null;
  return (
    <>
      <p className="font-medium">
        {t('fallback', { from: transport(link.fallback.from), to: transport(link.transport) })}
      </p>
      <FallbackReasons link={link} />
    </>
  );
}

/** Named by `?transport=`, for this page alone, and not chosen in the settings. */
function isOfAddress(mode: Mode): boolean {
  return modeOfPage() === mode && readMode(browserStorage()) !== mode;
}

/** The facts as a list, also shown on the settings page. */
export function ConnectionFacts({ link, nowMs }: { link: Link; nowMs: number }) {
  const t = useTranslations('live');
  const format = useFormatter();
  const spanWords = useSpanWords();
  // Beside the link, which changes at least as often.
  const live = useLiveHandle();
  const { epoch, seq } = live.store.getState();
  const transport = link.transport === null ? '–' : t(`transport.${link.transport}`);
  return (
    <dl className="text-sm">
      <Fact term={t('details.transport')}>
        {link.mode === 'auto'
          ? t('details.automatic', { transport })
          : link.mode === link.transport
            ? t(isOfAddress(link.mode) ? 'details.addressed' : 'details.chosen', { transport })
            : // On its way from one to the other.
              transport}
      </Fact>
      <Fact term={t('details.age')}>
        {link.lastFrameAtMs === null || nowMs === 0
          ? t('details.ageNever')
          : spanWords(nowMs - link.lastFrameAtMs)}
      </Fact>
      <Fact term={t('details.position')}>
        {epoch === null ? (
          t('details.positionNone')
        ) : (
          <span data-testid="position" data-epoch={epoch} data-seq={seq} data-digest={live.digest()}>
            {t('details.positionValue', { seq: format.number(seq), epoch: epoch.slice(0, 8) })}
          </span>
        )}
      </Fact>
      <Fact term={t('details.mismatches')}>{format.number(link.digestMismatches)}</Fact>
      <Fact term={t('details.resyncs')}>{format.number(link.resyncs)}</Fact>
      <Fact term={t('details.reconnects')}>{format.number(link.reconnects)}</Fact>
      {link.badFrames > 0 ? <Fact term={t('details.badFrames')}>{format.number(link.badFrames)}</Fact> : null}
      {link.problem ? (
        <Fact term={t('details.problem')}>
          {t(`details.problems.${PROBLEM_KEY[link.problem]}`)}
          {link.problemDetail ? (
            <code lang="en" className="block text-xs break-words text-muted">
              {link.problemDetail}
            </code>
          ) : null}
        </Fact>
      ) : null}
    </dl>
  );
}

export default function ConnectionDetails({ link, nowMs }: { link: Link; nowMs: number }) {
  const t = useTranslations('live');
  return (
    <>
      {link.fallback ? (
        <div className="mb-2 rounded-md border border-late/60 tint-late px-2.5 py-1.5 text-sm">
          <FallbackWords link={link} />
        </div>
      ) : null}
      <ConnectionFacts link={link} nowMs={nowMs} />
      <p className="mt-2 text-sm">
        <TextLink href="/settings">{t('details.settings')}</TextLink>
      </p>
    </>
  );
}
