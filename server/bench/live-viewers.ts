/** The process that plays all viewers of the live benchmarks. Started with the clock's origin. */
import { clockFrom } from '../clock.ts';
import { AskingViewer } from './asking-viewer.ts';
import { answerQuestions } from './bench-child.ts';
import {
  isViewersQuestion,
  type ViewerKind,
  type ViewersAnswer,
  type ViewersQuestion,
} from './live-messages.ts';
import { SseViewer } from './sse-viewer.ts';
import { Tally } from './tally.ts';
import type { LiveViewer, ViewerParts } from './viewer-progress.ts';
import { WebSocketViewer } from './web-socket-viewer.ts';

/** That arrive at the same moment. */
const ARRIVING = 64;
/** The longest wait the server takes: the fewest answers without news. */
const WAIT_S = 25;
/** The default of POLL_MS. */
const POLL_MS = 2_000;

const clock = clockFrom({ epochMinusMonotonicMs: Number(process.argv[2]) });
const tally = new Tally();
const viewers: LiveViewer[] = [];

function open(kind: ViewerKind, parts: ViewerParts): LiveViewer {
  switch (kind) {
    case 'socketio':
    case 'bare-ws':
      return new WebSocketViewer(parts, kind === 'bare-ws');
    case 'sse':
    case 'bare-sse':
      return new SseViewer(parts, kind === 'bare-sse');
    case 'long-polling':
      return new AskingViewer(parts, { waitS: WAIT_S, pauseMs: 0 });
    case 'polling':
      return new AskingViewer(parts, { waitS: 0, pauseMs: POLL_MS });
  }
}

function digest(): string | null {
  const digests = new Set(viewers.flatMap(({ progress }) => progress.view?.digest ?? []));
  return digests.size === 1 ? [...digests][0]! : null;
}

async function answer(question: ViewersQuestion): Promise<ViewersAnswer> {
  switch (question.ask) {
    case 'open':
      for (let i = 0; i < question.count; i += ARRIVING) {
        const arriving = Array.from({ length: Math.min(ARRIVING, question.count - i) }, (_, k) =>
          open(question.kind, { port: question.port, tally, clock, applies: i + k < question.applying }),
        );
        viewers.push(...arriving);
        await Promise.all(arriving.map(({ progress }) => progress.ready));
      }
      break;
    case 'begin':
      tally.begin();
      break;
    case 'stop-reading':
      for (const viewer of viewers) viewer.stopReading();
      break;
    case 'close':
      for (const viewer of viewers.splice(0)) viewer.end();
      break;
  }
  const counts = tally.end(question.ask === 'end' ? question.ticks : []);
  return { viewers: viewers.length, lost: tally.lost, ...counts, digest: digest() };
}

answerQuestions(isViewersQuestion, answer);
