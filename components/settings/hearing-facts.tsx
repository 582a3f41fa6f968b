'use client';

/**
 * How well this server hears: receiver, time it was blind, what was dropped, the bar in force, connections. What an
 * older server does not tell is left out.
 */
import type { ReactNode } from 'react';
import { type Hearing, hearingOf } from '@/lib/client/hearing.ts';
import type { Health, TcpHealth } from '@/lib/protocol/api.ts';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { useSpanWords } from '../live/link-words.ts';
import { CodeBlock } from '../ui/code-block.tsx';
import { Notice } from '../ui/notice.tsx';
import { Fact } from './panel-parts.tsx';
import { BUFFER_ADVICE, receiveBufferOf } from './receive-buffer.ts';

type Ingest = Health['ingest'];

/** A quiet line below a value. */
function Aside({ children }: { children: ReactNode }) {
  return <span className="block text-xs text-muted">{children}</span>;
}

function Bar({ hearing: { misses, missesSet, judgesNobody } }: { hearing: Hearing }) {
  const t = useTranslations('settings.about');
  return (
    <>
      {t('missesValue', { count: misses })}
      {judgesNobody ? (
        <Aside>{t('judgesNobody')}</Aside>
      ) : misses > missesSet ? (
        <Aside>{t('missesRaised', { set: missesSet })}</Aside>
      ) : null}
    </>
  );
}

function Connections({ tcp }: { tcp: TcpHealth }) {
  const t = useTranslations('settings.about');
  const format = useFormatter();
  const ended = (['refused', 'oversized', 'slow', 'idle'] as const).filter((why) => tcp[why] > 0);
  return (
    <>
      {t('tcpOpen', { count: tcp.connections })}
      {ended.map((why) => (
        <Aside key={why}>{t(`tcp.${why}`, { count: format.number(tcp[why]) })}</Aside>
      ))}
    </>
  );
}

function Buffer({ ingest }: { ingest: Ingest }) {
  const t = useTranslations('settings.about');
  const format = useFormatter();
  const spanWords = useSpanWords();
  const { bytes, heartbeats, lastsMs } = receiveBufferOf(ingest);
  const size =
    bytes < 1e6
      ? format.number(bytes / 1e3, { style: 'unit', unit: 'kilobyte', maximumFractionDigits: 0 })
      : format.number(bytes / 1e6, { style: 'unit', unit: 'megabyte', maximumFractionDigits: 0 });
  return (
    <>
      {size}
      <Aside>
        {lastsMs === null
          ? t('bufferHolds', { heartbeats: format.number(heartbeats) })
          : t('bufferLasts', { heartbeats: format.number(heartbeats), span: spanWords(lastsMs) })}
      </Aside>
    </>
  );
}

function Refused({ rejected }: { rejected: Ingest['rejected'] }) {
  const format = useFormatter();
  const refused = Object.entries(rejected)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  return (
    <>
      {format.number(refused.reduce((sum, [, count]) => sum + count, 0))}
      {refused.map(([reason, count]) => (
        <Aside key={reason}>
          <code>{reason}</code> {format.number(count)}
        </Aside>
      ))}
    </>
  );
}

function Drops({ ingest, hearing }: { ingest: Ingest; hearing: Hearing }) {
  const t = useTranslations('settings.about');
  const format = useFormatter();
  const { dropShare } = hearing;
  // The receiver on Node's own sockets cannot ask the kernel, but where drops are known they are told.
  if (ingest.receiver === 'dgram' && ingest.kernelDrops === 0 && dropShare === 0) return t('dropsUnknown');
  return (
    <>
      {format.number(ingest.kernelDrops)}
      {dropShare > 0 ? (
        <Aside>
          {t('dropShare', {
            share: format.number(dropShare, { style: 'percent', maximumFractionDigits: 1 }),
          })}
        </Aside>
      ) : null}
    </>
  );
}

/** `ingest`: null while it is read for the first time. */
export function HearingFacts({ ingest }: { ingest: Ingest | null }) {
  const t = useTranslations('settings.about');
  const format = useFormatter();
  const spanWords = useSpanWords();
  const hearing = hearingOf(ingest === null ? null : { ingest }, null);
  // Missing on a server that is older than this page.
  const { receiveBufferBytes, tcp, shardRestarts = 0 }: Partial<Ingest> = ingest ?? {};
  return (
    <>
      <dl className="-my-1.5 text-sm" data-testid="hearing-facts">
        <Fact term={t('receiver')}>
          {ingest ? (
            <>
              {t('receiverValue', { receiver: ingest.receiver, shards: ingest.shards })}
              {shardRestarts > 0 ? <Aside>{t('shardRestarts', { count: shardRestarts })}</Aside> : null}
            </>
          ) : null}
        </Fact>
        <Fact term={t('rate')}>
          {ingest
            ? t('rateValue', {
                rate: format.number(ingest.heartbeatsPerSecond, { maximumFractionDigits: 0 }),
              })
            : null}
        </Fact>
        {hearing.misses > 0 ? (
          <Fact term={t('misses')}>
            <Bar hearing={hearing} />
          </Fact>
        ) : null}
        <Fact term={t('blind')}>
          {ingest ? (
            <>
              {spanWords(ingest.blindMs)}
              <Aside>{t('blindLastMinute', { span: spanWords(hearing.blindLastMinuteMs) })}</Aside>
            </>
          ) : null}
        </Fact>
        <Fact term={t('drops')}>{ingest ? <Drops ingest={ingest} hearing={hearing} /> : null}</Fact>
        <Fact term={t('refused')}>{ingest ? <Refused rejected={ingest.rejected} /> : null}</Fact>
        {ingest && receiveBufferBytes !== undefined ? (
          <Fact term={t('buffer')}>
            <Buffer ingest={ingest} />
          </Fact>
        ) : null}
        {tcp === undefined ? null : (
          <Fact term={t('tcpTitle')}>
            <Connections tcp={tcp} />
          </Fact>
        )}
      </dl>
      {ingest && receiveBufferBytes !== undefined && receiveBufferOf(ingest).isSmall ? (
        <Notice tone="warning" title={t('bufferSmall')} className="mt-4">
          <p className="mb-2">{t('bufferAdvice')}</p>
          <CodeBlock code={BUFFER_ADVICE} label={t('buffer')} />
        </Notice>
      ) : null}
    </>
  );
}
