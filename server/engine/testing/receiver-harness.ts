/** A receiver under test with what it handed out, and senders beside it. For tests; one thread, real sockets. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type Clock, clockFrom, clockOrigin } from '../../clock.ts';
import type { Receiver, ReceiverHandlers } from '../receiver/receiver.ts';
import type { BoundAddress } from '../shard-messages.ts';
import { SourceBook } from '../source-book.ts';

export type Received = { readonly bytes: Uint8Array; readonly length: number; readonly from: string };

export type Opened = {
  readonly receiver: Receiver;
  /** Lets it read what waits, for a few ms at most; what it hands out comes to the harness. */
  turn(): Promise<void>;
  /** The receiver and whatever sockets were opened for it. */
  close(): Promise<void>;
};

export type OpenReceiver = (
  addresses: readonly BoundAddress[],
  sources: SourceBook,
  clock: Clock,
  handlers: ReceiverHandlers,
) => Promise<Opened>;

export class ReceiverHarness {
  readonly clockOrigin = clockOrigin();
  readonly clock: Clock = clockFrom(this.clockOrigin);
  readonly sources = new SourceBook(1_000);
  readonly received: Received[] = [];
  readonly faults: Error[] = [];
  horizonCalls = 0;
  batches = 0;
  /** Called for each datagram instead of keeping a copy of it. */
  onDatagram: ((bytes: Uint8Array, at: number, length: number) => void) | null = null;
  onHorizon: (() => void) | null = null;
  #opened: Opened | null = null;
  readonly #senders: Socket[] = [];

  async open(open: OpenReceiver, addresses: readonly BoundAddress[]): Promise<void> {
    this.#opened = await open(addresses, this.sources, this.clock, {
      onBatch: () => {
        this.batches++;
      },
      onDatagram: (bytes, at, length, source) => {
        if (this.onDatagram !== null) this.onDatagram(bytes, at, length);
        else {
          const from = this.sources.addressOf(this.sources.keep(source));
          // Not slice: a Buffer's own does not copy.
          this.received.push({ bytes: new Uint8Array(bytes.subarray(at, at + length)), length, from });
        }
      },
      onHorizon: () => {
        this.horizonCalls++;
        this.onHorizon?.();
      },
      onFault: (error) => this.faults.push(error),
    });
  }

  get receiver(): Receiver {
    return this.#opened!.receiver;
  }

  turn(): Promise<void> {
    return this.#opened!.turn();
  }

  /** Turns until it holds; rejects after 12 s. */
  async until(holds: () => boolean): Promise<void> {
    const deadlineMs = this.clock() + 12_000;
    while (!holds()) {
      if (this.clock() > deadlineMs) throw new Error('what was waited for did not come within 12 s');
      await this.turn();
    }
  }

  /** Marks, and turns until the horizon is past this instant. */
  async untilReadUpTo(instantMs: number): Promise<void> {
    await this.until(() => {
      this.receiver.mark(this.clock());
      return this.receiver.horizonMs() >= instantMs;
    });
  }

  /** A sender bound to `from`, connected to the receiver's `place`th address. */
  async sender(from: string, place = 0): Promise<Socket> {
    const to = this.receiver.addresses[place]!;
    const socket = createSocket({ type: from.includes(':') ? 'udp6' : 'udp4', sendBufferSize: 1 << 20 });
    this.#senders.push(socket);
    socket.bind(0, from);
    await once(socket, 'listening');
    socket.connect(to.port, to.host);
    await once(socket, 'connect');
    return socket;
  }

  async close(): Promise<void> {
    for (const socket of this.#senders.splice(0)) socket.close();
    await this.#opened?.close();
    this.#opened = null;
  }
}

/** Sends, and resolves when the kernel has it: on loopback it then waits in the receiver's socket. */
export function send(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}

/** Descriptors this process has open. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
