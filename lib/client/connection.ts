/**
 * The life of the link as a pure state machine: (connection, event, now, random) → (connection, commands). The
 * table below names what every event does in every phase; the compiler refuses a table with a hole. Knows no
 * transport by name, no timer, no socket.
 */
import { noticeSleep, tickConnected, tickWaiting } from './connection-deadlines.ts';
import { climbSoon, forgetSteps, type Moves } from './connection-fallback.ts';
import {
  changeMode,
  close,
  connectedPhase,
  deliver,
  failCandidate,
  failCurrent,
  launch,
  leaveSignedOut,
  NOTHING_WAITS,
  resumeFrom,
  takeAnswer,
} from './connection-moves.ts';
import { demandResync, probe } from './connection-resync.ts';
import type { Command, Connection, ConnectionEvent, Phase } from './connection-state.ts';

export { nextDeadlineMs } from './connection-deadlines.ts';

type Handler<E> = (moves: Moves, event: E) => void;
type Row = { readonly [T in ConnectionEvent['type']]: Handler<Extract<ConnectionEvent, { type: T }>> };

const nothing = (): void => {};
const start: Row['start'] = (moves) => {
  moves.next.rung = 0;
  resumeFrom(moves);
};
const stop: Row['stop'] = (moves) => {
  close(moves, 'both');
  Object.assign(moves.next, { phase: 'stopped', ...NOTHING_WAITS });
};
const pause: Row['pause'] = (moves) => {
  close(moves, 'both');
  Object.assign(moves.next, { phase: 'paused', ...NOTHING_WAITS });
};
const resume: Row['resume'] = (moves) => resumeFrom(moves);
const rememberMode: Row['mode'] = (moves, { mode }) => {
  Object.assign(moves.next, { mode, rung: 0 });
  forgetSteps(moves);
};
const mode: Row['mode'] = (moves, event) => changeMode(moves, event.mode);
const opened: Row['opened'] = ({ next }, { id }) => {
  if (next.phase === 'reconnecting' && next.current?.id === id) next.phase = connectedPhase(next);
};
const frame: Row['frame'] = (moves, event) => deliver(moves, event.id, event.proof);
const demand: Row['demand'] = (moves, event) => demandResync(moves, event.id, event.why);
const wake: Row['wake'] = (moves, { slept = false }) => probe(moves, slept);
const closed: Row['closed'] = (moves, { id, reason }) => {
  const { next } = moves;
  const isCandidate = next.candidate?.id === id;
  if (!isCandidate && next.current?.id !== id) return;
  if (reason.kind === 'signed-out') {
    // Closed already; the other one has the same answer before it.
    next[isCandidate ? 'candidate' : 'current'] = null;
    leaveSignedOut(moves);
  } else if (isCandidate) failCandidate(moves, reason);
  else failCurrent(moves, reason);
};
const answered: Row['answered'] = (moves, { id, yes }) => {
  if (id === moves.next.askId) takeAnswer(moves, yes);
};
const restarted: Row['restarted'] = (moves) => climbSoon(moves);
const signedOut: Row['signed-out'] = (moves) => leaveSignedOut(moves);
const signedIn: Row['signed-in'] = (moves) => resumeFrom(moves);

/** Where no connection is wanted: what still arrives from one comes too late. */
const OFF = {
  opened: nothing,
  frame: nothing,
  demand: nothing,
  closed: nothing,
  wake: nothing,
  tick: nothing,
  answered: nothing,
  restarted: nothing,
  'signed-out': nothing,
  'signed-in': nothing,
};
/** Where one is wanted. */
const ON = {
  start: nothing,
  stop,
  pause,
  resume: nothing,
  mode,
  opened,
  frame,
  demand,
  closed,
  answered,
  restarted,
  'signed-out': signedOut,
  'signed-in': nothing,
};

const TABLE: { readonly [P in Phase]: Row } = {
  // Its first look may be what is told that nobody is signed in.
  idle: { ...OFF, start, stop, pause: nothing, resume: nothing, mode: rememberMode, 'signed-out': signedOut },
  connecting: { ...ON, wake: nothing, tick: tickConnected },
  'catching-up': { ...ON, wake, tick: tickConnected },
  live: { ...ON, wake, tick: tickConnected },
  reconnecting: { ...ON, wake: launchAtOnce, tick: tickWaiting },
  'signed-out': {
    ...OFF,
    start: nothing,
    stop,
    pause,
    resume: nothing,
    mode: rememberMode,
    'signed-in': signedIn,
  },
  // What is paused finds out when it is resumed.
  paused: { ...OFF, start: nothing, stop, pause: nothing, resume, mode: rememberMode },
  stopped: { ...OFF, start, stop: nothing, pause: nothing, resume: nothing, mode: rememberMode },
};

function launchAtOnce(moves: Moves): void {
  if (moves.next.current !== null) return;
  moves.next.failures = 0;
  launch(moves);
}

/** @param random 0 ≤ random() < 1, for jitter. */
export function step(
  connection: Connection,
  event: ConnectionEvent,
  nowMs: number,
  random: () => number,
): { connection: Connection; commands: Command[] } {
  const moves: Moves = { next: { ...connection }, commands: [], nowMs, random };
  noticeSleep(moves, event.type === 'wake' && event.slept === true);
  const handler = TABLE[connection.phase][event.type] as Handler<ConnectionEvent>;
  handler(moves, event);
  return { connection: moves.next, commands: moves.commands };
}
