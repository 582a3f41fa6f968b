/** What every page promises to whoever looks, listens, types or has little room. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright/test';
import { complaintsOf, expect, type Server, type Stage, test } from './support/pulsewatch.ts';
import { scriptsBeforeData } from './support/scripts-before-data.ts';

const pill = (page: Page) => page.getByTestId('connection-pill');

async function fleet(stage: Stage, server: Server, ...options: string[]) {
  const target = ['--server', `127.0.0.1:${server.heartbeatPort}`, '--seed', '5'];
  return stage.pulsewatch(['simulate', ...target, ...options], /.+/);
}

async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await expect(pill(page)).toHaveAttribute('data-status', 'live');
}

/** Keys act once the rest of the shell is there, which brings the announcer with it. */
async function openForKeys(page: Page, address: string): Promise<void> {
  await open(page, address);
  await expect(page.getByTestId('announcer')).toBeAttached();
}

/** The most that came together within a span: `counts` are running totals at instants in ms. */
function mostWithin(counts: readonly { atMs: number; total: number }[], spanMs: number): number {
  let most = 0;
  for (const end of counts) {
    const start = counts.find(({ atMs }) => atMs >= end.atMs - spanMs);
    if (start) most = Math.max(most, end.total - start.total);
  }
  return most;
}

test('a thousand transitions within two seconds are announced at most twice', async ({ stage, page }) => {
  const HOSTS = 1_200;
  const server = await stage.server();
  const simulate = await fleet(stage, server, '--hosts', String(HOSTS), '--interval', '500ms');
  await expect.poll(async () => (await server.health()).hosts.up).toBe(HOSTS);
  const complaints = complaintsOf(page);
  await openForKeys(page, server.url);
  await page.getByTestId('announcer').evaluate((announcer) => {
    const said: { atMs: number; total: number }[] = [];
    Object.assign(window, { said });
    new MutationObserver((records) => {
      said.push({ atMs: performance.now(), total: (said.at(-1)?.total ?? 0) + records.length });
    }).observe(announcer, { childList: true, characterData: true, subtree: true });
  });

  await stage.end(simulate, 'SIGKILL');
  const transitions: { atMs: number; total: number }[] = [];
  await expect
    .poll(
      async () => {
        const health = await server.health();
        const { late, down } = health.transitions;
        transitions.push({ atMs: performance.now(), total: late + down });
        return health.hosts.down;
      },
      { intervals: [50] },
    )
    .toBe(HOSTS);
  expect(mostWithin(transitions, 2_000)).toBeGreaterThanOrEqual(1_000);

  await expect(page.getByTestId('announcer')).toContainText(/hosts are down/);
  const said = await page.evaluate(() => (window as unknown as { said: typeof transitions }).said);
  expect(said.length).toBeGreaterThan(0);
  expect(mostWithin([{ atMs: 0, total: 0 }, ...said], 2_000)).toBeLessThanOrEqual(2);
  expect(said.filter(({ atMs }) => atMs <= said[0]!.atMs + 2_000).length).toBeLessThanOrEqual(2);
  expect(complaints).toEqual([]);
});

