'use client';

/** The table of alerts, in the order it is given. */
import type { Alert, AlertStatus } from '@/lib/protocol/alert.ts';
import { useTranslations } from '../i18n/language.ts';
import { type AlertActions, AlertRow, type AlertRowProps } from './alert-row.tsx';

export function AlertTable({
  status,
  alerts,
  hasRecovered,
  ownOf,
  selection,
  selectable,
  mayAct,
  onSelectAll,
  actions,
}: {
  status: AlertStatus;
  alerts: readonly Alert[];
  hasRecovered: (alert: Alert) => boolean;
  ownOf: (id: string) => AlertRowProps['own'];
  selection: ReadonlySet<string>;
  selectable: boolean;
  mayAct: boolean;
  onSelectAll: (selected: boolean) => void;
  actions: AlertActions;
}) {
  const t = useTranslations('alerts');
  const resolved = status === 'resolved';
  const chosen = alerts.filter((alert) => selection.has(alert.id)).length;
  return (
    <table className="w-full max-md:block md:table-fixed">
      <caption className="sr-only">{t('caption', { status })}</caption>
      <thead className="border-b border-line text-left text-xs whitespace-nowrap text-muted max-md:sr-only">
        <tr className="h-9">
          {selectable ? (
            <th scope="col" className="w-10">
              <label className="flex size-9 items-center justify-center">
                <input
                  type="checkbox"
                  className="choice"
                  aria-label={t('action.selectAll')}
                  checked={chosen > 0 && chosen === alerts.length}
                  ref={(box) => {
                    if (box) box.indeterminate = chosen > 0 && chosen < alerts.length;
                  }}
                  onChange={(event) => onSelectAll(event.target.checked)}
                />
              </label>
            </th>
          ) : null}
          <th scope="col" className="w-[16%] px-2 font-medium">
            {t('column.host')}
          </th>
          <th scope="col" className="px-2 font-medium">
            {t('column.reason')}
          </th>
          {resolved ? (
            <th scope="col" className="w-28 px-2 text-right font-medium max-lg:hidden">
              {t('column.closed')}
            </th>
          ) : null}
          <th scope="col" className="w-40 px-2 text-right font-medium">
            {resolved ? t('column.lasted') : t('column.duration')}
          </th>
          <th scope="col" className="w-64 px-2 font-medium">
            {t('column.handled')}
          </th>
        </tr>
      </thead>
      <tbody className="max-md:block">
        {alerts.map((alert) => (
          <AlertRow
            key={alert.id}
            alert={alert}
            resolved={resolved}
            recovered={hasRecovered(alert)}
            selectable={selectable}
            mayAct={mayAct}
            selected={selection.has(alert.id)}
            own={ownOf(alert.id)}
            actions={actions}
          />
        ))}
      </tbody>
    </table>
  );
}
