/**
 * What every live transport must do, whatever carries it. A transport joins with an adapter for its client.
 * Real sockets, real clients, ticks published by hand.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Alert } from '#lib/protocol/alert.ts';
import { digestOf } from '#lib/protocol/digest.ts';
import type { DiffFrame, Frame } from '#lib/protocol/frames.ts';
import type { LiveIdentity } from '../auth/live-identity.ts';
import { bearer, cookieOf, granted, TestAccounts, VIC } from '../auth/testing/test-accounts.ts';
import { SLOT_REST_MS } from '../live/slot-allotment.ts';
import { MAX_UNACKED_FRAMES, STALLED_AFTER_MS } from '../live/viewer.ts';
import { bytesInUse } from '../testing/memory-in-use.ts';
import { ContractServer, type ContractServerOptions } from './contract-server.ts';
import { Refused, type TransportAdapter } from './contract-viewer.ts';

const UP = 2;
const DOWN = 4;

/** Timers that keep this process alive. */
export function runningTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

const ALERT: Alert = {
  id: '00112233445566aa-1',
  hostId: '00112233445566aa',
  host: 'web-ä',
  episode: 1,
  openedAt: 5,
  closedAt: null,
  reason: 'no heartbeat for 5.0 s',
  evidence: null,
  incidentId: null,
  ack: { by: 'ops', at: 7, comment: null, expiresAt: null },
};

