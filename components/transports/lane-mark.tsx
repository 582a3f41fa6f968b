/** The line a lane has in the chart, as a mark beside its name. */
import type { Transport } from '@/lib/client/ladder.ts';
import { LANE_DASHES, laneColour } from './lane-looks.ts';

export function LaneMark({ transport, className }: { transport: Transport; className?: string }) {
  return (
    <svg width="26" height="10" viewBox="0 0 26 10" aria-hidden className={className}>
      <line
        x1="0"
        x2="26"
        y1="5"
        y2="5"
        stroke={laneColour(transport)}
        strokeWidth="3"
        strokeDasharray={LANE_DASHES[transport]}
      />
    </svg>
  );
}
