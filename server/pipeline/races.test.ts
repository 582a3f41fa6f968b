/**
 * A thousand seeded interleavings of each race for an acknowledgement: two contenders, a store that answers late, in
 * order, and refuses at random, viewers that are slow or join in between. Expected is what a list of all decisions
 * says, from which the refused ones are struck out: the sequence alone decides who wins.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AckAnswer, Alert, UnackAnswer } from '#lib/protocol/alert.ts';
import { FrameApplier } from '../../lib/client/apply.ts';
import { View } from '../../lib/client/view.ts';
import { hostIdHex } from '../host-id.ts';
import { type StoreBatch, StoreUnavailable } from '../store/store.ts';
import { pipelineFleet, type Step, TryingStore } from '../testing/pipeline-fleet.ts';

const SEED = 4_071;
const INTERLEAVINGS = 1_000;
const EXPIRY_MS = 1_000;
const HOSTS = ['contested', 'beside'];
const IDS = HOSTS.map(hostIdHex);
const ALERTS = IDS.map((id) => `${id}-1`);

/** Keeps or refuses what it was given when it is told to, in order; history is never refused. */
class LateStore extends TryingStore {
  readonly waiting: { as: 'history' | 'command'; settle: (kept: boolean) => void }[] = [];
  late = false;

  override append(batch: StoreBatch, as: 'history' | 'command'): Promise<void> {
    if (!this.late) return super.append(batch, as);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const settle = (kept: boolean): void => {
      if (kept) resolve(super.append(batch, as));
      else reject(new StoreUnavailable('no space left'));
    };
    this.waiting.push({ as, settle });
    return promise;
  }

  async answerOne(kept: boolean): Promise<void> {
    const oldest = this.waiting.shift();
    oldest?.settle(kept || oldest.as === 'history');
    await nextTurn();
  }
}

/** A page that takes what the live log gives for its position, whenever it comes to ask. */
class Viewer {
  readonly #applier = new FrameApplier(new View());

  get view(): View {
    return this.#applier.view;
  }

  ask({ live }: Fleet): void {
    const { epoch, seq } = this.view;
    for (const frame of live.framesFrom(epoch === null ? null : { e: epoch, s: seq }, 0)) {
      const zipped = frame.t === 'S' && frame.enc === 'gzip';
      const { demand } = this.#applier.apply(
        zipped ? { ...frame, enc: 'raw', data: gunzipSync(frame.data) } : frame,
      );
      if (demand !== null) throw new Error(`a viewer would ask for a new snapshot: ${demand}`);
    }
  }
}

type Fleet = ReturnType<typeof pipelineFleet>;
type Entry = { command: string; by: string; expiresAt: number | null } | { command: string; by: null };
type Told = { outcome: string; owner: string | null };
type Command = {
  name: string;
  /** By host, at the decision. */
  told: Told[];
  unacked: number;
  answer: Promise<AckAnswer | UnackAnswer | 'refused'>;
};

/** What everyone should come to see. */
class Model {
  readonly open = [true, true];
  readonly decided: Entry[][] = [[], []];
  readonly refused = new Set<string>();

  held(host: number): { command: string; by: string; expiresAt: number | null } | null {
    const last = this.decided[host]!.at(-1);
    return last === undefined || last.by === null ? null : last;
  }
  lapse(host: number, nowMs: number): void {
    const expiresAt = this.held(host)?.expiresAt ?? null;
    if (this.open[host] && expiresAt !== null && expiresAt <= nowMs) this.decided[host]!.length = 0;
  }
  ack(command: string, by: string, expiresAt: number | null, nowMs: number): Told[] {
    return HOSTS.map((_, host) => {
      if (!this.open[host]) return { outcome: 'skipped', owner: null };
      this.lapse(host, nowMs);
      const owner = this.held(host)?.command ?? null;
      if (owner !== null) return { outcome: 'alreadyAcked', owner };
      this.decided[host]!.push({ command, by, expiresAt });
      return { outcome: 'acked', owner: null };
    });
  }
  undo(command: string, batch: string): number {
    const held = HOSTS.map((_, host) => host).filter((host) => this.held(host)?.command === batch);
    for (const host of held) this.decided[host]!.push({ command, by: null });
    return held.length;
  }
  refuse(command: string): void {
    this.refused.add(command);
    for (const entries of this.decided) {
      const at = entries.findIndex((entry) => entry.command === command);
      if (at !== -1) entries.splice(at, 1);
    }
  }
}

