/**
 * A fleet's batches by `sendmmsg`, from the memory they were written to: single datagrams, bundles, or segments.
 * Linux; blocks while the kernel's send buffer is full, 20 ms at most. Effects: sockets.
 */
import { isIP } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { ERRNO } from '../libc/libc.ts';
import { PinnedMemory } from '../libc/pinned-memory.ts';
import { isSegmentsRefused, openSendSocket, pendingError, SendLane } from '../libc/send-batch.ts';
import { closeSocket } from '../libc/udp-socket.ts';
import { FleetBatch } from './fleet-batch.ts';
import {
  type CarrierCounts,
  type CarrierOptions,
  type CarrierSockets,
  type FleetCarrier,
  type OnNetworkError,
  SEND_BUFFER_BYTES,
} from './fleet-carrier.ts';

/** The buffer empties in far less; beyond it the network cannot take the load. */
const FULL_BUFFER_WAIT_MS = 20;

/** Messages of one kind, and how many heartbeats and datagrams one of them is. */
type Kind = { readonly lane: SendLane; readonly perMessage: number; readonly perDatagram: number };

/** Throws where `whyNoLibc()` has something to say. */
export class SendmmsgCarrier implements FleetCarrier {
  readonly batch: FleetBatch;
  readonly counts: CarrierCounts = { sent: 0, datagrams: 0, refused: 0 };
  readonly #options: CarrierOptions;
  readonly #memory: PinnedMemory;
  readonly #others: Kind;
  #beats: Kind;

  constructor(options: CarrierOptions) {
    this.#options = options;
    let memory: PinnedMemory | null = null;
    this.batch = new FleetBatch(options.shape, (sizeBytes) => {
      memory = new PinnedMemory(sizeBytes);
      return memory.bytes;
    });
    this.#memory = memory!;
    this.#beats = this.#beatsBy(options.shape.datagramsPerMessage);
    const { othersAt, otherStride, maxOthers } = this.batch;
    const others = { at: othersAt, strideBytes: otherStride, messages: maxOthers, segmentBytes: 0 };
    this.#others = { lane: new SendLane(this.#memory, others), perMessage: 1, perDatagram: 1 };
  }

  async open(address: string, port: number, onError: OnNetworkError): Promise<CarrierSockets> {
    const fds: number[] = [];
    const close = (): void => {
      for (const fd of fds.splice(0)) closeSocket(fd);
    };
    try {
      for (let i = 0; i < this.#options.sockets; i++) {
        const buffer = { sendBufferBytes: SEND_BUFFER_BYTES, waitMs: FULL_BUFFER_WAIT_MS };
        fds.push(openSendSocket({ host: address, port }, isIP(address) === 6 ? 6 : 4, buffer));
      }
    } catch (error) {
      close();
      throw error;
    }
    return { close, send: (part) => this.#send(fds[part % fds.length]!, onError) };
  }

  #beatsBy(datagramsPerMessage: number): Kind {
    const { beatBytes, beatsPerDatagram } = this.#options.shape;
    const perMessage = beatsPerDatagram * datagramsPerMessage;
    const lane = new SendLane(this.#memory, {
      at: 0,
      strideBytes: perMessage * beatBytes,
      messages: this.batch.maxBeats / perMessage,
      segmentBytes: datagramsPerMessage > 1 ? beatsPerDatagram * beatBytes : 0,
    });
    return { lane, perMessage, perDatagram: beatsPerDatagram };
  }

  #send(fd: number, onError: OnNetworkError): void {
    const { batch } = this;
    // What came back for earlier datagrams. Inside a call the kernel would let it replace one of ours, unsaid.
    const earlier = pendingError(fd);
    if (earlier !== 0) onError(getSystemErrorName(-earlier));
    for (let i = 0; i < batch.others; i++) this.#others.lane.setLength(i, batch.otherLengths[i]!);
    this.#sendKind(fd, this.#others, 0, batch.others, onError);
    for (let done = 0; done < batch.beats; ) {
      const { lane, perMessage } = this.#beats;
      const last = Math.ceil(batch.beats / perMessage) - 1;
      lane.setLength(last, (batch.beats - last * perMessage) * batch.shape.beatBytes);
      done = this.#sendKind(fd, this.#beats, done, batch.beats, onError);
      lane.setFull(last);
    }
  }

  /** Sends heartbeats `from` to `end`; gives up to where they are dealt with: not to the end when segments were refused. */
  #sendKind(fd: number, kind: Kind, from: number, end: number, onError: OnNetworkError): number {
    const { lane, perMessage, perDatagram } = kind;
    const { counts } = this;
    let refusedAt = -1;
    for (let done = from; done < end; ) {
      const result = lane.send(fd, done / perMessage, Math.ceil(end / perMessage));
      if (result > 0) {
        const sent = Math.min(end - done, result * perMessage);
        counts.sent += sent;
        counts.datagrams += Math.ceil(sent / perDatagram);
        done += sent;
      } else if (result === -ERRNO.EAGAIN) {
        counts.refused += end - done;
        return end;
      } else if (perMessage > perDatagram && isSegmentsRefused(result)) {
        this.#giveSegmentsUp(getSystemErrorName(result));
        return done;
      } else if (result !== -ERRNO.EINTR) {
        if (result !== -ERRNO.ENOBUFS) onError(getSystemErrorName(result));
        // Once more: the error may have been that of an earlier datagram, and this one not tried at all.
        if (refusedAt === done) {
          const message = Math.min(end - done, perMessage);
          counts.refused += message;
          done += message;
        } else {
          refusedAt = done;
        }
      }
    }
    return end;
  }

  #giveSegmentsUp(code: string): void {
    this.#beats = this.#beatsBy(1);
    this.#options.say(`the way to the server takes no segments (${code}); sending datagrams one by one`);
  }
}
