/** What the processes of the ingest benchmark say to each other. */

/** Ours; a recvmmsg loop that discards, which is the limit; node:dgram with a counter, what one would begin with. */
export type PlainReceiver = 'engine' | 'discard' | 'bare';
/** Ours with keys set; a recvmmsg loop that checks every tag and does nothing else, which is the limit of these. */
export type SignedReceiver = 'signed' | 'verify';
/** `pieces`: as `discard` with UDP_GRO, the limit where datagrams come as one piece. */
export type ReceiverKind = PlainReceiver | SignedReceiver | 'pieces';

export const isSignedReceiver = (kind: ReceiverKind): kind is SignedReceiver =>
  kind === 'signed' || kind === 'verify';

/** To a receiver: how far are you? */
export type ReceiverQuestion = { readonly ask: 'reading' };
export type Reading = {
  readonly port: number;
  /** Read since the start: beats by the engine, datagrams by the controls, which look into none. */
  readonly read: number;
  /** Of these so many were not accepted; 0 for the controls, but for wrong tags. */
  readonly rejected: number;
  /** User and system time of the whole process since its start. */
  readonly cpuUs: number;
  readonly receiveBufferBytes: number;
};

/** One beat a datagram; the same, 64 of them handed to the kernel as one (UDP_SEGMENT); 46 beats a datagram, as relays do. */
export type SendShape = 'direct' | 'segment' | 'bundle';

/** To the sender: so many beats a second for so long. */
export type SendQuestion = {
  readonly port: number;
  readonly perSecond: number;
  readonly forMs: number;
  /** `direct` unless given. */
  readonly shape?: SendShape;
  /** With tags of BENCH_KEY, made before the first beat leaves. */
  readonly signed?: boolean;
};
export type SendAnswer = {
  /** Beats the kernel took; fewer than asked for when the sender could not keep the pace. */
  readonly sent: number;
  readonly datagrams: number;
  /** Beats the kernel did not take. */
  readonly refused: number;
  readonly tookMs: number;
  /** How long after its time a beat left. */
  readonly lateMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Of the sending process, the kernel's delivery over loopback in it. */
  readonly cpuUs: number;
};

const isRecord = (message: unknown): message is Readonly<Record<string, unknown>> =>
  typeof message === 'object' && message !== null;

export const isReceiverQuestion = (message: unknown): message is ReceiverQuestion =>
  isRecord(message) && message.ask === 'reading';
export const isReading = (message: unknown): message is Reading =>
  isRecord(message) && typeof message.read === 'number';
export const isSendQuestion = (message: unknown): message is SendQuestion =>
  isRecord(message) && typeof message.perSecond === 'number';
export const isSendAnswer = (message: unknown): message is SendAnswer =>
  isRecord(message) && typeof message.sent === 'number';

/** What the controls ask the kernel for, which doubles it: as the engine does, and as far as node:dgram can. */
export const DISCARD_BUFFER_BYTES = 64 * 1024 * 1024;
export const BARE_BUFFER_BYTES = 4 * 1024 * 1024;
export const BENCH_HOSTS = 1_000_000;
/** How the hosts are called, for the sender and for whoever has to know them beforehand. */
export const BENCH_PREFIX = 'bench-';
/** So slow a beat that nothing falls silent while another receiver has its turn. */
export const BENCH_INTERVAL_MS = 600_000;
/** The master key of signed beats. */
export const BENCH_KEY = { id: 7, master: new Uint8Array(32).fill(0x5b) } as const;
