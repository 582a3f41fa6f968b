/** What the processes of the ingest benchmark say to each other. */

export type ReceiverKind = 'engine' | 'bare';

/** To a receiver: how far are you? */
export type ReceiverQuestion = { readonly ask: 'reading' };
export type Reading = {
  readonly port: number;
  /** Datagrams read since the start. */
  readonly read: number;
  /** Of these so many were not accepted; 0 for the bare counter, which looks at none. */
  readonly rejected: number;
  /** User and system time of the whole process since its start. */
  readonly cpuUs: number;
  readonly receiveBufferBytes: number;
};

/** To the sender: so many datagrams a second for so long. */
export type SendQuestion = { readonly port: number; readonly perSecond: number; readonly forMs: number };
export type SendAnswer = { readonly sent: number; readonly tookMs: number };

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

/** Both receivers ask the kernel for this much. */
export const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
export const BENCH_HOSTS = 10_000;
