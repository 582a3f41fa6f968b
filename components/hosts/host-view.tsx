'use client';

/** The page of one host: its state and why in words, what is known of it, its last beats, what happened to it. */
import { useState } from 'react';
import type { HostDetail } from '@/lib/protocol/api.ts';
import { HOST_ID_PATTERN, type Host } from '@/lib/protocol/host.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { useMayAct } from '../live/permissions.ts';
import { spanWords, verdictWords } from '../live/verdict-words.ts';
import { Button, TextLink } from '../ui/button.tsx';
import { ArrowLeft } from '../ui/icons.tsx';
import { useSlow } from '../ui/list/use-slow.ts';
import { optional } from '../ui/optional.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { Panel } from '../ui/panel.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { StateBadge, stateKindOf } from '../ui/state-badge.tsx';
import { BeatSpark } from './beat-spark.tsx';
import { HostEvents } from './host-events.tsx';
import { HostFacts } from './host-facts.tsx';
import { HostHandling } from './host-handling.tsx';
import { HostLabels } from './host-labels.tsx';
import { useLiveHost } from './live-host.ts';
import type { Removal } from './removal.ts';
import { owedBeats, sparkBeats } from './spark.ts';
import { TimelinePanel } from './timeline-panel.tsx';
import { useHostDetail } from './use-host-detail.ts';

const ReadFailure = optional(() => import('../live/read-failure.tsx'));
const UnknownHost = optional(() => import('./unknown-host.tsx'));
const RemoveDialog = optional(() => import('./remove-dialog.tsx'));

function Reason({ host }: { host: Host }) {
  const t = useTranslations('hosts.host');
  const words = useTranslations('alerts');
  const format = useFormatter();
  const timeout = spanWords(words, format, host.timeoutMs);
  if (host.evidence) {
    return (
      <p data-testid="host-reason" className="first-letter:uppercase">
        {verdictWords(words, format, host.evidence)}
      </p>
    );
  }
  if (host.reason !== null) {
    return (
      <p data-testid="host-reason" lang="en" className="first-letter:uppercase">
        {host.reason}
      </p>
    );
  }
  const text =
    host.state === 'up'
      ? t('reasonUp', { timeout })
      : host.state === 'late'
        ? t('reasonLate', { timeout })
        : host.state === 'pending'
          ? t(host.lastSeenAt === null ? 'reasonPending' : 'reasonPendingHeard', { timeout })
          : t('reasonUnknown');
  return (
    <p data-testid="host-reason" className="text-muted">
      {text}
    </p>
  );
}

/** What the verdict says about where to look: at the process, or at the machine and its network. */
function Meaning({ host: { state, evidence } }: { host: Host }) {
  const t = useTranslations('hosts.host.meaning');
  if (state !== 'down' || evidence === null || evidence.kind === 'bye' || evidence.unheard) return null;
  // The verdict itself says so of one whose connection has not ended.
  if (evidence.connected) return null;
  return (
    <p data-testid="host-meaning" className="text-sm text-muted">
      {t(evidence.kind)}
    </p>
  );
}

function Beats({ host, readAtMs }: { host: Host; readAtMs: number }) {
  const t = useTranslations('hosts');
  const silent = host.state === 'down' || host.state === 'late';
  const owed = silent ? owedBeats(host.lastSeenAt, host.intervalMs, readAtMs) : 0;
  const beats = sparkBeats(host.recentBeats, host.lossRatio, owed);
  if (!beats) {
    const none = host.lastSeenAt === null ? t('host.never') : t('spark.none');
    return <p className="text-sm text-muted first-letter:uppercase">{none}</p>;
  }
  const label = t(owed > 0 ? 'spark.owed' : 'spark.label', {
    arrived: beats.arrived,
    expected: beats.expected,
  });
  return (
    <>
      <BeatSpark beats={beats} label={label} pitch={8} height={48} className="block h-12 w-full" />
      <p className="mt-1 flex justify-between text-xs text-muted" aria-hidden>
        <span>{t('host.oldest')}</span>
        <span>{t('host.newest')}</span>
      </p>
      <p className="mt-2 text-sm">{label}</p>
      <p className="text-xs text-muted">{t('host.beatsLegend')}</p>
    </>
  );
}

