/**
 * A hidden tab, a browser put to sleep, a server whose clock is an hour off: no false alarm, nothing measured that
 * was not seen, and the present state on return. REAL_TIMINGS=1 hides the tab for six minutes.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { TRANSPORTS, type Transport } from '../lib/client/ladder.ts';
import { expect, type Server, type Stage, test as staged } from './support/pulsewatch.ts';
import { type Tab, TabbedBrowser } from './support/tabs.ts';
import { digestOfServer } from './support/view-digest.ts';

const REAL_TIMINGS = process.env.REAL_TIMINGS === '1';
/** Chromium slows the timers of a hidden page to one a second at once, to one a minute after five minutes. */
const HIDDEN_MS = REAL_TIMINGS ? 360_000 : 14_000;
const ASLEEP_MS = REAL_TIMINGS ? 60_000 : 14_000;

const test = staged.extend<{ browserWithTabs: TabbedBrowser }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's dependencies from the pattern.
  browserWithTabs: async ({}, use) => {
    const browser = await TabbedBrowser.start();
    await use(browser);
    browser.wake();
    await browser.close();
  },
});

const simulate = (stage: Stage, server: Server, ...more: string[]) =>
  stage.pulsewatch(
    ['simulate', '--server', `127.0.0.1:${server.heartbeatPort}`, '--seed', '11', ...more],
    /.+/,
  );

type Shown = { epoch?: string; seq?: string; digest?: string };
const pill = (tab: Tab) =>
  tab.evaluate<{ status?: string; transport?: string }>(
    `({...document.querySelector('[data-testid=connection-pill]')?.dataset})`,
  );
/** On /settings it stands on the page. */
const position = (tab: Tab) =>
  tab.evaluate<Shown>(`({...document.querySelector('[data-testid=position]')?.dataset})`);

async function expectLive(tab: Tab, transport: string): Promise<void> {
  await expect.poll(() => pill(tab), { timeout: 20_000 }).toMatchObject({ status: 'live', transport });
}

async function expectEqualTo(server: Server, tab: Tab, withinMs: number): Promise<void> {
  await expect
    .poll(
      async () => {
        const [shown, held] = await Promise.all([position(tab), digestOfServer(server)]);
        return [shown.epoch, Number(shown.seq), shown.digest].join() === Object.values(held).join();
      },
      { timeout: withinMs, message: 'the page holds what the server holds' },
    )
    .toBe(true);
}

/** Notes from now on each time the page says that something is wrong with its link. */
const watchAlarms = (tab: Tab) =>
  tab.evaluate(`{
    window.alarms = [];
    const note = (what) => { if (window.alarms.at(-1) !== what) window.alarms.push(what); };
    const look = () => {
      if (document.querySelector('[data-testid=stale-banner]')) note('stale banner');
      if (document.title.includes('?')) note('title: ' + document.title);
      if (document.querySelector('[data-testid=connection-pill]')?.dataset.status === 'stale') note('stale pill');
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    look();
  }`);
const alarmsOf = (tab: Tab) => tab.evaluate<string[]>('window.alarms');
const mismatches = (tab: Tab) =>
  tab.evaluate<string>(
    `[...document.querySelectorAll('dt')].find((dt) => dt.textContent === 'Digest mismatches')?.nextElementSibling?.textContent ?? '0'`,
  );

/** A page for each transport, all live. */
async function openAll(
  browser: TabbedBrowser,
  server: Server,
  options?: { inWindow: boolean },
): Promise<ReadonlyMap<Transport, Tab>> {
  const tabs = new Map<Transport, Tab>();
  for (const transport of TRANSPORTS) {
    const tab = await browser.open(`${server.url}/settings?transport=${transport}`, options);
    await expectLive(tab, transport);
    await watchAlarms(tab);
    tabs.set(transport, tab);
  }
  return tabs;
}

async function expectNoAlarm(tab: Tab, transport: Transport): Promise<void> {
  expect(await alarmsOf(tab), transport).toEqual([]);
  expect(await mismatches(tab), transport).toBe('0');
}

test('tabs hidden for a while: no alarm, and the present state on return, on every transport', async ({
  stage,
  browserWithTabs,
}) => {
  test.setTimeout(HIDDEN_MS + 120_000);
  const server = await stage.server();
  await simulate(stage, server, '--hosts', '200', '--interval', '200ms', '--flap', '40');
  const tabs = await openAll(browserWithTabs, server);
  await browserWithTabs.open('about:blank');
  for (const tab of tabs.values()) {
    await expect.poll(() => tab.evaluate('document.visibilityState')).toBe('hidden');
  }
  const { seq } = await server.health();
  await pause(HIDDEN_MS);
  expect((await server.health()).seq, 'changes went on').toBeGreaterThan(seq + HIDDEN_MS / 1_000);
  for (const [transport, tab] of tabs) {
    await tab.activate();
    await expect.poll(() => tab.evaluate('document.visibilityState')).toBe('visible');
    await expectLive(tab, transport);
    // Polling may be up to two seconds behind, at ten ticks a second.
    await expect
      .poll(async () => (await server.health()).seq - Number((await position(tab)).seq), { timeout: 5_000 })
      .toBeLessThan(30);
    await expectNoAlarm(tab, transport);
  }
});

