'use client';

/** The whole story behind the pill: transport and why, age, position, and what had to be repaired. */
import type { ReactNode } from 'react';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { Link } from '@/lib/client/view-store.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { TextLink } from '../ui/button.tsx';
import { useSpanWords } from './link-words.ts';

const PROBLEM_KEY = { refused: 'refused', lost: 'lost', 'bad-frame': 'badFrame' } as const;
const WHY_KEY = { 'no-frame': 'noFrame', refused: 'refused', lost: 'lost' } as const;

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-6 py-0.5">
      <dt className="shrink-0 text-muted">{term}</dt>
      <dd className="min-w-0 text-right">{children}</dd>
    </div>
  );
}

/** From what, to what and why `auto` stands where it stands; nothing while it is on its first choice. */
export function FallbackWords({ link }: { link: Link }) {
  const t = useTranslations('live');
  if (link.fallback === null || link.transport === null) return null;
  const from = t(`transport.${link.fallback.from}`);
  return (
    <>
      <strong className="font-medium">
        {t('details.fallback', { from, to: t(`transport.${link.transport}`) })}
      </strong>
      <br />
      {t(`details.why.${WHY_KEY[link.fallback.why]}`, { from })} {t('details.climbing', { from })}
    </>
  );
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
            ? t('details.chosen', { transport })
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
        <p className="mb-2 rounded-md border border-late/60 tint-late px-2.5 py-1.5 text-sm">
          <FallbackWords link={link} />
        </p>
      ) : null}
      <ConnectionFacts link={link} nowMs={nowMs} />
      <p className="mt-2 text-sm">
        <TextLink href="/settings">{t('details.settings')}</TextLink>
      </p>
    </>
  );
}
