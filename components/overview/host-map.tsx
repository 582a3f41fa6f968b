'use client';

/**
 * The map of every host: a canvas that changed cells are drawn on outside React, and around it what people and
 * assistive technology need: keys, a readout that names the host, scale, legend, and the same hosts as a table.
 */
import { useRouter } from 'next/navigation';
import {
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  useCallback,
  useEffect,
  useRef,
  useState,
} from 'react';
import { useTranslations } from '@/components/i18n/language.ts';
import { IconButton, TextLink } from '@/components/ui/button.tsx';
import { ChevronLeft, ChevronRight } from '@/components/ui/icons.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { SegmentedControl } from '@/components/ui/segmented-control.tsx';
import { themeInUse, watchTheme } from '@/components/ui/theme-in-use.ts';
import { useCounts, useLive, useLiveHandle } from '@/lib/client/use-live.ts';
import { unhandledOf } from '@/lib/protocol/host-counts.ts';
import { nextProblem, worstSlot } from './map-appearance.ts';
import { MapCanvas, type MapFrame, type MapScale } from './map-canvas.ts';
import {
  cellAfterKey,
  cellAt,
  cellOfSlot,
  cornerOf,
  READABLE_CELL_CSS_PX,
  slotsOfCell,
} from './map-layout.ts';
import { MapLegend } from './map-legend.tsx';
import { type MapCursor, MapReadout } from './map-readout.tsx';
import { hostPath } from './paths.ts';

/** Cells smaller than this get a frame of this size around the cursor's cell, CSS pixels. */
const MIN_CURSOR_CSS_PX = 11;

/** The frame around a cell, in CSS pixels on the whole map. */
function cursorBoxOf(frame: MapFrame, cell: number): CSSProperties {
  const corner = cornerOf(frame.layout, cell);
  const gap = frame.layout.gapPx / frame.devicePixelRatio;
  const shownWidth = frame.cellCssPx - gap;
  const shownHeight = frame.cellHeightCssPx - gap;
  const width = Math.max(MIN_CURSOR_CSS_PX, shownWidth + 4);
  const height = Math.max(MIN_CURSOR_CSS_PX, shownHeight + 4);
  const left = corner.x / frame.devicePixelRatio - (width - shownWidth) / 2;
  const top = corner.y / frame.devicePixelRatio - (height - shownHeight) / 2;
  return { width, height, transform: `translate(${left}px, ${top}px)` };
}

