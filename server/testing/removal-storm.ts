/**
 * One who removes silent hosts, by name and by filter, while others acknowledge, and what is known of them from the
 * answers. What was removed stays so until it beats; an unanswered call has happened wholly or not at all.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { RemoveAnswer } from '#lib/protocol/account.ts';
import type { Alert } from '#lib/protocol/alert.ts';
import type { Prng } from '../agent/prng.ts';
import type { ServerProcess } from './server-process.ts';

/** `returned`: it beat and was seen; whether that is on disk nobody was told. */
type Place = 'there' | 'gone' | 'returned';

const PREFIX = 'leaver-';
/** So long that none goes down for want of a second beat. */
const RETURN_INTERVAL = '600s';
/** Between two calls, so that some hosts are left when the server dies. */
const REMOVAL_EVERY_MS = 60;

export class RemovalStorm {
  readonly names: readonly string[];
  removals = 0;
  returns = 0;
  readonly #groups: number;
  readonly #random: Prng;
  readonly #places: Map<string, Place>;
  /** What the call under way would remove; null: none is under way. */
  #perhaps: readonly string[] | null = null;

  constructor(groups: number, eachGroup: number, random: Prng) {
    this.names = Array.from({ length: groups * eachGroup }, (_, i) => `${PREFIX}${i}`);
    this.#groups = groups;
    this.#random = random;
    this.#places = new Map(this.names.map((name) => [name, 'there']));
  }

  labelOf(name: string): readonly [string, string] {
    return ['group', `g${Number(name.slice(PREFIX.length)) % this.#groups}`];
  }

  get gone(): readonly string[] {
    return this.names.filter((name) => this.#places.get(name) === 'gone');
  }

  /** One call after the other until `server` no longer answers. Rejects when an answer is not what it must be. */
  async storm(server: ServerProcess, isOver: () => boolean): Promise<void> {
    while (!isOver() && this.#perhaps === null) {
      const group = this.#random.below(this.#groups);
      const there = this.names.filter(
        (name) => this.labelOf(name)[1] === `g${group}` && this.#places.get(name) !== 'gone',
      );
      if (there.length > 0) {
        const isByFilter = this.#random.below(2) === 0;
        const targets = isByFilter ? there : [there[this.#random.below(there.length)]!];
        await this.#remove(server, targets, isByFilter ? `g${group}` : null);
      }
      await pause(REMOVAL_EVERY_MS);
    }
  }

  async #remove(server: ServerProcess, targets: readonly string[], group: string | null): Promise<void> {
    this.#perhaps = targets;
    const call =
      group === null
        ? server.ask('DELETE', `/api/hosts/${targets[0]}?by=remover`)
        : server.post('/api/hosts/remove', { filter: { label: `group:${group}` }, by: 'remover' });
    const answer = await call.catch(() => null);
    if (answer === null) return;
    const { removed } = answer.body as RemoveAnswer;
    if (answer.status !== 200 || removed !== targets.length) {
      throw new Error(`removing ${targets} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
    this.#perhaps = null;
    this.removals += removed;
    for (const name of targets) this.#places.set(name, 'gone');
  }

  /** After a restart: throws when the register, or `alerts` (all there are), are not what was answered. */
  async check(server: ServerProcess, alerts: readonly Alert[]): Promise<void> {
    const { hosts } = await server.get(`/api/hosts?q=${PREFIX}&limit=500`);
    const listed = new Set((hosts as { name: string }[]).map(({ name }) => name));
    const perhaps = this.#perhaps ?? [];
    // Of those that had just returned nobody knows whether they were there to be removed.
    const sure = perhaps.filter((name) => this.#places.get(name) === 'there');
    const kept = sure.filter((name) => listed.has(name));
    if (kept.length > 0 && kept.length < sure.length) {
      throw new Error(`of the unanswered removal of ${sure} there still are ${kept}`);
    }
    for (const name of this.names) {
      const place = this.#places.get(name);
      const isListed = listed.has(name);
      if (place === 'gone' && isListed) throw new Error(`${name} was removed and is back`);
      if (place === 'there' && !isListed && !perhaps.includes(name)) throw new Error(`${name} is lost`);
      this.#places.set(name, isListed ? 'there' : 'gone');
    }
    for (const name of this.gone) {
      const own = alerts.filter(({ host }) => host === name);
      if (own.length === 0) throw new Error(`${name} was removed and its alert with it`);
      if (own.some(({ closedAt }) => closedAt === null))
        throw new Error(`${name} was removed, its alert is open`);
    }
    this.#perhaps = null;
  }

  /** Some of the removed ones beat, once each, and are back. */
  async returnSome(server: ServerProcess): Promise<void> {
    const some = this.gone.filter(() => this.#random.below(2) === 0);
    if (some.length === 0) return;
    const socket = createSocket('udp4');
    for (const name of some) {
      const line = `${name} interval=${RETURN_INTERVAL} ${this.labelOf(name).join('=')}`;
      socket.send(line, server.heartbeatPort, '127.0.0.1');
    }
    await server.until(`/api/hosts?q=${PREFIX}&limit=500`, ({ hosts }) => {
      const listed = new Set((hosts as { name: string }[]).map(({ name }) => name));
      return some.every((name) => listed.has(name));
    });
    await server.until(`/api/hosts/${some[0]}/events?limit=1`, ({ events }) => events[0].kind === 'returned');
    const closed = once(socket, 'close');
    socket.close();
    await closed;
    for (const name of some) this.#places.set(name, 'returned');
    this.returns += some.length;
  }
}
