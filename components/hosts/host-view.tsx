'use client';

/** The page of one host: its state and why in words, what is known of it, its last beats, what happened to it. */
import { type ReactNode, useRef } from 'react';
import { useAlerts } from '@/lib/client/use-live.ts';
import type { Alert } from '@/lib/protocol/alert.ts';
import type { HostDetail } from '@/lib/protocol/api.ts';
import { HOST_ID_PATTERN, type Host } from '@/lib/protocol/host.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { useAbout } from '../live/about.tsx';
import { canUndo, withOwnAcks } from '../live/acknowledge/ack-batch.ts';
import { AckWords } from '../live/acknowledge/ack-words.tsx';
import { useAckBatches } from '../live/acknowledge/use-acknowledge.ts';
import { useAcknowledgeFlow } from '../live/acknowledge/use-acknowledge-flow.tsx';
import { useSingleKeys } from '../live/single-keys.ts';
import { percentWords, spanWords, verdictWords } from '../live/verdict-words.ts';
import { Button, LinkButton, TextLink } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ArrowLeft } from '../ui/icons.tsx';
import { useSlow } from '../ui/list/use-slow.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { Panel } from '../ui/panel.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { StateBadge, stateKindOf } from '../ui/state-badge.tsx';
import { BeatSpark } from './beat-spark.tsx';
import { HostEvents } from './host-events.tsx';
import { HostLabels } from './host-labels.tsx';
import { hostsAddress } from './host-query.ts';
import { LastBeat } from './host-row.tsx';
import { useLiveHost } from './live-host.ts';
import { ReadFailure } from './read-failure.tsx';
import { owedBeats, sparkBeats } from './spark.ts';
import { useHostDetail } from './use-host-detail.ts';

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
          ? t('reasonPending', { timeout })
          : t('reasonUnknown');
  return (
    <p data-testid="host-reason" className="text-muted">
      {text}
    </p>
  );
}

/** The alert of this host as the live view and this browser know it. */
function useAlertOf(host: Host): Alert | null {
  const alerts = useAlerts();
  const batches = useAckBatches();
  const live = host.alertId === null ? undefined : alerts.get(host.alertId);
  return live ? withOwnAcks(live, batches, live) : null;
}

function Handling({ host }: { host: Host }) {
  const t = useTranslations('hosts.host');
  const flow = useAcknowledgeFlow();
  const batches = useAckBatches();
  const about = useAbout();
  const alert = useAlertOf(host);
  const down = host.state === 'down';
  const place = useRef<HTMLDivElement>(null);
  const target = down && host.alertId !== null ? { id: host.alertId, host: host.name } : null;
  const ack = alert?.ack ?? null;
  const free = target !== null && ack === null && !(alert === null && host.acknowledged);
  useSingleKeys({
    a: () => {
      if (free) flow.acknowledge([target]);
    },
    z: () => flow.undoLast(),
  });
  if (!down) return null;
  // Without an episode there is nothing to take; right after a change it is only not read yet.
  const standing = free
    ? t('unhandled')
    : host.acknowledged
      ? t('acknowledged')
      : host.evidence
        ? t('noAlert')
        : '';
  // The button goes with the act; the focus stays at its place.
  const stay = () => place.current?.focus();
  const mine = batches.findLast(
    (batch) => canUndo(batch) && batch.targets.some(({ id }) => id === target?.id),
  );
  return (
    <div
      ref={place}
      tabIndex={-1}
      className="mt-3 flex flex-col gap-2 border-t border-line pt-3 outline-none"
    >
      {ack ? (
        <div className="flex flex-wrap items-start justify-between gap-3">
          <AckWords ack={ack} />
          {mine ? (
            <Button
              onClick={() => {
                stay();
                flow.undo(mine);
              }}
            >
              {t('undo')}
            </Button>
          ) : (
            target && (
              <Button
                onClick={() => {
                  stay();
                  flow.takeBack([target]);
                }}
              >
                {t('takeBack')}
              </Button>
            )
          )}
        </div>
      ) : (
        <div className="flex flex-wrap items-center gap-2">
          <p className="mr-auto text-sm text-muted">{standing}</p>
          {free ? (
            <>
              <Button
                tone="primary"
                onClick={() => {
                  stay();
                  flow.acknowledge([target]);
                }}
              >
                {t('acknowledge')}
              </Button>
              <Button
                aria-haspopup="dialog"
                onClick={() => {
                  stay();
                  flow.ask({ kind: 'targets', targets: [target] });
                }}
              >
                {t('acknowledgeOptions')}
              </Button>
            </>
          ) : null}
        </div>
      )}
      {about?.store === 'memory' ? <p className="text-xs text-muted">{t('memory')}</p> : null}
      {flow.form}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-h-7 items-baseline justify-between gap-4 border-b border-line py-1 last:border-b-0">
      <dt className="shrink-0 text-muted">{name}</dt>
      <dd className="min-w-0 text-right break-words">{children}</dd>
    </div>
  );
}

