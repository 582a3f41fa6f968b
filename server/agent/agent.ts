/**
 * `pulsewatch agent`: one host's heartbeats until a signal ends it. The effects around BeatSchedule and BeatSource:
 * clock, timer, socket, state file. Costs one short timer and one datagram, or one frame over TCP, an interval.
 */
import type { Labels } from '../../lib/protocol/host.ts';
import { hostIdBytes } from '../host-id.ts';
import { BeatSchedule } from './beat-schedule.ts';
import { BeatSource, nextIncarnation } from './beat-source.ts';
import type { HostSecret } from './host-secret.ts';
import { readIncarnation, writeIncarnation } from './incarnation-file.ts';
import { formatServerAddress, type ServerAddress } from './option-values.ts';
import { stopSignal } from './stop-signal.ts';
import { TcpLink } from './tcp-link.ts';
import { type Resolve, UdpLink } from './udp-link.ts';

export type AgentOptions = {
  readonly server: ServerAddress;
  readonly name: string;
  readonly intervalMs: number;
  readonly labels: Labels;
  readonly stateFile: string;
  /** null: heartbeats carry no tag. */
  readonly secret: HostSecret | null;
  /** Over TCP instead of UDP. */
  readonly tcp: boolean;
};

/** Where a command writes its lines: results and progress, or what the operator should know. */
export type Console = { readonly print: (line: string) => void; readonly warn: (line: string) => void };

const BYE_WITHIN_MS = 500;
/** Node's timers hold at most 2^31 − 1 ms; waking once an hour is no cost. */
const MAX_SLEEP_MS = 3_600_000;

/** Sends heartbeats until SIGTERM, SIGINT or SIGHUP, then a bye. Resolves with the exit code. */
export async function runAgent(options: AgentOptions, console: Console, resolve?: Resolve): Promise<number> {
  const stopped = stopSignal();
  const incarnation = nextIncarnation(Date.now(), readIncarnation(options.stateFile));
  const unkept = writeIncarnation(options.stateFile, incarnation);
  console.print(
    `pulsewatch agent: ${options.name} sends a heartbeat every ${options.intervalMs} ms to ${formatServerAddress(options.server)}${options.tcp ? ' over TCP' : ''}`,
  );
  if (unkept !== null) {
    console.warn(
      `pulsewatch agent: cannot keep the incarnation in ${options.stateFile} (${unkept}); going on without`,
    );
  }

  const source = new BeatSource({ ...options, hostId: hostIdBytes(options.name) }, incarnation);
  let schedule: BeatSchedule | null = null;
  const linkOptions = {
    server: options.server,
    quietMs: 2.5 * options.intervalMs,
    say: (line: string) => console.warn(`pulsewatch agent: ${line}`),
    onError: () => schedule?.helloNext(),
    resolve,
  };
  const link = options.tcp ? new TcpLink(linkOptions) : new UdpLink({ ...linkOptions, sockets: 1 });
  // A name service may take many seconds to fail; a signal must not wait for it.
  await Promise.race([link.start(), stopped]);

  const beats = new BeatSchedule({
    startMs: performance.now(),
    intervalMs: options.intervalMs,
    random: Math.random,
  });
  schedule = beats;
  let timer: NodeJS.Timeout;
  let sentLast: 'hello' | 'beat' = 'beat';
  const sendAndSleep = (): void => {
    const nowMs = performance.now();
    const due = beats.take(nowMs);
    if (due !== null) {
      // Without an address nothing leaves, so no seq is spent: the server would count it as lost.
      if (link.ready) {
        // What takes the place of a hello that has not left is a hello too.
        const helloWaits = sentLast === 'hello' && link instanceof TcpLink && link.isHolding;
        sentLast = helloWaits ? 'hello' : due.kind;
        link.send(source.next(sentLast, nowMs, due.lateMs));
      } else link.retry();
      if (!link.ready) beats.helloNext();
    }
    timer = setTimeout(sendAndSleep, Math.min(MAX_SLEEP_MS, Math.max(1, beats.dueMs - performance.now())));
  };
  sendAndSleep();

  await stopped;
  clearTimeout(timer!);
  await link.sendLast(source.next('bye', performance.now(), 0), BYE_WITHIN_MS);
  return 0;
}