test('paused, no list changes for five seconds while hosts do', async ({ stage, context }) => {
  const server = await stage.server();
  await fleet(stage, server, '--hosts', '120', '--interval', '200ms', '--flap', '60', '--kill', '5@2s');
  await expect.poll(async () => (await server.health()).transitions.down).toBeGreaterThan(5);
  const lists: [string, string][] = [
    ['/', '[data-testid="newest-alerts"], [data-testid="newest-changes"]'],
    ['/hosts', '[data-testid="host-list"]'],
    ['/alerts', '[data-testid="alert-list"]'],
  ];
  const pages = await Promise.all(
    lists.map(async ([path, selector]) => {
      const page = await context.newPage();
      const complaints = complaintsOf(page);
      await openForKeys(page, server.url + path);
      const many = selector.split(',').length;
      await expect(page.locator(selector)).toHaveCount(many);
      await expect(page.locator(selector).first()).toContainText(/host-/);
      return { page, path, selector, complaints };
    }),
  );
  const changesOf = (page: Page) => page.evaluate(() => (window as unknown as { changes: string[] }).changes);
  for (const { page, selector } of pages) {
    await page.keyboard.press('p');
    await expect(pill(page)).toHaveAttribute('data-status', 'paused');
    await page.evaluate((lists) => {
      const changes: string[] = [];
      Object.assign(window, { changes });
      const observer = new MutationObserver((records) => {
        for (const { type, target } of records) changes.push(`${type} in ${target.parentElement?.outerHTML}`);
      });
      for (const list of document.querySelectorAll(lists)) {
        observer.observe(list, { subtree: true, childList: true, characterData: true, attributes: true });
      }
    }, selector);
  }
  const before = (await server.health()).transitions.down;
  // The rule is about this span.
  await pages[0]!.page.waitForTimeout(5_000);
  expect((await server.health()).transitions.down).toBeGreaterThan(before);
  for (const { page, path } of pages) expect(await changesOf(page), path).toEqual([]);

  for (const { page, path, complaints } of pages) {
    await page.keyboard.press('p');
    await expect(pill(page)).toHaveAttribute('data-status', 'live');
    await expect.poll(async () => (await changesOf(page)).length, path).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  }
});

test('at 320 px nothing but tables scrolls sideways', async ({ stage, browser }) => {
  const server = await stage.server({ flags: ['--demo'] });
  const names = ['--prefix', 'a-name-as-long-as-some-are-in-berlin-', '--hosts', '1500'];
  await fleet(stage, server, ...names, '--interval', '500ms', '--kill', '1200@2s');
  await expect.poll(async () => (await server.health()).hosts.down).toBe(1_200);
  const [host] = (await server.hosts('?state=down&limit=1')).hosts;
  for (const locale of ['en', 'zh-CN']) {
    const context = await browser.newContext({ viewport: { width: 320, height: 640 }, locale });
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    const paths = [
      '/',
      '/hosts',
      `/hosts/${host!.name}`,
      '/alerts',
      '/alerts?status=open',
      '/events',
      '/settings',
      '/add',
    ];
    for (const path of paths) {
      await openForKeys(page, server.url + path);
      await expect(page.getByTestId('demo-label')).toBeVisible();
      await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
      const sideways = () =>
        page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(await sideways(), `${path} ${locale}`).toBe(0);
    }
    await page.keyboard.press('p');
    await expect(pill(page)).toHaveAttribute('data-status', 'paused');
    expect(complaints).toEqual([]);
    await context.close();
  }
});

