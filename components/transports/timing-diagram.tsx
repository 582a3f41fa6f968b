'use client';

/** One transport's worst case as two lines of time with what travels between them. The text beside it says the same. */
import { useTranslations } from '@/components/i18n/language.ts';
import type { Transport } from '@/lib/client/ladder.ts';
import { laneColour } from './lane-looks.ts';
import { type Message, TIMINGS, TRANSIT } from './timing.ts';

const SERVER_Y = 14;
const BROWSER_Y = 62;
const LEFT = 54;
const WIDTH = 260;

/** From one line of time to the other, with a head. */
function Arrow({ message, transport }: { message: Message; transport: Transport }) {
  const up = message.kind === 'ask';
  const [fromY, toY] = up ? [BROWSER_Y, SERVER_Y] : [SERVER_Y, BROWSER_Y];
  const fromX = LEFT + message.at;
  const toX = fromX + TRANSIT;
  // Rounded, because server and browser differ in the last digit.
  const angle = Math.round((Math.atan2(toY - fromY, toX - fromX) * 180) / Math.PI);
  const colour = message.kind === 'news' ? laneColour(transport) : 'var(--color-muted)';
  return (
    <g stroke={colour} strokeWidth={message.kind === 'news' ? 2 : 1.25} fill="none">
      <line
        x1={fromX}
        y1={fromY}
        x2={toX}
        y2={toY}
        strokeDasharray={message.kind === 'empty' ? '3 3' : undefined}
      />
      <path d="M-6 -3.5 0 0-6 3.5" transform={`translate(${toX} ${toY}) rotate(${angle})`} />
    </g>
  );
}

export function TimingDiagram({ transport }: { transport: Transport }) {
  const t = useTranslations('transports.why');
  const { messages, changeAt, seenAt } = TIMINGS[transport];
  return (
    <svg viewBox={`0 0 ${WIDTH} 80`} aria-hidden className="block w-full max-w-sm">
      <g fill="var(--color-muted)" fontSize="11">
        <text x="0" y={SERVER_Y + 4}>
          {t('server')}
        </text>
        <text x="0" y={BROWSER_Y + 4}>
          {t('browser')}
        </text>
      </g>
      <g stroke="var(--color-control)">
        <line x1={LEFT} x2={WIDTH - 4} y1={SERVER_Y} y2={SERVER_Y} />
        <line x1={LEFT} x2={WIDTH - 4} y1={BROWSER_Y} y2={BROWSER_Y} />
      </g>
      {transport === 'socketio' || transport === 'sse' ? (
        // Open all the time.
        <rect
          x={LEFT + (transport === 'sse' ? 4 + TRANSIT : 0)}
          y={SERVER_Y}
          width={WIDTH - 4 - LEFT - (transport === 'sse' ? 4 + TRANSIT : 0)}
          height={BROWSER_Y - SERVER_Y}
          fill={laneColour(transport)}
          opacity="0.08"
        />
      ) : null}
      {messages.map((message) => (
        <Arrow key={message.at} message={message} transport={transport} />
      ))}
      <path
        d={`M${LEFT + changeAt} ${SERVER_Y - 10}v20M${LEFT + changeAt - 5} ${SERVER_Y - 5}l10 10m0 -10l-10 10`}
        stroke="var(--color-text)"
        strokeWidth="1.5"
      />
      <line
        x1={LEFT + changeAt}
        x2={LEFT + seenAt}
        y1={BROWSER_Y + 9}
        y2={BROWSER_Y + 9}
        stroke={laneColour(transport)}
        strokeWidth="5"
      />
    </svg>
  );
}