class Race {
  readonly store = new LateStore();
  readonly fleet = pipelineFleet({ store: this.store, slots: 8 });
  readonly model = new Model();
  readonly commands: Command[] = [];
  readonly viewers = [new Viewer(), new Viewer()];
  #nextMs = 1_000_001;

  /** Both down and seen so; with an acknowledgement of both when it is to be undone or to expire. */
  async begin(first: { expiresInMs: number | null } | null): Promise<void> {
    this.fleet.take(HOSTS.map((name, row) => ({ row, name })));
    for (const kind of ['up', 'down'] as const) for (const row of [0, 1]) this.transition(kind, row);
    if (first !== null) this.ack('first', first.expiresInMs);
    await nextTurn();
    this.fleet.live.publish(0);
    this.viewers[0]!.ask(this.fleet);
    this.store.late = true;
  }
  transition(kind: Step['kind'], row: number): void {
    this.fleet.take([], { row, kind, atMs: this.#nextMs++ });
    this.model.open[row] = kind === 'down';
  }
  clock(ms: number): void {
    this.fleet.nowMs += ms;
  }
  /** The book ends what has expired. */
  tick(): void {
    for (const host of [0, 1]) this.model.lapse(host, this.fleet.nowMs);
    this.fleet.pipeline.tick();
  }
  ack(name: string, expiresInMs: number | null = null, byFilter = false): void {
    const { pipeline, nowMs } = this.fleet;
    const writable = this.store.writable;
    const expiresAt = expiresInMs === null ? null : nowMs + expiresInMs;
    const told = writable ? this.model.ack(name, name, expiresAt, nowMs) : [];
    const targets = byFilter ? { downHosts: IDS } : { ids: ALERTS };
    const order = { batchId: name, by: name, comment: null, expiresInMs, maxOpenedSeq: null };
    const filterInWords = byFilter ? 'all' : null;
    const answer = pipeline.acknowledge(targets, { ...order, filterInWords });
    this.#note({ name, told, unacked: 0, answer: orRefused(answer) });
  }
  undo(name: string, batch: string): void {
    const unacked = this.store.writable ? this.model.undo(name, batch) : 0;
    const answer = this.fleet.pipeline.unacknowledge({ batchId: batch }, name);
    this.#note({ name, told: [], unacked, answer: orRefused(answer) });
  }
  #note(command: Command): void {
    this.commands.push(command);
    void command.answer.then((answer) => {
      if (answer === 'refused') this.model.refuse(command.name);
    });
  }

  /** All settled, shown and asked for: then everybody agrees with the model. */
  async end(): Promise<void> {
    const { fleet, store, model, viewers } = this;
    store.writable = true;
    while (store.waiting.length > 0) await store.answerOne(true);
    for (const command of this.commands) await this.#checkAnswer(command);
    await nextTurn();
    while (store.waiting.length > 0) await store.answerOne(true);
    fleet.live.publish(0);
    viewers.push(new Viewer());
    for (const viewer of viewers) viewer.ask(fleet);
    const open = new Map<string, Alert>();
    for (const [host, id] of ALERTS.entries()) {
      const held = model.held(host)?.by ?? null;
      const alert = fleet.alerts.get(id);
      same(
        `alert ${host} in the book`,
        [alert?.closedAt === null, alert?.ack?.by ?? null],
        [model.open[host], held],
      );
      same(`alert ${host} in the store`, await store.alert(id), alert);
      if (alert?.closedAt === null) open.set(id, alert);
    }
    for (const [i, { view }] of viewers.entries()) {
      same(
        `states of viewer ${i}`,
        Buffer.from(view.states).toString('hex'),
        Buffer.from(fleet.live.states()).toString('hex'),
      );
      same(`alerts of viewer ${i}`, byId(view.alerts.open()), byId(open));
    }
    const acked = [...open.values()].filter(({ ack }) => ack !== null).length;
    same('counts', [fleet.live.counts().down, fleet.live.counts().acknowledged], [open.size, acked]);
    same('faults', fleet.faults, []);
    await this.#checkHistory();
  }

  async #checkAnswer({ name, told, unacked, answer: promise }: Command): Promise<void> {
    const answer = await promise;
    if (answer === 'refused') return;
    if ('unacked' in answer) return same(`answer to ${name}`, answer.unacked, unacked);
    const outcomes = told.map(({ outcome, owner }) =>
      outcome === 'alreadyAcked' && this.model.refused.has(owner!) ? 'skipped' : outcome,
    );
    const count = (outcome: string): number => outcomes.filter((each) => each === outcome).length;
    const counts = [answer.acked, answer.alreadyAcked, answer.skipped];
    same(`counts for ${name}`, counts, [count('acked'), count('alreadyAcked'), count('skipped')]);
    for (const [host, result] of (answer.results ?? []).entries()) {
      const owner =
        outcomes[host] === 'acked' ? name : outcomes[host] === 'skipped' ? null : told[host]!.owner;
      same(`${name} on ${host}`, [result.outcome, result.ack?.by ?? null], [outcomes[host], owner]);
    }
  }