test('with reduced motion nothing moves by itself, from the first frame on', async ({ stage, browser }) => {
  const server = await stage.server();
  await fleet(stage, server, '--hosts', '60', '--interval', '200ms', '--kill', '3@1s', '--flap', '10');
  await expect.poll(async () => (await server.health()).hosts.down).toBeGreaterThanOrEqual(3);
  const movingOn = async (reducedMotion: 'reduce' | 'no-preference', paths: readonly string[]) => {
    const context = await browser.newContext({ reducedMotion });
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    await page.addInitScript(() => {
      const moved = new Set<string>();
      Object.assign(window, { moved });
      const look = (): void => {
        for (const animation of document.getAnimations()) {
          if (animation.playState === 'running') moved.add(animation.constructor.name);
        }
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    const moved: string[] = [];
    for (const path of paths) {
      await openForKeys(page, server.url + path);
      await page.locator('main').hover();
      moved.push(...(await page.evaluate(() => [...(window as unknown as { moved: Set<string> }).moved])));
    }
    expect(complaints).toEqual([]);
    await context.close();
    return moved;
  };
  expect(await movingOn('reduce', ['/', '/hosts', '/alerts', '/settings', '/add'])).toEqual([]);
  // What is looked for is found where motion is welcome: placeholders pulse while the page loads.
  expect(await movingOn('no-preference', ['/'])).toContain('CSSAnimation');
});

test('the keyboard alone: pages, filter, rows, help, palette; inert where somebody types', async ({
  stage,
  page,
}) => {
  const server = await stage.server();
  await fleet(stage, server, '--hosts', '30', '--interval', '200ms');
  await expect.poll(async () => (await server.health()).hosts.up).toBe(30);
  const complaints = complaintsOf(page);
  await openForKeys(page, server.url);

  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await expect(page).toHaveURL(/\/hosts$/);
  const rows = page.locator('[data-testid="host-list"] tbody tr');
  await expect(rows).toHaveCount(30);

  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(rows.nth(1).getByRole('link').first()).toBeFocused();
  await page.keyboard.press('k');
  await expect(rows.nth(0).getByRole('link').first()).toBeFocused();
  await page.keyboard.press('x');
  await expect(rows.nth(0).getByRole('checkbox')).toBeChecked();
  await page.keyboard.press('Escape');
  await expect(rows.nth(0).getByRole('checkbox')).not.toBeChecked();

  await page.keyboard.press('/');
  const filter = page.getByRole('textbox', { name: /name/i });
  await expect(filter).toBeFocused();
  await page.keyboard.type('gh?xp');
  await expect(filter).toHaveValue('gh?xp');
  await expect(page).toHaveURL(/\/hosts\?q=/);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(pill(page)).toHaveAttribute('data-status', 'live');
  await page.keyboard.press('Escape');
  await expect(filter).toHaveValue('');
  await page.keyboard.press('Escape');
  await expect(filter).not.toBeFocused();

  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(help).toContainText('Ctrl/⌘ K');
  await page.keyboard.press('Escape');
  await expect(help).toHaveCount(0);

  const palette = page.getByRole('dialog', { name: 'Search and go' });
  await page.keyboard.press('Control+k');
  await expect(palette.getByRole('combobox')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(palette).toHaveCount(0);
  // From inside a field too.
  await filter.focus();
  await page.keyboard.press('Control+k');
  await expect(palette.getByRole('combobox')).toBeFocused();
  await page.keyboard.type('host-17');
  await expect(palette.getByRole('option', { name: 'host-17' })).toHaveAttribute('aria-selected', 'true');
  const { violations } = await new AxeBuilder({ page }).include('[data-palette]').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(' ')}`)).toEqual(
    [],
  );
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/hosts\/host-17$/);
  await expect(palette).toHaveCount(0);

  await page.keyboard.press('Control+k');
  await expect(palette.getByRole('combobox')).toBeFocused();
  await page.keyboard.type('theme');
  await expect(palette.getByRole('option')).toHaveCount(3);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  expect(complaints).toEqual([]);
});

test('with the server gone, what an outage asks for is there and nothing takes the page down', async ({
  stage,
  page,
}) => {
  const server = await stage.server();
  await fleet(stage, server, '--hosts', '20', '--interval', '200ms', '--kill', '2@1s');
  await expect.poll(async () => (await server.health()).hosts.down).toBe(2);
  const complaints = complaintsOf(page);
  await openForKeys(page, `${server.url}/alerts`);
  await expect(page.getByTestId('alert-list').getByRole('row')).toHaveCount(3);
  // The parts nobody has opened yet come by themselves.
  await expect
    .poll(() =>
      page.evaluate(async () => {
        const fetched = () => performance.getEntriesByType('resource').length;
        const before = fetched();
        await new Promise((resolve) => setTimeout(resolve, 300));
        return fetched() - before;
      }),
    )
    .toBe(0);
  await stage.end(server.child);
  await expect(page.getByTestId('stale-banner')).toBeVisible();

  await pill(page).click();
  await expect(page.getByTestId('position')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Search and go' });
  await palette.getByRole('combobox').fill('host-1');
  await expect(palette.getByRole('status')).toContainText('could not be searched');
  await page.keyboard.press('Escape');
  await page.locator('[data-testid="alert-list"] time').first().hover();
  await expect(page.getByRole('tooltip')).toBeVisible();
  await page
    .getByRole('button', { name: /^Acknowledge host-/ })
    .first()
    .click();
  await expect(page.getByRole('dialog').getByLabel('Your name')).toBeFocused();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Alerts');
  // The browser itself reports each request that nobody answers.
  expect(complaints.filter((text) => !/ERR_CONNECTION_REFUSED|WebSocket connection/.test(text))).toEqual([]);
});

test('parts of a page that cannot be fetched take nothing with them, and come when they can', async ({
  stage,
  context,
}) => {
  const server = await stage.server();
  await fleet(stage, server, '--hosts', '5', '--interval', '200ms');
  // By polling, which needs no code of its own.
  const address = `${server.url}/hosts?transport=polling`;
  const needed = new Set(await scriptsBeforeData(await context.newPage(), address));

  const page = await context.newPage();
  const broken: string[] = [];
  page.on('pageerror', (error) => broken.push(String(error)));
  let refused = 0;
  await page.route('**/_next/static/**/*.js', (route) => {
    if (needed.has(new URL(route.request().url()).pathname)) return route.continue();
    refused++;
    return route.abort();
  });
  await open(page, address);
  await expect.poll(() => refused).toBeGreaterThan(1);
  await page.locator('[data-testid="host-list"] time').first().hover();
  await expect(page.locator('[data-testid="host-list"] tbody tr')).toHaveCount(5);
  await expect(page.getByTestId('announcer')).toHaveCount(0);

  await page.unroute('**/_next/static/**/*.js');
  await expect(page.getByTestId('announcer')).toBeAttached();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  expect(broken).toEqual([]);
});

test('language and theme take effect at once, without a reload, and are kept', async ({ stage, page }) => {
  const server = await stage.server();
  await fleet(stage, server, '--hosts', '5', '--interval', '200ms');
  const complaints = complaintsOf(page);
  await open(page, `${server.url}/settings`);
  const root = page.locator('html');
  // A mark that a reload would wipe.
  await root.evaluate((html) => html.setAttribute('data-same-page', 'yes'));

  await page.getByText('Dark', { exact: true }).click();
  await expect(page.getByRole('radio', { name: 'Dark' })).toBeChecked();
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await expect(page.locator('body')).toHaveCSS('color', 'rgb(230, 237, 243)');
  await page.getByText('简体中文').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('设置');
  await expect(root).toHaveAttribute('lang', 'zh-CN');
  await expect(root).toHaveAttribute('data-same-page', 'yes');
  await expect(pill(page)).toHaveAttribute('data-status', 'live');

  await page.getByRole('link', { name: '主机', exact: true }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('主机');
  await expect(root).toHaveAttribute('data-same-page', 'yes');

  const response = await page.goto(`${server.url}/hosts`);
  expect(((await response?.text()) ?? '').slice(0, 300)).toMatch(
    /^<!DOCTYPE html><html(?=[^>]* lang="zh-CN")(?=[^>]* data-theme="dark")/,
  );
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('主机');
  expect(complaints).toEqual([]);
});

test.describe('without a choice', () => {
  test.use({ locale: 'zh-CN' });
  test('the browser’s language decides, in the first bytes already', async ({ stage, page }) => {
    const server = await stage.server();
    const response = await page.goto(server.url);
    expect(((await response?.text()) ?? '').slice(0, 300)).toMatch(/^<!DOCTYPE html><html[^>]* lang="zh-CN"/);
  });
});

test('title, badge and map tell of three that are down, and the map is used by keyboard', async ({
  stage,
  page,
}) => {
  const server = await stage.server();
  await fleet(stage, server, '--hosts', '60', '--interval', '200ms', '--kill', '3@2s');
  await expect.poll(async () => (await server.health()).hosts.down).toBe(3);
  const complaints = complaintsOf(page);
  await openForKeys(page, server.url);
  await expect(page).toHaveTitle('(3▼) Pulsewatch');
  await expect(page.getByRole('link', { name: /^Alerts/ }).first()).toContainText('3');

  const map = page.getByTestId('host-map');
  const readout = page.getByTestId('map-readout');
  await map.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await expect(readout).toContainText(/host-\d+/);
  await page.keyboard.press('PageDown');
  await expect(readout).toContainText('down');
  const name = await readout.getByRole('link').textContent();
  const { hosts } = await server.hosts('?state=down');
  expect(hosts.map((host) => host.name)).toContain(name);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${server.url}/hosts/${name}`);
  await expect(page.getByTestId('host-state')).toHaveAttribute('data-state', 'down');
  await expect(page).toHaveTitle(`(3▼) ${name} · Pulsewatch`);
  expect(complaints).toEqual([]);
});
