/** The last 64 expected beats drawn by hand: one small SVG of three paths. Its name says the numbers. */
import { memo } from 'react';
import { SPARK_BEATS, type SparkBeats, sparkPaths } from './spark.ts';

export const BeatSpark = memo(function BeatSpark({
  beats,
  label,
  pitch = 2,
  height = 16,
  className,
}: {
  beats: SparkBeats;
  label: string;
  /** Width of one beat, px in the drawing. */
  pitch?: number;
  height?: number;
  className?: string;
}) {
  const paths = sparkPaths(beats, pitch, height);
  const width = SPARK_BEATS * pitch;
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      preserveAspectRatio="none"
      // Thin bars need whole pixels; wide ones keep their gaps at any width.
      shapeRendering={pitch > 2 ? 'auto' : 'crispEdges'}
      className={className}
    >
      <path d={paths.arrived} fill="var(--color-up)" />
      <path d={paths.lost} fill="var(--color-down)" />
      <path d={paths.owed} fill="var(--color-muted)" />
    </svg>
  );
});
