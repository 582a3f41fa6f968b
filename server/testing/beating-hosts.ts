/** Hosts that beat from this process over one real socket, each of which a test can silence and wake. Text heartbeats. */
import { createSocket, type Socket } from 'node:dgram';

type BeatingHost = {
  readonly name: string;
  readonly labels: string;
  readonly intervalMs: number;
  beats: boolean;
  dueAtMs: number;
  seq: number;
};

const STEP_MS = 25;

export class BeatingHosts {
  readonly #hosts = new Map<string, BeatingHost>();
  readonly #socket: Socket = createSocket('udp4');
  readonly #port: number;
  readonly #timer: NodeJS.Timeout;

  constructor(heartbeatPort: number) {
    this.#port = heartbeatPort;
    this.#timer = setInterval(() => this.#beat(), STEP_MS);
  }

  /** It beats at once and from then on. `labels`: as in a text heartbeat, `rack=r1`. */
  add(name: string, intervalMs: number, labels = ''): void {
    this.#hosts.set(name, { name, labels, intervalMs, beats: true, dueAtMs: 0, seq: 0 });
  }

  silence(name: string): void {
    this.#of(name).beats = false;
  }

  wake(name: string): void {
    const host = this.#of(name);
    host.beats = true;
    host.dueAtMs = 0;
  }

  beats(name: string): boolean {
    return this.#of(name).beats;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #of(name: string): BeatingHost {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`there is no host ${name}`);
    return host;
  }

  #beat(): void {
    const nowMs = performance.now();
    for (const host of this.#hosts.values()) {
      if (!host.beats || host.dueAtMs > nowMs) continue;
      host.dueAtMs = nowMs + host.intervalMs;
      host.seq++;
      const line = `${host.name} interval=${host.intervalMs}ms seq=${host.seq} ${host.labels}`;
      this.#socket.send(line.trim(), this.#port, '127.0.0.1', () => {});
    }
  }
}