function Known({ detail }: { detail: HostDetail & { readonly readAtMs: number } }) {
  const t = useTranslations('hosts.host');
  const host = useLiveHost(detail.host, detail.position.e);
  const kind = stateKindOf(host);
  const settled = host.state === detail.host.state;
  return (
    <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_24rem]">
      <div className="flex min-w-0 flex-col gap-4">
        <section
          aria-label={t('reason')}
          data-heard
          data-testid="host-state"
          data-state={host.state}
          className={`rounded-lg border p-4 ${kind === 'down' ? 'border-down/60 tint-down' : kind === 'late' ? 'border-late/60 tint-late' : 'border-line'}`}
        >
          <p className="mb-1 flex flex-wrap items-baseline gap-x-3">
            <StateBadge kind={kind} size="lg" />
            {settled ? (
              <span className="text-sm text-muted">
                {t.rich('sinceTime', { when: () => <RelativeTime atMs={host.changedAt} /> })}
              </span>
            ) : null}
            {host.name === host.id ? (
              <span className="text-sm text-muted" title={t('unnamedHelp')}>
                {t('unnamed')}
              </span>
            ) : null}
          </p>
          <Reason host={host} />
          <Meaning host={host} />
          {detail.olderIncarnationRefused === true ? (
            <p data-testid="older-incarnation" className="mt-1 text-sm">
              {t('olderIncarnation')}
            </p>
          ) : null}
          {host.name === host.id ? <p className="mt-1 text-sm text-muted">{t('unnamedHelp')}</p> : null}
          <HostHandling host={host} events={detail.events} />
        </section>
        <TimelinePanel nameOrId={host.id} state={host.state} availability={detail.availability} />
        <Panel title={t('beats')}>
          <Beats host={host} readAtMs={detail.readAtMs} />
        </Panel>
        <Panel title={t('events')} bodyClassName="">
          <HostEvents nameOrId={host.id} recent={detail.events} />
        </Panel>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Panel title={t('facts')} bodyClassName="px-4 py-2">
          <HostFacts host={host} readAtMs={detail.readAtMs} detector={detail.detector} />
        </Panel>
        {Object.keys(host.labels).length > 0 ? (
          <Panel title={t('labels')}>
            <HostLabels labels={host.labels} wrap />
          </Panel>
        ) : null}
      </div>
    </div>
  );
}

/** `nameOrId`: as it stands in the address. */
export function HostView({ nameOrId }: { nameOrId: string }) {
  const t = useTranslations('hosts.host');
  const failed = useTranslations('hosts')('failed');
  const { detail, unknown, problem, reload } = useHostDetail(nameOrId);
  const mayAct = useMayAct();
  const [removal, setRemoval] = useState<Removal | null>(null);
  const slow = useSlow(detail === null && !unknown && problem === null);
  const name = detail?.host.name ?? nameOrId;
  return (
    <>
      <p className="mb-2 text-sm">
        <TextLink href="/hosts" className="inline-flex min-h-6 items-center gap-1 no-underline">
          <ArrowLeft size={14} aria-hidden />
          {t('back')}
        </TextLink>
      </p>
      <PageHeader
        title={<bdi className={`break-all ${HOST_ID_PATTERN.test(name) ? 'font-mono' : ''}`}>{name}</bdi>}
        actions={
          mayAct && detail && !unknown ? (
            <Button
              aria-haspopup="dialog"
              onClick={() => setRemoval({ kind: 'hosts', hosts: [{ id: detail.host.id, name }] })}
            >
              {t('remove')}
            </Button>
          ) : null
        }
      />
      {problem ? (
        <ReadFailure title={failed} problem={problem} kept={detail !== null} onRetry={reload} />
      ) : null}
      {unknown ? (
        <UnknownHost nameOrId={nameOrId} removed={detail !== null} />
      ) : detail ? (
        <Known detail={detail} />
      ) : slow ? (
        <div aria-hidden className="flex flex-col gap-3">
          <Skeleton className="h-24" />
          <Skeleton className="h-32" />
        </div>
      ) : null}
      {removal ? (
        <RemoveDialog removal={removal} onClose={() => setRemoval(null)} onRemoved={reload} />
      ) : null}
    </>
  );
}
