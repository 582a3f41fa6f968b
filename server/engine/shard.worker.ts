/**
 * A shard's thread: drives the runner. Sockets read through libc: by a loop of our own that blocks in the kernel for
 * a tick at most, and in which no event of Node's ever runs. node:dgram: by Node's event loop. Messages and
 * workerData: shard-messages.ts.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { clockFrom } from '../clock.ts';
import { suspendedMs } from '../libc/kernel-clock.ts';
import { whyNoLibc } from '../libc/libc.ts';
import { openDgramReceiver } from './receiver/dgram.ts';
import type { BlockingReceiver, Receiver } from './receiver/receiver.ts';
import { openRecvmmsgReceiver } from './receiver/recvmmsg.ts';
import { CONTROL, type FromShard, isMarked, MARK, type ShardSetup, type ToShard } from './shard-messages.ts';
import { ShardRunner } from './shard-runner.ts';

/** What main asks for does not end a wait in the kernel: this is the longest one, ms. */
const MAIL_WITHIN_MS = 3;

/** Messages of main taken between two turns of reading, so that a mass removal makes nobody unheard. */
const MAIL_A_TURN = 4_096;

const setup = workerData as ShardSetup;
const main = parentPort!;
const { wishes, sockets, tickMs } = setup;
const control = new Int32Array(setup.control);
const clock = clockFrom(setup.clockOrigin);

function post(message: FromShard, transfer: ArrayBuffer[] = []): void {
  main.postMessage(message, transfer);
}

/** Errors keep the fields Node gave them. */
function failed(error: NodeJS.ErrnoException & { address?: string; port?: number }): void {
  const { message, code, syscall, address, port } = error;
  post({ mark: MARK, type: 'failed', failure: { message, code, syscall, address, port } });
  wishes.close();
}

const runner = new ShardRunner(setup, {
  clock,
  wallMs: Date.now,
  suspendedMs: whyNoLibc() === null ? suspendedMs : () => 0,
  post,
  onBusy: () => onBusy(),
});

/** The loop of our own asks; Node's is told. */
let onBusy = (): void => {};

const isStopped = (): boolean => Atomics.load(control, CONTROL.stop) !== 0;

function end(receiver: Receiver): Promise<void> {
  return receiver.close().then(() => {
    runner.finish();
    wishes.close();
    main.close();
  });
}

/** Up to here main's messages have been taken. */
let mail = 0;

/** A bounded portion of what main posted. */
function takeMail(): void {
  const sent = Atomics.load(control, CONTROL.mail);
  if (sent === mail) return;
  for (let taken = 0; taken < MAIL_A_TURN; taken++) {
    const got: { readonly message: unknown } | undefined = receiveMessageOnPort(wishes);
    if (got === undefined) {
      mail = sent;
      return;
    }
    const { message } = got;
    if (isMarked<ToShard>(message) && message.type === 'wish') runner.obey(message.wish);
  }
}

/** Until main says stop: at the end of a reading, a tick later at most. */
function runBlocking(receiver: BlockingReceiver): void {
  runner.run(receiver);
  let tickAtMs = clock() + tickMs;
  while (!isStopped()) {
    receiver.read(runner.isBusy ? 0 : Math.min(MAIL_WITHIN_MS, Math.max(0, tickAtMs - clock())));
    runner.takeFromRings();
    takeMail();
    if (runner.isBusy) runner.work();
    const nowMs = clock();
    if (nowMs < tickAtMs) continue;
    runner.tick();
    tickAtMs = Math.max(tickAtMs + tickMs, nowMs);
  }
}

function runEvents(receiver: Receiver): void {
  let working: NodeJS.Immediate | undefined;
  const work = (): void => {
    working = undefined;
    runner.work();
    if (runner.isBusy && ending === undefined) onBusy();
  };
  onBusy = () => {
    working ??= setImmediate(work);
  };
  const timer = setInterval(() => runner.tick(), tickMs);
  let ending: Promise<void> | undefined;
  wishes.on('message', (message: unknown) => {
    if (!isMarked<ToShard>(message) || ending !== undefined) return;
    if (message.type === 'stop') {
      clearInterval(timer);
      clearImmediate(working);
      ending = end(receiver);
      return;
    }
    runner.obey(message.wish);
  });
  runner.run(receiver);
}

if (sockets.receiver === 'recvmmsg') {
  let receiver: BlockingReceiver | undefined;
  try {
    receiver = openRecvmmsgReceiver(sockets.fds, runner.sources, clock, {
      ...runner.handlers,
      onBatch: () => {
        // Whoever was removed and beats anew is heard anew: what main said before they came goes first.
        takeMail();
        runner.handlers.onBatch();
      },
    });
  } catch (error) {
    failed(error as NodeJS.ErrnoException);
  }
  if (receiver !== undefined) {
    runBlocking(receiver);
    void end(receiver);
  }
} else {
  openDgramReceiver(sockets.addresses, runner.sources, runner.handlers, sockets.shared).then(
    runEvents,
    failed,
  );
}
