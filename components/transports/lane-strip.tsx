'use client';

/** The hosts of one lane as it sees them, drawn as they change: push and polling, side by side, to the eye. */
import { useEffect, useRef, useState } from 'react';
import { useTranslations } from '@/components/i18n/language.ts';
import { classNames } from '@/components/ui/class-names.ts';
import { themeInUse, watchTheme } from '@/components/ui/theme-in-use.ts';
import type { Comparison } from '@/lib/client/comparison/comparison-state.ts';
import type { Transport } from '@/lib/client/ladder.ts';
import { MAX_STRIP_HOSTS, StripCanvas } from './strip-canvas.ts';

const HEIGHT_PX = 88;

export function LaneStrip({
  comparison,
  transport,
  name,
  still,
}: {
  comparison: Comparison | null;
  transport: Transport;
  name: string;
  /** What is drawn is no longer renewed. */
  still: boolean;
}) {
  const t = useTranslations('transports.lane');
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hosts, setHosts] = useState(0);

  useEffect(() => {
    const element = canvas.current;
    if (element === null || comparison === null) return;
    const strip = new StripCanvas(element);
    const measure = () => strip.resize(element.clientWidth, element.clientHeight, window.devicePixelRatio);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    const dress = () => strip.setTheme(themeInUse());
    dress();
    const unwatch = watchTheme(dress);
    const unsubscribe = comparison.subscribeLane(transport, (slots, states) => {
      strip.update(slots, states);
      setHosts(states.length);
    });
    return () => {
      unsubscribe();
      unwatch();
      observer.disconnect();
      strip.destroy();
    };
  }, [comparison, transport]);

  return (
    <div className="relative">
      <canvas
        ref={canvas}
        role="img"
        aria-label={
          hosts === 0 ? t('mapEmpty', { transport: name }) : t('map', { transport: name, count: hosts })
        }
        style={{ height: HEIGHT_PX }}
        className={classNames('block w-full', still && 'opacity-60', hosts === 0 && 'rounded-sm bg-raised')}
      />
      {hosts > MAX_STRIP_HOSTS ? (
        <p className="mt-1 text-xs text-muted">{t('firstOf', { shown: MAX_STRIP_HOSTS, count: hosts })}</p>
      ) : null}
    </div>
  );
}
