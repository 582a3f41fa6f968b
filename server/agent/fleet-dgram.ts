/** A fleet's batches by node:dgram, datagram by datagram, for systems without `sendmmsg`. Effects: sockets. */
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { FleetBatch } from './fleet-batch.ts';
import {
  type CarrierCounts,
  type CarrierOptions,
  type CarrierSockets,
  type FleetCarrier,
  type OnNetworkError,
  SEND_BUFFER_BYTES,
} from './fleet-carrier.ts';

/** Datagrams the kernel has not taken yet; beyond it new ones are refused, so that memory stays bounded. */
const MAX_QUEUED = 10_000;

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.message);

export class DgramCarrier implements FleetCarrier {
  readonly batch: FleetBatch;
  readonly counts: CarrierCounts = { sent: 0, datagrams: 0, refused: 0 };
  readonly #options: CarrierOptions;

  constructor(options: CarrierOptions) {
    this.#options = options;
    this.batch = new FleetBatch(options.shape);
  }

  async open(address: string, port: number, onError: OnNetworkError): Promise<CarrierSockets> {
    const opened = await Promise.allSettled(
      Array.from({ length: this.#options.sockets }, () => connected(address, port, onError)),
    );
    const sockets = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const close = (): void => {
      for (const socket of sockets) {
        // An ICMP answer may still arrive between here and the close.
        socket.removeAllListeners('error').on('error', () => {});
        socket.close();
      }
    };
    const failure = opened.find((each) => each.status === 'rejected');
    if (failure !== undefined) {
      close();
      throw failure.reason;
    }
    return { close, send: (part) => this.#send(sockets[part % sockets.length]!, onError) };
  }

  #send(socket: Socket, onError: OnNetworkError): void {
    const { batch } = this;
    const { beatBytes, beatsPerDatagram } = batch.shape;
    for (let i = 0; i < batch.others; i++) {
      const at = batch.othersAt + i * batch.otherStride;
      this.#sendOne(socket, at, batch.otherLengths[i]!, 1, onError);
    }
    for (let from = 0; from < batch.beats; from += beatsPerDatagram) {
      const end = Math.min(batch.beats, from + beatsPerDatagram);
      this.#sendOne(socket, from * beatBytes, (end - from) * beatBytes, end - from, onError);
    }
  }

  #sendOne(socket: Socket, at: number, length: number, heartbeats: number, onError: OnNetworkError): void {
    const { counts } = this;
    if (socket.getSendQueueCount() >= MAX_QUEUED) {
      counts.refused += heartbeats;
      return;
    }
    counts.sent += heartbeats;
    counts.datagrams++;
    // A copy: what the kernel does not take at once is sent later, and the batch is written anew.
    socket.send(Buffer.from(this.batch.bytes.subarray(at, at + length)), (error) => {
      if (error === null) return;
      counts.sent -= heartbeats;
      counts.datagrams--;
      counts.refused += heartbeats;
      onError(codeOf(error));
    });
  }
}

/** Rejects when there is no route or no such family on this machine. */
function connected(address: string, port: number, onError: OnNetworkError): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type: isIP(address) === 6 ? 'udp6' : 'udp4',
      sendBufferSize: SEND_BUFFER_BYTES,
    });
    const refuse = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', refuse);
    // Not as a callback: that would be given the error, and `error` would not be told.
    socket.once('connect', () => {
      socket.off('error', refuse);
      socket.on('error', (error) => onError(codeOf(error)));
      resolve(socket);
    });
    socket.connect(port, address);
  });
}