test("a laptop's sleep: awake again it resynchronises and raises no alarm, on every transport", async ({
  stage,
  browserWithTabs,
}) => {
  test.setTimeout(ASLEEP_MS + 120_000);
  const server = await stage.server();
  await simulate(stage, server, '--hosts', '100', '--interval', '200ms', '--kill', '10@15s');
  await expect.poll(async () => (await server.health()).hosts.up).toBe(100);
  const tabs = await openAll(browserWithTabs, server, { inWindow: true });
  const { seq } = await server.health();
  browserWithTabs.sleep();
  await pause(ASLEEP_MS);
  await expect.poll(async () => (await server.health()).hosts.down, { timeout: 40_000 }).toBe(10);
  expect((await server.health()).seq).toBeGreaterThan(seq);
  browserWithTabs.wake();
  for (const [transport, tab] of tabs) {
    await expectEqualTo(server, tab, 5_000);
    await expectLive(tab, transport);
    await expectNoAlarm(tab, transport);
  }
});

/** Starts the comparison of the page, and waits until every lane has taken so many samples. */
async function compare(tab: Tab, samples: number): Promise<void> {
  // A button of a page that is not hydrated yet does nothing.
  const start = `{
    const phase = document.querySelector('[data-phase]')?.dataset.phase;
    const button = [...document.querySelectorAll('button')].find(({ textContent }) => textContent === 'Start');
    if (phase === 'idle') button?.click();
    phase
  }`;
  await expect.poll(() => tab.evaluate(start), { timeout: 20_000 }).toBe('running');
  await expectMoreSamples(tab, samples);
}
const samplesOf = (tab: Tab) =>
  tab.evaluate<number[]>(
    `[...document.querySelectorAll('article[data-lane]')].map((lane) => Number(lane.dataset.samples))`,
  );
async function expectMoreSamples(tab: Tab, than: number): Promise<void> {
  await expect
    .poll(async () => (await samplesOf(tab)).map((samples) => samples > than), { timeout: 30_000 })
    .toEqual(TRANSPORTS.map(() => true));
}
/** The slowest sample of each lane, ms, from its table. */
const p99Of = (tab: Tab) =>
  tab.evaluate<number[]>(
    `[...document.querySelectorAll('tr[data-measure=appliedP99] td')].map((cell) => Number(/[\\d,.]+/.exec(cell.textContent)[0].replaceAll(',', '')))`,
  );

test('while nobody looks the comparison takes no samples, and none of what happened meanwhile', async ({
  stage,
  browserWithTabs,
}) => {
  test.setTimeout(180_000);
  const awayMs = REAL_TIMINGS ? 60_000 : 10_000;
  const server = await stage.server();
  const tab = await browserWithTabs.open(`${server.url}/transports?rate=10&poll=500`);
  const startedAt = Date.now();
  await compare(tab, 20);

  await browserWithTabs.open('about:blank');
  await expect.poll(() => tab.evaluate('document.visibilityState')).toBe('hidden');
  // What was on the screen before may still be booked.
  await pause(2_000);
  const hidden = await samplesOf(tab);
  await pause(awayMs);
  expect(await samplesOf(tab)).toEqual(hidden);
  await tab.activate();
  await expectMoreSamples(tab, Math.max(...hidden) + 20);

  const before = Math.max(...(await samplesOf(tab)));
  browserWithTabs.sleep();
  await pause(awayMs);
  browserWithTabs.wake();
  await expectMoreSamples(tab, before + 20);
  for (const p99 of await p99Of(tab)) expect(p99).toBeLessThan(awayMs / 2);
  const taken = Math.max(...(await samplesOf(tab)));
  const awakeS = (Date.now() - startedAt - 2 * awayMs) / 1_000;
  expect(taken, 'ten changes a second, while somebody looked').toBeLessThan(12 * awakeS + 20);
});

test('a server whose clock is an hour ahead: ages, states and latencies are right all the same', async ({
  stage,
  browserWithTabs,
}) => {
  test.setTimeout(120_000);
  const server = await stage.server({ clockAhead: '1h' });
  await simulate(stage, server, '--hosts', '20', '--interval', '200ms', '--kill', '2@3s');
  await expect.poll(async () => (await server.health()).hosts.up).toBeGreaterThan(0);
  expect((await server.hosts()).hosts[0]!.lastSeenAt! - Date.now()).toBeGreaterThan(3_500_000);
  const tab = await browserWithTabs.open(`${server.url}/transports?rate=10&poll=500`);
  await expectLive(tab, 'socketio');
  await watchAlarms(tab);
  await compare(tab, 30);
  for (const p99 of await p99Of(tab)) expect(p99).toBeLessThan(10_000);
  expect(await alarmsOf(tab)).toEqual([]);

  await expect.poll(async () => (await server.health()).hosts.down).toBe(2);
  const down = (await server.hosts('?state=down')).hosts[0]!;
  const host = await browserWithTabs.open(`${server.url}/hosts/${down.name}`);
  await expectLive(host, 'socketio');
  await expect
    .poll(() => host.evaluate('document.body.innerText'), { timeout: 10_000 })
    .toMatch(/no heartbeat for/i);
  // Its incarnation is an instant of the agent's own clock.
  const words = (await host.evaluate<string>('document.body.innerText')).replace(/Agent started\n.*/, '');
  expect(words).toMatch(/Last beat\n\d+ sec/);
  expect(words, 'nothing is an hour old, or to come').not.toMatch(/\b(59|60|61) min|\b1 h|in \d+ (s|min)/);
});