export function HostMap() {
  const t = useTranslations('overview.map');
  const live = useLiveHandle();
  const router = useRouter();
  const counts = useCounts();
  const total = counts?.total ?? 0;
  const problems = useLive((state) =>
    state.counts === null ? 0 : state.counts.late + unhandledOf(state.counts),
  );

  const windowRef = useRef<HTMLDivElement>(null);
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const map = useRef<MapCanvas | null>(null);
  const [frame, setFrame] = useState<MapFrame | null>(null);
  const [scale, setScale] = useState<MapScale>('fit');
  const [cursor, setCursor] = useState<MapCursor | null>(null);

  useEffect(() => {
    const canvas = canvasRef.current;
    const mapWindow = windowRef.current;
    if (canvas === null || mapWindow === null) return;
    const drawn = new MapCanvas({ canvas, onLayout: setFrame });
    map.current = drawn;
    drawn.setTheme(themeInUse());
    drawn.update(null, live.store.getState().states);
    const unsubscribe = live.subscribeChanges((slots, states) => drawn.update(slots, states));
    const unwatch = watchTheme(() => drawn.setTheme(themeInUse()));
    const observer = new ResizeObserver(() => {
      const ratio = window.devicePixelRatio;
      // clientWidth leaves the scroll bar out, so turning it on lays out anew.
      drawn.resize(
        Math.floor(mapWindow.clientWidth * ratio),
        Math.floor(mapWindow.clientHeight * ratio),
        ratio,
      );
    });
    observer.observe(mapWindow);
    return () => {
      observer.disconnect();
      unwatch();
      unsubscribe();
      drawn.destroy();
      map.current = null;
    };
  }, [live]);

  useEffect(() => map.current?.setScale(scale), [scale]);

  const layout = frame?.layout ?? null;

  const slotIn = useCallback(
    (cell: number): number => {
      if (layout === null) return -1;
      const { first, end } = slotsOfCell(layout, cell);
      const worst = worstSlot(live.store.getState().states, first, end);
      return worst === -1 ? first : worst;
    },
    [layout, live],
  );

  /** Scrolls the cell into the window where the map is taller than it. */
  const reveal = useCallback(
    (cell: number): void => {
      const mapWindow = windowRef.current;
      if (frame === null || mapWindow === null) return;
      const top = cornerOf(frame.layout, cell).y / frame.devicePixelRatio;
      const bottom = top + frame.cellHeightCssPx;
      if (top < mapWindow.scrollTop) mapWindow.scrollTop = top;
      else if (bottom > mapWindow.scrollTop + mapWindow.clientHeight) {
        mapWindow.scrollTop = bottom - mapWindow.clientHeight;
      }
    },
    [frame],
  );

  const moveTo = useCallback(
    (cell: number, slot: number): void => {
      setCursor({ cell, slot, by: 'keys' });
      reveal(cell);
    },
    [reveal],
  );

  // A new layout or a host that changed place: the cursor stays with its host, not with its cell.
  useEffect(() => {
    if (layout === null) return;
    setCursor((before) => {
      if (before === null || before.slot >= layout.slotCount) return null;
      const cell = cellOfSlot(layout, before.slot);
      return cell === before.cell ? before : { ...before, cell };
    });
  }, [layout]);

  const open = useCallback(
    async (slot: number): Promise<void> => {
      const known = live.descriptions.get(slot);
      const host = known ?? (await live.api.hostsBySlot([slot]).catch(() => null))?.hosts[0];
      if (host !== undefined) router.push(hostPath(host.name));
    },
    [live, router],
  );

  const goToProblem = useCallback(
    (step: 1 | -1): void => {
      if (layout === null) return;
      const slot = nextProblem(live.store.getState().states, cursor?.slot ?? -1, step);
      if (slot !== -1) moveTo(cellOfSlot(layout, slot), slot);
    },
    [layout, live, cursor, moveTo],
  );

  const onKeyDown = (event: KeyboardEvent): void => {
    if (layout === null || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Enter' && cursor !== null) void open(cursor.slot);
    else if (event.key === 'Escape') setCursor(null);
    else if (event.key === 'PageDown') goToProblem(1);
    else if (event.key === 'PageUp') goToProblem(-1);
    else {
      const from = cursor?.cell ?? null;
      const cell = from === null ? cellAfterKey(layout, 0, event.key === 'End' ? 'End' : 'Home') : null;
      const next = cellAfterKey(layout, from ?? 0, event.key);
      if (next === null) return;
      const target = from === null ? cell! : next;
      moveTo(target, slotIn(target));
    }
    event.preventDefault();
  };

  const cellUnder = (event: PointerEvent): number | null => {
    const mapWindow = windowRef.current;
    if (frame === null || mapWindow === null) return null;
    const box = mapWindow.getBoundingClientRect();
    const x = (event.clientX - box.left) * frame.devicePixelRatio;
    const y = (event.clientY - box.top + mapWindow.scrollTop) * frame.devicePixelRatio;
    return cellAt(frame.layout, x, y);
  };

  const onPointerMove = (event: PointerEvent): void => {
    if (event.pointerType === 'touch') return;
    const cell = cellUnder(event);
    if (cell === cursor?.cell) return;
    setCursor(cell === null ? null : { cell, slot: slotIn(cell), by: 'pointer' });
  };

  const onPointerUp = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const cell = cellUnder(event);
    if (cell === null) return;
    const slot = slotIn(cell);
    // A finger covers many cells: the first touch names the host, the link in the readout opens it.
    if (event.pointerType === 'touch') setCursor({ cell, slot, by: 'keys' });
    else void open(slot);
  };

  const cursorBox = cursor === null || frame === null ? null : cursorBoxOf(frame, cursor.cell);
  const zoomable = frame !== null && (scale === 'readable' || frame.cellCssPx < READABLE_CELL_CSS_PX);

  return (
    <Panel
      title={t('title')}
      hint={
        layout !== null && layout.slotsPerCell > 1 ? t('shared', { count: layout.slotsPerCell }) : undefined
      }
      actions={
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
          {zoomable ? (
            <SegmentedControl
              legend={t('scale')}
              value={scale}
              onChange={setScale}
              choices={[
                { value: 'fit', label: t('fit') },
                { value: 'readable', label: t('readable') },
              ]}
            />
          ) : null}
          <TextLink href="/hosts" className="inline-flex min-h-6 items-center text-sm">
            {t('table')}
          </TextLink>
        </div>
      }
      className="flex flex-col"
      bodyClassName="flex min-h-0 flex-1 flex-col gap-2 p-4"
    >
      <div className="relative min-h-[clamp(15rem,44dvh,36rem)] flex-1 lg:min-h-[clamp(15rem,calc(100dvh-48rem),36rem)]">
        <div
          ref={windowRef}
          role="application"
          aria-label={t('label', { count: total })}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: role application takes the keyboard.
          tabIndex={0}
          data-testid="host-map"
          onKeyDown={onKeyDown}
          onPointerMove={onPointerMove}
          onPointerLeave={() => setCursor((before) => (before?.by === 'pointer' ? null : before))}
          onPointerUp={onPointerUp}
          onScroll={(event) => map.current?.scrollTo(event.currentTarget.scrollTop)}
          className={`absolute inset-0 cursor-pointer ${
            scale === 'fit' ? 'overflow-hidden' : 'overflow-x-hidden overflow-y-auto'
          }`}
        >
          <div className="sticky top-0 h-0">
            <canvas ref={canvasRef} aria-hidden data-heard data-motion className="block max-w-none" />
          </div>
          {scale === 'readable' && frame !== null ? <div style={{ height: frame.heightCssPx }} /> : null}
          {cursorBox === null ? null : (
            <div
              aria-hidden
              style={cursorBox}
              className="pointer-events-none absolute top-0 left-0 rounded-sm border-2 border-text outline-2 outline-surface"
            />
          )}
        </div>
      </div>
      <div className="flex min-h-8 items-center gap-2">
        <MapReadout cursor={cursor} slotsPerCell={layout?.slotsPerCell ?? 1} />
        <div className="ml-auto flex shrink-0">
          <IconButton label={t('previousProblem')} disabled={problems === 0} onClick={() => goToProblem(-1)}>
            <ChevronLeft size={16} aria-hidden />
          </IconButton>
          <IconButton label={t('nextProblem')} disabled={problems === 0} onClick={() => goToProblem(1)}>
            <ChevronRight size={16} aria-hidden />
          </IconButton>
        </div>
      </div>
      <MapLegend />
    </Panel>
  );
}