function Facts({ host, readAtMs }: { host: Host; readAtMs: number }) {
  const t = useTranslations('hosts.host');
  const words = useTranslations('alerts');
  const format = useFormatter();
  return (
    <dl className="text-sm">
      <Fact name={t('lastBeat')}>
        {host.lastSeenAt === null ? t('never') : <LastBeat host={host} readAtMs={readAtMs} focusable />}
      </Fact>
      <Fact name={t('interval')}>{spanWords(words, format, host.intervalMs)}</Fact>
      <Fact name={t('timeout')}>{spanWords(words, format, host.timeoutMs)}</Fact>
      <Fact name={t('loss')}>
        {host.lossRatio === null ? (
          <span className="text-muted">{t('lossNone')}</span>
        ) : (
          percentWords(words, format, 100 * host.lossRatio)
        )}
      </Fact>
      <Fact name={t('source')}>
        {host.source ?? <span className="text-muted">{t('sourceUnknown')}</span>}
      </Fact>
      <Fact name={t('agent')}>
        {host.incarnation === null ? (
          <span className="text-muted">{t('agentNone')}</span>
        ) : (
          <RelativeTime atMs={host.incarnation} />
        )}
      </Fact>
      <Fact name={t('id')}>
        <code className="text-xs">{host.id}</code>
      </Fact>
    </dl>
  );
}

function Beats({ host, readAtMs }: { host: Host; readAtMs: number }) {
  const t = useTranslations('hosts');
  const silent = host.state === 'down' || host.state === 'late';
  const owed = silent ? owedBeats(host.lastSeenAt, host.intervalMs, readAtMs) : 0;
  const beats = sparkBeats(host.recentBeats, host.lossRatio, owed);
  if (!beats) return <p className="text-sm text-muted">{t('spark.none')}</p>;
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
          {host.name === host.id ? <p className="mt-1 text-sm text-muted">{t('unnamedHelp')}</p> : null}
          <Handling host={host} />
        </section>
        <Panel title={t('beats')}>
          <Beats host={host} readAtMs={detail.readAtMs} />
        </Panel>
        <Panel title={t('events')} bodyClassName="">
          <HostEvents events={detail.events} />
        </Panel>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Panel title={t('facts')} bodyClassName="px-4 py-2">
          <Facts host={host} readAtMs={detail.readAtMs} />
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
  const { detail, unknown, problem, reload } = useHostDetail(nameOrId);
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
        title={<span className={`break-all ${HOST_ID_PATTERN.test(name) ? 'font-mono' : ''}`}>{name}</span>}
      />
      {problem ? <ReadFailure problem={problem} kept={detail !== null} onRetry={reload} /> : null}
      {unknown ? (
        <EmptyState
          title={t('unknownTitle', { name: nameOrId })}
          actions={
            <>
              <LinkButton tone="primary" href={hostsAddress({ q: nameOrId })}>
                {t('searchFor', { name: nameOrId })}
              </LinkButton>
              <LinkButton href="/add">{t('add')}</LinkButton>
            </>
          }
        >
          {detail ? t('removed') : t('unknown')}
        </EmptyState>
      ) : detail ? (
        <Known detail={detail} />
      ) : slow ? (
        <div aria-hidden className="flex flex-col gap-3">
          <Skeleton className="h-24" />
          <Skeleton className="h-32" />
        </div>
      ) : null}
    </>
  );
}
