/**
 * A viewer over WebSocket for the load generator: Socket.IO as its client speaks it, or the bare control. It
 * acknowledges as the browser does, after 4 frames or 250 ms; one timer for all viewers.
 */
import { randomBytes } from 'node:crypto';
import { Encoder, PacketType } from 'socket.io-msgpack-parser';
import { ACK_EVENT } from '#lib/protocol/frames.ts';
import { ACK_EVERY_FRAMES, ACK_WITHIN_MS } from '../../lib/client/sources/socketio.ts';
import { headOfPacket } from './frame-head.ts';
import { BARE_WS_PATH } from './live-bare.ts';
import { assertSameHead, type LiveViewer, type ViewerParts, ViewerProgress } from './viewer-progress.ts';
import { browserHeaders, ViewerSocket } from './viewer-socket.ts';

const TEXT = 1;
const BINARY = 2;
const ENGINE_OPEN = '0';
const ENGINE_PING = '2';
const ENGINE_PONG = '3';
const HEAD_END = '\r\n\r\n';

const encoder = new Encoder();

/** A message as a client has to frame it: masked (RFC 6455, 5.3). At most 125 bytes. */
function masked(opcode: number, message: Buffer): Buffer {
  const mask = randomBytes(4);
  const frame = Buffer.concat([Buffer.of(0x80 | opcode, 0x80 | message.length), mask, message]);
  for (let i = 0; i < message.length; i++) frame[6 + i]! ^= mask[i % 4]!;
  return frame;
}

function packet(fields: object): Buffer {
  // Typed as an ArrayBuffer; it is a list with one Buffer.
  return (encoder.encode(fields as never) as unknown as [Buffer])[0];
}

let lastAck: { readonly s: number; readonly frame: Buffer } | null = null;
/** As socket.io-client packs `emit('ack', s)`. Viewers that acknowledge the same s share it. */
function ackFrame(s: number): Buffer {
  if (lastAck?.s !== s) {
    const fields = { type: PacketType.EVENT, data: [ACK_EVENT, s], options: { compress: true }, nsp: '/' };
    lastAck = { s, frame: masked(BINARY, packet(fields)) };
  }
  return lastAck.frame;
}

/** Viewers with something unacknowledged, in the order in which it came. */
const due: { readonly viewer: WebSocketViewer; readonly sinceMs: number }[] = [];
let isScheduled = false;

function acknowledgeDue(): void {
  const nowMs = performance.now();
  let done = 0;
  for (; done < due.length && due[done]!.sinceMs + ACK_WITHIN_MS <= nowMs; done++) {
    const { viewer, sinceMs } = due[done]!;
    if (viewer.unackedSinceMs === sinceMs) viewer.acknowledge();
  }
  due.splice(0, done);
  isScheduled = due.length > 0;
  if (isScheduled) setTimeout(acknowledgeDue, due[0]!.sinceMs + ACK_WITHIN_MS - nowMs);
}

export class WebSocketViewer implements LiveViewer {
  readonly progress: ViewerProgress;
  /** When the oldest frame that is not acknowledged came; null: there is none. */
  unackedSinceMs: number | null = null;
  readonly #socket: ViewerSocket;
  #unacked = 0;
  #upgraded = false;

  constructor(parts: ViewerParts, bare: boolean) {
    this.progress = new ViewerProgress(parts);
    this.#socket = new ViewerSocket({ ...parts, onBytes: (bytes) => this.#take(bytes) });
    const path = bare ? BARE_WS_PATH : '/socket.io/?EIO=4&transport=websocket';
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ];
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\n${browserHeaders(parts.port)}${upgrade.join('\r\n')}${HEAD_END}`,
    );
  }

  stopReading(): void {
    this.#socket.stopReading();
  }

  end(): void {
    this.unackedSinceMs = null;
    this.#socket.end();
  }

  acknowledge(): void {
    this.unackedSinceMs = null;
    this.#unacked = 0;
    this.#socket.write(ackFrame(this.progress.s));
  }

  #take(bytes: Buffer): number {
    let at = 0;
    if (!this.#upgraded) {
      const end = bytes.indexOf(HEAD_END);
      if (end === -1) return 0;
      const head = bytes.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`not upgraded: ${head}`);
      this.#upgraded = true;
      at = end + HEAD_END.length;
    }
    while (at + 2 <= bytes.length) {
      let length = bytes[at + 1]!;
      let from = at + 2;
      if (length >= 126) {
        from = at + (length === 126 ? 4 : 10);
        if (from > bytes.length) break;
        length = length === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6);
      }
      if (from + length > bytes.length) break;
      const opcode = bytes[at]! & 0x0f;
      at = from + length;
      if (opcode === BINARY) this.#packet(bytes.subarray(from, at));
      else if (opcode === TEXT) this.#engine(bytes.toString('latin1', from, from + 1));
      else throw new Error(`a WebSocket frame with opcode ${opcode}`);
    }
    return at;
  }

  /** Engine.IO's own messages. */
  #engine(type: string): void {
    if (type === ENGINE_OPEN) {
      this.#socket.write(masked(BINARY, packet({ type: PacketType.CONNECT, data: {}, nsp: '/' })));
    } else if (type === ENGINE_PING) {
      this.#socket.write(masked(TEXT, Buffer.from(ENGINE_PONG)));
    }
  }

  #packet(bytes: Buffer): void {
    const head = headOfPacket(bytes);
    if (head === null) return;
    if (this.progress.view !== null) assertSameHead(head, this.progress.view.takePacket(bytes));
    this.progress.took(head);
    if (head.t !== 'S' && head.t !== 'D') return;
    this.#unacked++;
    if (this.#unacked === ACK_EVERY_FRAMES) {
      this.acknowledge();
    } else if (this.unackedSinceMs === null) {
      this.unackedSinceMs = performance.now();
      due.push({ viewer: this, sinceMs: this.unackedSinceMs });
      if (!isScheduled) setTimeout(acknowledgeDue, ACK_WITHIN_MS);
      isScheduled = true;
    }
  }
}
