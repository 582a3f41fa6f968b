/** The sending process of the ingest benchmark: beats of 10,000 hosts, seq going up, spread over each millisecond. */
import { createSocket, type Socket } from 'node:dgram';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { encodeHeader, HEADER_BYTES, MessageType, OFFSET } from '../../lib/protocol/heartbeat.ts';
import { hostIdBytes } from '../host-id.ts';
import { answerQuestions } from './bench-child.ts';
import { BENCH_HOSTS, isSendQuestion, type SendAnswer, type SendQuestion } from './ingest-messages.ts';

/** Sent between two looks at the clock; few enough that the receiver's buffer never sees a burst. */
const SLICE = 32;
/** So slow a beat that nothing falls silent while the other receiver has its turn. */
const INTERVAL_MS = 600_000;

const bytes = new Uint8Array(BENCH_HOSTS * HEADER_BYTES);
const view = new DataView(bytes.buffer);
const datagrams = Array.from({ length: BENCH_HOSTS }, (_, host) => {
  encodeHeader(view, host * HEADER_BYTES, {
    type: MessageType.beat,
    hostId: hostIdBytes(`bench-${host}`),
    incarnation: Date.now(),
    seq: 1,
    clockMs: 0,
    intervalMs: INTERVAL_MS,
    lateMs: 0,
  });
  return bytes.subarray(host * HEADER_BYTES, (host + 1) * HEADER_BYTES);
});

let host = 0;
let seq = 1;
function sendOne(socket: Socket): void {
  if (host === BENCH_HOSTS) {
    host = 0;
    seq++;
  }
  view.setUint32(host * HEADER_BYTES + OFFSET.seq, seq, true);
  socket.send(datagrams[host]!);
  host++;
}

async function send({ port, perSecond, forMs }: SendQuestion): Promise<SendAnswer> {
  const socket = createSocket({ type: 'udp4', sendBufferSize: 1 << 20 });
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
  const beganMs = performance.now();
  const total = Math.round((perSecond * forMs) / 1_000);
  let sent = 0;
  for (;;) {
    const elapsedMs = performance.now() - beganMs;
    // What cannot be reached is not made up for afterwards: the answer says how many left.
    if (elapsedMs >= forMs || sent >= total) break;
    const due = Math.min(total, Math.floor((perSecond * elapsedMs) / 1_000));
    const until = Math.min(due, sent + SLICE);
    for (; sent < until; sent++) sendOne(socket);
    await nextTurn();
  }
  const tookMs = performance.now() - beganMs;
  await new Promise<void>((resolve) => socket.close(resolve));
  return { sent, tookMs };
}

answerQuestions(isSendQuestion, send);
