/**
 * Has everything been read that had arrived by an instant? Asked of an event loop: whoever takes the instant, lets
 * one turn of polling pass and finds nothing left over knows it. Pure: told what each turn brought. Main thread.
 * Source: SEMANTICS 2.2.
 */

/** Connections a listening socket may keep waiting: as many have to be taken before the queue is surely another one. */
export const BACKLOG = 1_024;

/** One turn reads at least so much of a connection that has it: less means that it was read to its end. */
const TURN_BYTES = 32 * 1024;

/** More than the kernel keeps for a connection: whoever gave so much since the instant has given what was there. */
const KEPT_BY_KERNEL_BYTES = 32 * 1024 * 1024;

/** Whoever was served for so long and has not come to its end once is waited for no longer. */
const BEHIND_AT_MOST_MS = 1_000;
/** More of a turn is no time of serving: this process stood still. */
const TURN_AT_MOST_MS = 50;

/** A connection, as far as this is about. */
export type SoundedConnection = {
  /** Bytes ever read from it. */
  readBytes: number;
  /** The same at the instant of the sounding with the number `sounding`. */
  readBytesThen: number;
  sounding: number;
  /** Was it empty when it was read last? */
  readToEnd: boolean;
  /** The sounding within which it was read to its end, and all handed on, last. */
  drainedIn: number;
  /** So long it has been served since it came to its end, and when last: ms of serving. */
  behindMs: number;
  servedAtMs: number;
  /** The turn of that. */
  servedIn: number;
  /** What comes before this many bytes was taken from the kernel earlier than it is read here. */
  heldUntilBytes: number;
};

/** The fields of a new one. */
export const UNREAD: Readonly<SoundedConnection> = {
  readBytes: 0,
  readBytesThen: 0,
  sounding: 0,
  readToEnd: true,
  drainedIn: 0,
  behindMs: 0,
  servedAtMs: 0,
  servedIn: 0,
  heldUntilBytes: 0,
};

/** A listening socket. */
export type Door = { acceptedThisTurn: number; acceptedBefore: number };

export class DrainSounding {
  readonly #doors: Door[] = [];
  readonly #leftOver = new Set<SoundedConnection>();
  #number = 0;
  #atMs: number | null = null;
  #servingMs = 0;
  #turns = 1;
  #turnedAtMs = Number.NaN;

  openDoor(): Door {
    const door = { acceptedThisTurn: 0, acceptedBefore: 0 };
    this.#doors.push(door);
    return door;
  }

  /** Under way? */
  get isOpen(): boolean {
    return this.#atMs !== null;
  }

  /** Now is before a turn of polling: has all been read that arrived until now? One at a time. */
  begin(nowMs: number): void {
    this.#atMs = nowMs;
    this.#number++;
    this.#newTurn();
    for (const door of this.#doors) door.acceptedBefore = 0;
  }

  /** A connection was taken, and will be read for the first time in the next turn. */
  accepted(door: Door): void {
    door.acceptedThisTurn++;
  }

  /** So many bytes were read. */
  read(connection: SoundedConnection, bytes: number): void {
    if (connection.sounding !== this.#number) {
      connection.sounding = this.#number;
      connection.readBytesThen = connection.readBytes;
    }
    connection.readToEnd = bytes < TURN_BYTES && connection.readBytes >= connection.heldUntilBytes;
    connection.readBytes += bytes;
    // A turn without it: it was at its end.
    if (this.#turns > connection.servedIn + 1) this.#atItsEnd(connection);
    if (bytes >= TURN_BYTES) this.#leftOver.add(connection);
    else this.#leftOver.delete(connection);
  }

  /** It was its turn to hand on: was it able to hand on `any`, and `all` that had been read? */
  served(connection: SoundedConnection, any: boolean, all: boolean): void {
    // Whoever finds no room is not to blame.
    if (any) connection.behindMs += this.#servingMs - connection.servedAtMs;
    connection.servedAtMs = this.#servingMs;
    connection.servedIn = this.#turns;
    if (!all || !connection.readToEnd) return;
    this.#atItsEnd(connection);
    connection.drainedIn = connection.sounding;
  }

  /**
   * A turn of polling is over. The instant up to which all has been read and handed on, or null: not yet, or none was
   * asked for. `waiting`: connections whose bytes have been read and not handed on.
   */
  turned(waiting: Iterable<SoundedConnection>, nowMs: number): number | null {
    if (nowMs > this.#turnedAtMs) this.#servingMs += Math.min(nowMs - this.#turnedAtMs, TURN_AT_MOST_MS);
    this.#turnedAtMs = nowMs;
    this.#turns++;
    const drained =
      this.#doors.every((door) => door.acceptedThisTurn === 0 || door.acceptedBefore > BACKLOG) &&
      this.#allRead(this.#leftOver) &&
      this.#allRead(waiting);
    this.#newTurn();
    if (!drained) return null;
    const atMs = this.#atMs;
    this.#atMs = null;
    return atMs;
  }

  #atItsEnd(connection: SoundedConnection): void {
    connection.behindMs = 0;
    connection.servedAtMs = this.#servingMs;
    connection.servedIn = this.#turns;
  }

  #allRead(connections: Iterable<SoundedConnection>): boolean {
    for (const { readBytes, readBytesThen, sounding, drainedIn, behindMs } of connections) {
      if (drainedIn === this.#number || behindMs > BEHIND_AT_MOST_MS) continue;
      if (sounding !== this.#number || readBytes - readBytesThen < KEPT_BY_KERNEL_BYTES) return false;
    }
    return true;
  }

  #newTurn(): void {
    this.#leftOver.clear();
    for (const door of this.#doors) {
      door.acceptedBefore += door.acceptedThisTurn;
      door.acceptedThisTurn = 0;
    }
  }
}