  /** Of a command all is there, or nothing. */
  async #checkHistory(): Promise<void> {
    const { events } = await this.store.events({ limit: 999 });
    const { entries } = await this.store.audit({ limit: 99 });
    for (const { name, told, unacked, answer } of this.commands) {
      const changed = told.filter(({ outcome }) => outcome === 'acked').length + unacked;
      const kept = (await answer) === 'refused' ? 0 : changed;
      same(`events of ${name}`, events.filter(({ by }) => by === name).length, kept);
      same(`audit of ${name}`, entries.filter(({ actor }) => actor === name).length, kept === 0 ? 0 : 1);
    }
  }
}

function orRefused<T>(answer: Promise<T>): Promise<T | 'refused'> {
  return answer.catch((error: unknown) => {
    if (error instanceof StoreUnavailable) return 'refused';
    throw error;
  });
}

function byId(alerts: ReadonlyMap<string, Alert>): [string, Alert][] {
  return [...alerts].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Quicker than an expectation, of which there would be a hundred thousand. */
function same(what: string, found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) expect(found, what).toEqual(wanted);
}

type Contender = readonly ((race: Race) => void)[];
const up: Contender = [(race) => race.transition('up', 0)];
const upAndDown: Contender = [...up, (race) => race.transition('down', 0)];
const expiry: Contender = [
  (race) => race.clock(EXPIRY_MS / 2),
  (race) => race.clock(EXPIRY_MS / 2),
  (race) => race.tick(),
];

const RACES: { name: string; first: { expiresInMs: number | null } | null; contenders: Contender[] }[] = [
  { name: 'ack against recovery', first: null, contenders: [[(race) => race.ack('ada')], upAndDown] },
  {
    name: 'ack against ack',
    first: null,
    contenders: [[(race) => race.ack('ada')], [(race) => race.ack('bob', null, true)], up],
  },
  {
    name: 'ack against expiry',
    first: { expiresInMs: EXPIRY_MS },
    contenders: [[(race) => race.ack('bob')], expiry, [(race) => race.ack('eve', EXPIRY_MS, true)]],
  },
  {
    name: 'undo against a second ack',
    first: { expiresInMs: null },
    contenders: [
      [(race) => race.undo('undo', 'first'), (race) => race.undo('again', 'first')],
      [(race) => race.ack('bob')],
      upAndDown,
    ],
  },
];

/** Whose turn it is: a contender, the disk (which refuses one in four), a tick of the live log, a viewer. */
const schedule = fc.array(fc.nat({ max: 23 }), { minLength: 8, maxLength: 24, size: 'max' });

test.each(RACES)(
  `A21, A36: $name: one winner by the sequence, everyone agrees (${INTERLEAVINGS} interleavings, seed ${SEED})`,
  async ({ first, contenders }) => {
    const wins = new Set<string>();
    const property = fc.asyncProperty(schedule, async (turns) => {
      const race = new Race();
      await race.begin(first);
      const left = contenders.map((steps) => [...steps]);
      for (const turn of turns) {
        if (turn < 12) left[turn % left.length]!.shift()?.(race);
        else if (turn < 15) await race.store.answerOne(true);
        else if (turn < 16) await race.store.answerOne(false);
        else if (turn < 18) race.fleet.live.publish(0);
        else if (turn < 20) race.viewers[turn % 2]!.ask(race.fleet);
        else if (turn < 21) race.viewers.push(new Viewer());
        else if (turn < 22) race.store.writable = !race.store.writable;
        else await nextTurn();
      }
      race.store.writable = true;
      for (const steps of left) for (const happen of steps) happen(race);
      await race.end();
      wins.add(JSON.stringify(ALERTS.map((id) => race.fleet.alerts.get(id)?.ack?.by ?? null)));
    });
    await fc.assert(property, { seed: SEED, numRuns: INTERLEAVINGS });
    // Had one contender always won there would have been no race.
    expect(wins.size).toBeGreaterThan(1);
  },
  60_000,
);
