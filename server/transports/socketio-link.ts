/**
 * One Socket.IO connection as a viewer's link: past Socket.IO and Engine.IO where they would do for every viewer what
 * is needed once. Knows their private parts and ws's, for all of this folder; no state, no position.
 * Read against socket.io 4.8, engine.io 6.6, ws 8: which of their parts say that a socket is idle.
 */
import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Socket } from 'socket.io';
import type { Frame } from '#lib/protocol/frames.ts';
import type { ViewerCloseReason, ViewerLink } from '../live/viewer.ts';
import { ackIn } from './ack-packet.ts';
import { wireFrameOf } from './wire-frame.ts';

export type Connection = Socket['conn'];

type MessageListener = (message: Uint8Array, isBinary: boolean) => void;

/** What of ws is needed. */
type WebSocketParts = EventEmitter & {
  /** Of node:net, below the WebSocket. */
  readonly _socket: Duplex;
  /** In its own queue and in the socket's. */
  readonly bufferedAmount: number;
  readonly readyState: number;
  readonly OPEN: number;
  readonly CLOSED: number;
  close(): void;
  terminate(): void;
};

/** What of Engine.IO is needed. */
type ConnectionParts = {
  readonly writeBuffer: readonly unknown[];
  readonly transport: { readonly socket: WebSocketParts };
};

const NOTHING = Buffer.alloc(0);

function partsOf(connection: Connection): ConnectionParts {
  return connection as unknown as ConnectionParts;
}

export function webSocketOf(connection: Connection): WebSocketParts {
  return partsOf(connection).transport.socket;
}

/** What a link tells the one it serves. */
export type LinkEvents = {
  /** It may have become ready. */
  drained(): void;
  acknowledged(s: number): void;
};

export class SocketIoLink implements ViewerLink {
  readonly #connection: Connection;
  readonly #webSocket: WebSocketParts;
  /** Engine.IO's listener: for everything that is no plain ack. */
  readonly #toEngine: MessageListener;
  #events: LinkEvents | null = null;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#webSocket = webSocketOf(connection);
    this.#toEngine = this.#webSocket.listeners('message')[0] as MessageListener;
  }

  /** From now on the events are told. To be called once. */
  open(events: LinkEvents): void {
    this.#events = events;
    // What Engine.IO itself has written is out of its hands.
    this.#connection.transport.on('ready', this.#drained);
    this.#webSocket.off('message', this.#toEngine);
    this.#webSocket.on('message', this.#message);
  }

  /** No further event. */
  end(): void {
    this.#events = null;
    this.#connection.transport.off('ready', this.#drained);
  }

  /** Writable, nothing in Engine.IO's buffer, nothing in the WebSocket's. `drain` alone means handed over. */
  ready(): boolean {
    const { writeBuffer } = partsOf(this.#connection);
    return (
      this.#connection.readyState === 'open' &&
      this.#connection.transport.writable &&
      writeBuffer.length === 0 &&
      this.#webSocket.readyState === this.#webSocket.OPEN &&
      this.#webSocket.bufferedAmount === 0
    );
  }

  /**
   * Straight to the socket, which is idle, so that the order of what others write is kept: the frame is a whole
   * WebSocket frame already, and Engine.IO would make a packet and six events of it for every viewer.
   */
  send(frames: readonly Frame[]): void {
    const { _socket: socket } = this.#webSocket;
    for (const frame of frames) socket.write(wireFrameOf(frame).framed);
    // Mostly the kernel has taken all of it by now, and a callback a viewer a tick would tell nobody anything.
    if (this.#webSocket.bufferedAmount > 0) socket.write(NOTHING, this.#drained);
  }

  close(reason: ViewerCloseReason): void {
    // A stalled socket never gets through a closing handshake.
    if (reason === 'slow') this.#webSocket.terminate();
    // Without a goodbye of the namespace: after that one the client would not come again by itself.
    else this.#connection.close();
  }

  readonly #drained = (): void => this.#events?.drained();

  readonly #message: MessageListener = (message, isBinary) => {
    const s = isBinary && this.#events !== null ? ackIn(message) : null;
    if (s === null) this.#toEngine(message, isBinary);
    else this.#events!.acknowledged(s);
  };
}