export function transportContract(adapter: TransportAdapter): void {
  describe(`${adapter.name}: the contract of a live transport`, () => {
    let server: ContractServer;

    const start = (options?: ContractServerOptions): Promise<ContractServer> =>
      new ContractServer(options).listen().then((listening) => {
        server = listening;
        return listening;
      });

    afterEach(() => {
      vi.useRealTimers();
      return server.close();
    });

    /** A viewer that knows everything published so far. */
    async function currentViewer() {
      const viewer = await adapter.connect(server);
      await viewer.until((view) => view.position?.s === server.log.seq);
      viewer.view.frames.length = 0;
      return viewer;
    }

    test('L30: a snapshot first', async () => {
      await start();
      server.addHosts(3_000);
      server.set([7, DOWN]);
      const viewer = await adapter.connect(server);
      await viewer.until((view) => view.position !== null);
      expect(viewer.view.kinds).toBe('S');
      expect(viewer.view.position).toEqual(server.log.position);
      expect(viewer.view.states).toEqual(server.log.states().slice());
      expect(viewer.view.digest).toBe(server.log.digest());
    });

    test('L30: then diffs, one a tick, two changes in one tick together', async () => {
      await start();
      server.addHosts(100);
      const viewer = await currentViewer();
      server.set([1, DOWN], [90, DOWN]);
      await viewer.until((view) => view.position?.s === 2);
      server.set([1, UP]);
      await viewer.until((view) => view.position?.s === 3);
      const diffs = viewer.view.frames.filter((frame) => frame.t === 'D');
      expect(diffs.map(({ f, s, states }) => [f, s, [...states]])).toEqual([
        [1, 2, [DOWN, DOWN]],
        [2, 3, [UP]],
      ]);
      expect(viewer.view.states).toEqual(server.log.states().slice());
    });

    test('L30: one merged diff from the position of an earlier connection', async () => {
      await start();
      server.addHosts(100);
      const known = { position: server.log.position, states: server.log.states() };
      const states = known.states.slice();
      for (let i = 0; i < 50; i++) server.set([i, DOWN]);
      const viewer = await adapter.connect(server, { position: known.position, states });
      await viewer.until((view) => view.position?.s === server.log.seq);
      expect(viewer.view.kinds).toBe('D');
      expect(viewer.view.frames[0]).toMatchObject({ f: 1, s: 51 });
      expect(viewer.view.digest).toBe(server.log.digest());
    });

    test('L22, L30: a beat first at the present position', async () => {
      await start();
      server.addHosts(3);
      const { position } = server.log;
      const viewer = await adapter.connect(server, { position, states: server.log.states() });
      await viewer.until((view) => view.frames.length > 0);
      expect(viewer.view.kinds).toBe('B');
      server.set([0, DOWN]);
      await viewer.until((view) => view.position?.s === 2);
      expect(viewer.view.kinds.at(-1)).toBe('D');
    });

    test('L30: R and S for another epoch, a position ahead, and one below the floor', async () => {
      await start({ capacity: 4 });
      server.addHosts(4);
      const why = async (e: string, s: number): Promise<[string, unknown]> => {
        const viewer = await adapter.connect(server, { position: { e, s } });
        await viewer.until((view) => view.frames.some((frame) => frame.t === 'S'));
        expect(viewer.view.digest).toBe(server.log.digest());
        const [first] = viewer.view.frames;
        const reset = first?.t === 'R' ? first.why : null;
        viewer.abort();
        return [viewer.view.kinds, reset];
      };
      const { epoch } = server.log;
      expect(await why('ffffffffffffffff', 1)).toEqual(['RS', 'epoch']);
      expect(await why(epoch, 99)).toEqual(['RS', 'gap']);
      server.log.freeSlot(0, server.viewers.clock());
      server.publish();
      server.aheadMs += SLOT_REST_MS;
      server.log.stageState(server.log.allotSlot(server.viewers.clock())!, UP);
      server.publish();
      expect(await why(epoch, 1)).toEqual(['RS', 'old']);
    });

    test('L30: a tick of alerts alone is A and a D without slots', async () => {
      await start();
      server.addHosts(3);
      const viewer = await currentViewer();
      server.log.stageAlert(ALERT);
      server.publish();
      await viewer.until((view) => view.position?.s === 2);
      const [alerts, diff] = viewer.view.frames.filter((frame) => frame.t !== 'B') as [Frame, DiffFrame];
      expect(alerts).toMatchObject({ t: 'A', f: 1, s: 2, alerts: [ALERT], counts: { total: 3, up: 3 } });
      expect([diff.t, diff.slots.length, diff.states.length]).toEqual(['D', 0, 0]);
      const later = await adapter.connect(server);
      await later.until((view) => view.position?.s === 2);
      expect(later.view.kinds).toBe('AS');
      expect(later.view.frames[0]).toMatchObject({ f: 0, s: 2, alerts: [ALERT] });
    });

    test('L46: S, D and B carry the digest of what a viewer then knows', async () => {
      await start();
      server.addHosts(500);
      server.set([3, DOWN], [4, DOWN | 16]);
      const viewer = await adapter.connect(server);
      await viewer.until((view) => view.position !== null);
      server.log.freeSlot(7, server.viewers.clock());
      server.set([499, 5], [4, UP]);
      await viewer.until((view) => view.position?.s === 3);
      server.aheadMs += 5_000;
      await viewer.until((view) => view.kinds.endsWith('B'));
      const digests = viewer.view.frames.flatMap((frame) => ('dig' in frame ? [[frame.t, frame.dig]] : []));
      const [first, ...others] = digests;
      expect(digests.map(([t]) => t).join('')).toMatch(/^SB*DB+$/);
      expect(digests.at(-1)).toEqual(['B', digestOf(server.log.states())]);
      expect(others.find(([t]) => t === 'D')?.[1]).not.toBe(first?.[1]);
    });

    test('L22, L30: a beat when nothing is new', async () => {
      await start();
      server.addHosts(3);
      const viewer = await currentViewer();
      const beat = viewer.until((view) => view.frames.some((frame) => frame.t === 'B'));
      server.aheadMs += 5_000;
      await beat;
      expect(viewer.view.frames.at(-1)).toMatchObject({
        e: server.log.epoch,
        s: 1,
        dig: server.log.digest(),
        rates: { heartbeatsPerSecond: 100, blind: false },
      });
    });

    test('L20, L31: a viewer that stops reading gets the frames in flight and one merged diff', async () => {
      const slots = 20_000;
      const ticks = 120;
      await start();
      server.addHosts(slots);
      const viewer = await currentViewer();
      await viewer.stopReading();
      const stoppedAt = server.log.seq;
      // A diff of 40 kB each: 5 MB, were they queued.
      const all = (state: number) =>
        Array.from({ length: slots }, (_, slot): [number, number] => [slot, state]);
      const rounds = [all(DOWN), all(UP)];
      const tick = async (number: number): Promise<void> => {
        server.set(...rounds[number % 2]!);
        await turn();
      };
      // Without acks what is in flight is what the kernel takes, and more than one frame never waits in this process.
      const inFlightIsFull = (): boolean =>
        adapter.acknowledges || !adapter.pushes || server.bufferedBytes > 0;
      for (let settled = 0, i = 0; settled < 40; i++) {
        const held = server.bufferedBytes;
        await tick(i);
        settled = inFlightIsFull() && server.bufferedBytes === held ? settled + 1 : 0;
      }
      const settledAt = server.log.seq;
      const before = await bytesInUse();
      for (let i = 0; i < ticks; i++) await tick(i);
      server.set([0, DOWN]);
      expect((await bytesInUse()) - before).toBeLessThan(2_000_000);
      expect(server.bufferedBytes).toBeLessThan(1_000_000);

      viewer.resumeReading();
      await viewer.until((view) => view.position?.s === server.log.seq);
      const spans = viewer.view.frames.flatMap((frame) =>
        frame.t === 'D' ? [[frame.f, frame.s] as const] : [],
      );
      const inFlight = spans.filter(([, s]) => s <= settledAt);
      if (adapter.acknowledges) expect(inFlight.length).toBeLessThanOrEqual(MAX_UNACKED_FRAMES);
      expect(spans.slice(inFlight.length)).toEqual([[inFlight.at(-1)?.[1] ?? stoppedAt, server.log.seq]]);
      expect(viewer.view.states).toEqual(server.log.states().slice());
    });

    test('L23, L31: a viewer that takes nothing for ten seconds while data waits is closed', async () => {
      await start({ maxPerAddress: 1 });
      server.addHosts(3);
      const viewer = await currentViewer();
      // An answer to a poll has a timer of its own. (Those of Socket.IO would close the connection, too.)
      if (!adapter.pushes) vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      if (adapter.pushes) await viewer.stopReading();
      // 40 MB, more than the kernel takes at its most generous.
      const ack = { by: 'ops', at: 7, comment: 'x'.repeat(80_000), expiresAt: null };
      for (let i = 0; i < 500; i++) server.log.stageAlert({ ...ALERT, id: `${ALERT.hostId}-${i}`, ack });
      server.publish();
      if (!adapter.pushes) await viewer.stopReading();
      await vi.waitFor(() => expect(server.bufferedBytes).toBeGreaterThan(0));
      server.set([0, DOWN]);
      expect(server.sockets.size).toBe(1);
      // Again and again: the kernel may still have been taking some of it.
      await vi.waitFor(
        () => {
          server.aheadMs += STALLED_AFTER_MS;
          if (!adapter.pushes) vi.advanceTimersByTime(STALLED_AFTER_MS);
          expect(server.sockets.size).toBe(0);
        },
        { timeout: 10_000, interval: 200 },
      );
      vi.useRealTimers();
      expect(server.viewers.size).toBe(0);
      const next = await adapter.connect(server, {
        position: server.log.position,
        states: server.log.states(),
      });
      next.abort();
    });

    test('L47: a change at whatever instant of its arrival reaches a viewer', async () => {
      await start();
      server.addHosts(3);
      const change = (): void => server.set([0, server.log.stateAt(0) === DOWN ? UP : DOWN]);
      for (const step of ['take', 'add'] as const) {
        for (const when of ['before', 'after']) {
          let changed = false;
          const original = server.viewers[step].bind(server.viewers) as (given: never) => never;
          const spy = vi.spyOn(server.viewers, step).mockImplementationOnce((given: unknown) => {
            if (when === 'before') change();
            const result = original(given as never);
            if (when === 'after') change();
            changed = true;
            return result;
          });
          const viewer = await adapter.connect(server, {
            position: server.log.position,
            states: server.log.states(),
          });
          // Short polling has no second step: it is asked again.
          if (!changed) change();
          await viewer.until((view) => view.position?.s === server.log.seq);
          expect(viewer.view.states).toEqual(server.log.states().slice());
          viewer.abort();
          spy.mockRestore();
        }
      }
    });

    test('L24, L32: a viewer whose socket is cut leaves nothing behind', async () => {
      await start({ maxPerAddress: 1 });
      server.addHosts(3);
      const timers = runningTimers();
      const viewer = await currentViewer();
      if (!adapter.pushes) await viewer.stopReading();
      viewer.abort();
      await vi.waitFor(() => expect(server.sockets.size).toBe(0));
      expect(server.viewers.size).toBe(0);
      await vi.waitFor(() => expect(runningTimers()).toBeLessThanOrEqual(timers));
      server.set([0, DOWN]);
      const next = await adapter.connect(server);
      await next.until((view) => view.position?.s === 2);
    });

    /** A server that people sign in to; vic, a viewer, is signed in. */
    async function startForVic() {
      const { test: people } = await TestAccounts.withAda();
      const { authenticate } = people.accounts;
      await start({ authenticate, maxPerAddress: 2_000 });
      server.addHosts(3);
      const signedIn = await people.signIn(VIC.name, VIC.password);
      const identity = people.identityOf(signedIn) as LiveIdentity;
      return { people, identity, headers: cookieOf(signedIn) };
    }

    test('L63: who is signed in as a viewer, by cookie or token, is served; nobody else is', async () => {
      const { people, identity, headers } = await startForVic();
      const wish = { name: 'wall', role: 'viewer', expiresInMs: null } as const;
      const { token } = granted(await people.accounts.tokens.create(wish, identity));
      for (const who of [headers, bearer(token)]) {
        const viewer = await adapter.connect(server, { headers: who });
        await viewer.until((view) => view.position?.s === server.log.seq);
        server.set([0, server.log.stateAt(0) === DOWN ? UP : DOWN]);
        await viewer.until((view) => view.position?.s === server.log.seq);
        viewer.abort();
      }
      const strangers: Record<string, string>[] = [
        {},
        { cookie: 'pulsewatch_session=x' },
        { ...headers, ...bearer(`${token}x`) },
      ];
      for (const who of strangers) {
        const refusal = await adapter.connect(server, { headers: who }).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(Refused);
        expect(refusal).toMatchObject({ status: 401 });
      }
      await people.accounts.stop();
    });

    test('L64: a viewer whose session ends is sent away at once, and not let in again', async () => {
      const { people, identity, headers } = await startForVic();
      const viewer = await adapter.connect(server, { headers });
      await viewer.until((view) => view.position?.s === server.log.seq);
      if (adapter.holds) {
        await viewer.stopReading();
        await vi.waitFor(() => expect(server.viewers.size).toBe(1));
      }
      const seen = viewer.view.frames.length;
      granted(await people.accounts.revokeSession(identity.sessionId!, identity));
      // Of what happens from now on it learns nothing.
      server.set([0, DOWN]);
      const end = viewer.until(() => false);
      if (adapter.pushes) await expect(end).rejects.toThrow();
      else await expect(end).rejects.toMatchObject({ status: 401 });
      expect(viewer.view.frames.length).toBe(seen);
      await vi.waitFor(() => expect(server.sockets.size).toBe(0), { timeout: 5_000 });
      expect(server.viewers.size).toBe(0);
      const refusal = await adapter.connect(server, { headers }).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ status: 401 });
      await people.accounts.stop();
    });

    test('L64: also one that does not read any more', async () => {
      const { people, identity, headers } = await startForVic();
      const viewer = await adapter.connect(server, { headers });
      await viewer.until((view) => view.position?.s === server.log.seq);
      await viewer.stopReading();
      // More than the kernel takes, so that an ending waits behind it.
      const ack = { by: 'ops', at: 7, comment: 'x'.repeat(80_000), expiresAt: null };
      for (let i = 0; i < 200; i++) server.log.stageAlert({ ...ALERT, id: `${ALERT.hostId}-${i}`, ack });
      server.publish();
      granted(await people.accounts.revokeSession(identity.sessionId!, identity));
      if (adapter.pushes) await vi.waitFor(() => expect(server.sockets.size).toBe(0), { timeout: 5_000 });
      expect([server.viewers.size, identity.listeners]).toEqual([0, 0]);
      viewer.abort();
      await people.accounts.stop();
    });

    test('L66: of viewers that came and went nothing is left at the session they came with', async () => {
      const { people, identity, headers } = await startForVic();
      for (let round = 0; round < 20; round++) {
        const viewers = await Promise.all(
          Array.from({ length: 50 }, () => adapter.connect(server, { headers })),
        );
        if (!adapter.pushes) await Promise.all(viewers.map((viewer) => viewer.stopReading()));
        const open = adapter.pushes || adapter.holds ? 50 : 0;
        await vi.waitFor(() => expect(identity.listeners).toBe(open), { timeout: 5_000 });
        for (const viewer of viewers) viewer.abort();
        await vi.waitFor(() => expect([identity.listeners, server.viewers.size]).toEqual([0, 0]), {
          timeout: 5_000,
        });
      }
      await people.accounts.stop();
    });

    test('L33: foreign Host or Origin is refused', async () => {
      await start();
      const foreign = [
        { origin: 'http://evil.example' },
        { origin: 'null' },
        { origin: `${server.origin}.evil.example` },
        { host: 'evil.example' },
      ];
      for (const options of foreign) {
        const refusal = await adapter.connect(server, options).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(Refused);
        expect(refusal).toMatchObject({ status: 403 });
      }
      expect(server.viewers.size).toBe(0);
    });

    test.each([{ maxViewers: 2 }, { maxPerAddress: 2 }])(
      'L24, L33: with %j, 503 with a time to try again until a place is free',
      async (limits) => {
        await start(limits);
        const places = [server.viewers.take('127.0.0.1'), server.viewers.take('127.0.0.1')];
        const refusal = await adapter.connect(server).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(Refused);
        expect(refusal).toMatchObject({ status: 503, retryAfterMs: 5_000 });
        places[0]!.release();
        places[0]!.release();
        const viewer = await adapter.connect(server);
        await viewer.until((view) => view.position !== null);
      },
    );
  });
}
