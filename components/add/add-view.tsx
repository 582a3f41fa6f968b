'use client';

/** Lines to paste on a machine, filled in with this server's address, each with an eye on the first heartbeat. */
import { type ReactNode, useDeferredValue, useState, useSyncExternalStore } from 'react';
import { useFormatter, useTranslations } from '../i18n/language.ts';
import { useAbout } from '../live/about.tsx';
import { CodeBlock } from '../ui/code-block.tsx';
import { Field, Input } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { Panel } from '../ui/panel.tsx';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import {
  agentLine,
  bashLine,
  type Carrier,
  isHostName,
  isLoopback,
  type Listening,
  parseLabels,
  reachableAddress,
} from './commands.ts';
import { FirstHeartbeat } from './first-heartbeat.tsx';
import { useHostByName } from './use-host-by-name.ts';

const DEFAULT_NAME = 'web-01';
const DEFAULT_LABELS = 'rack=r17';

const NEVER = () => () => undefined;

/** The host name in the page's address; '' while rendered on the server. */
function usePageHostname(): string {
  return useSyncExternalStore(
    NEVER,
    () => window.location.hostname,
    () => '',
  );
}

function Way({
  title,
  hint,
  code,
  status,
}: {
  title: string;
  hint: ReactNode;
  code: string | null;
  status: ReactNode;
}) {
  return (
    <Panel title={title} bodyClassName="flex flex-col gap-3 p-4">
      {code === null ? <Skeleton className="h-10 w-full" /> : <CodeBlock code={code} label={title} />}
      {status}
      <div className="max-w-3xl text-xs text-muted">{hint}</div>
    </Panel>
  );
}

/** The further addresses of a server that listens on all of its machine's. */
function others(listening: Listening, shown: string): readonly string[] {
  return listening.addresses.filter((address) => address !== shown);
}

export function AddView() {
  const t = useTranslations('add');
  const format = useFormatter();
  const about = useAbout();
  const pageHostname = usePageHostname();
  const [name, setName] = useState(DEFAULT_NAME);
  const [labelText, setLabelText] = useState(DEFAULT_LABELS);
  const [carrier, setCarrier] = useState<Carrier>('udp');
  const tagged = about?.heartbeat.keys === true;

  const nameIsGood = isHostName(name);
  const parsed = parseLabels(labelText);
  const watched = useDeferredValue(nameIsGood ? name : null);
  const { host, stateByte } = useHostByName(watched);

  const listening = about?.heartbeat ?? null;
  const address = listening === null ? null : reachableAddress(listening, pageHostname);
  const ready =
    address !== null && nameIsGood && 'labels' in parsed ? { address, labels: parsed.labels } : null;
  const rich = { code: (text: ReactNode) => <code className="text-text">{text}</code> };
  const status =
    watched === null ? null : <FirstHeartbeat name={watched} host={host} stateByte={stateByte} />;

  let labelProblem: string | null = null;
  if ('problem' in parsed) {
    const { problem } = parsed;
    labelProblem =
      problem.kind === 'many'
        ? t('labelProblem.many')
        : t(`labelProblem.${problem.kind}`, { text: problem.text });
  }

  return (
    <div className="mx-auto flex max-w-5xl flex-col gap-4">
      <PageHeader title={t('title')} intro={t('intro')} />
      {listening !== null && isLoopback(listening.host) ? (
        <Notice tone="warning" title={t('loopbackTitle', { host: listening.host })}>
          <p>{t.rich('loopbackText', rich)}</p>
        </Notice>
      ) : null}
      {listening !== null && address !== null && others(listening, address.host).length > 0 ? (
        <p className="text-sm text-muted">
          {t('otherAddresses', {
            host: address.host,
            others: format.list(others(listening, address.host), { type: 'disjunction' }),
          })}
        </p>
      ) : null}
      <div className="grid items-start gap-x-4 gap-y-3 sm:grid-cols-2">
        <Field
          label={t('name')}
          hint={t('nameHint')}
          error={nameIsGood ? null : name === '' ? t('nameMissing') : t('nameProblem')}
        >
          {(control) => (
            <Input
              {...control}
              name="host-name"
              value={name}
              onChange={(event) => setName(event.target.value)}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              className="font-mono"
            />
          )}
        </Field>
        <Field label={t('labels')} hint={t('labelsHint')} error={labelProblem}>
          {(control) => (
            <Input
              {...control}
              name="labels"
              value={labelText}
              onChange={(event) => setLabelText(event.target.value)}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              className="font-mono"
            />
          )}
        </Field>
      </div>
      {about !== null && ready === null ? (
        <p className="text-sm text-muted">{t('fixFirst')}</p>
      ) : (
        <>
          <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
            <SegmentedControl
              legend={t('carrier.legend')}
              value={carrier}
              onChange={setCarrier}
              choices={[
                { value: 'udp', label: 'UDP' },
                { value: 'tcp', label: 'TCP' },
              ]}
            />
            <p className="text-xs text-muted">{t(`carrier.${carrier}`)}</p>
          </div>
          <Way
            title={t('bash.title')}
            code={ready === null ? null : bashLine(ready.address, name, ready.labels, carrier)}
            status={status}
            hint={
              <>
                <p>{t.rich(`bash.${carrier === 'udp' ? 'hint' : 'hintTcp'}`, rich)}</p>
                {tagged ? <p className="text-late-text">{t.rich('bash.tagged', rich)}</p> : null}
              </>
            }
          />
          <Way
            title={t('agent.title')}
            code={ready === null ? null : agentLine(ready.address, name, ready.labels, { carrier, tagged })}
            status={status}
            hint={
              <>
                <p>{t.rich('agent.hint', rich)}</p>
                {tagged ? <p>{t.rich('agent.tagged', { ...rich, name })}</p> : null}
              </>
            }
          />
        </>
      )}
    </div>
  );
}
