/** Sign-in: the first administrator, a viewer who can watch and change nothing, a session that is taken away. */
import type { BrowserContext, Page } from 'playwright/test';
import type { SessionList } from '../lib/protocol/account.ts';
import type { AlertPage } from '../lib/protocol/api.ts';
import { complaintsOf, expect, type Server, test } from './support/pulsewatch.ts';

const pill = (page: Page) => page.getByTestId('connection-pill');
const TRANSPORTS = ['socketio', 'sse', 'long-polling', 'polling'] as const;
const ROOT_PASSWORD = 'correct horse battery';
const VIEWER_PASSWORD = 'only watching here';
const ENDED_WITHIN_MS = 5_000;

async function setupTokenOf(server: Server): Promise<string> {
  await expect.poll(() => server.output).toMatch(/setup token: \S+/);
  return /setup token: (\S+)/.exec(server.output)![1]!;
}

async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** As the page itself would ask, with the cookies of its context. */
const send = (context: BrowserContext, server: Server, method: string, path: string, data: object = {}) =>
  context.request.fetch(server.url + path, { method, data, headers: { 'content-type': 'application/json' } });

test('nobody gets in but by the door; a viewer watches and changes nothing; a session can be taken away', async ({
  stage,
  page,
  context,
  browser,
}) => {
  test.setTimeout(120_000);
  const server = await stage.server({ flags: ['--auth', 'password'] });
  await stage.pulsewatch(
    [
      'simulate',
      ...['--server', `127.0.0.1:${server.heartbeatPort}`, '--hosts', '20', '--interval', '200ms'],
      ...['--kill', '3@2s', '--seed', '3'],
    ],
    /.+/,
  );
  const complaints = complaintsOf(page);

  // Logged out there is the sign-in page, and nothing else.
  for (const path of ['/api/health', '/api/hosts', '/rt/poll', '/rt/clock', '/api/openapi.json']) {
    const { status, headers } = await fetch(server.url + path);
    expect(status, path).toBe(401);
    expect(headers.get('content-type'), path).toContain('application/problem+json');
  }
  await page.goto(`${server.url}/hosts?state=down`);
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel('Setup token').fill(await setupTokenOf(server));
  await page.getByLabel('Your name').fill('root');
  await page
    .getByLabel(/^(Choose a )?[Pp]assword/)
    .first()
    .fill(ROOT_PASSWORD);
  await page.getByRole('button', { name: 'Make the administrator and sign in' }).click();
  await expect(page).toHaveURL(`${server.url}/hosts?state=down`);
  await expect(page.locator('tr[data-row]')).toHaveCount(3);
  await expect(pill(page)).toHaveAttribute('data-status', 'live');

  await page.goto(`${server.url}/settings`);
  await page.getByRole('button', { name: 'New user' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('watch');
  await dialog.getByLabel('Role', { exact: true }).selectOption('viewer');
  await dialog.getByLabel('Password', { exact: true }).fill(VIEWER_PASSWORD);
  await dialog.getByRole('button', { name: 'Add the user' }).click();
  await expect(page.getByTestId('users')).toContainText('watch');
  await page.getByRole('button', { name: 'New token' }).click();
  await dialog.getByLabel('What is it for?').fill('a script');
  await dialog.getByLabel('It may act as').selectOption('operator');
  await dialog.getByRole('button', { name: 'Make the token' }).click();
  const token = /pwt_\S+/.exec(
    (await page.getByTestId('made-token').locator('code').first().textContent()) ?? '',
  )![0];
  const asked = await fetch(`${server.url}/api/health`, { headers: { authorization: `Bearer ${token}` } });
  expect(asked.status).toBe(200);
  await page.getByRole('button', { name: 'I have copied it' }).click();
  await expect(page.getByText(token)).toHaveCount(0);

  const viewing = await browser.newContext({ locale: 'en-GB' });
  const tabs: Page[] = [];
  const first = await viewing.newPage();
  await first.goto(`${server.url}/alerts`);
  await signIn(first, 'watch', 'not the password');
  await expect(first.getByText(/The name or the password is wrong/)).toBeVisible();
  await signIn(first, 'watch', VIEWER_PASSWORD);
  await expect(first).toHaveURL(`${server.url}/alerts`);
  for (const transport of TRANSPORTS) {
    const tab = await viewing.newPage();
    await tab.goto(`${server.url}/alerts?transport=${transport}`);
    await expect(pill(tab)).toHaveAttribute('data-transport', transport);
    await expect(pill(tab)).toHaveAttribute('data-status', 'live');
    tabs.push(tab);
  }
  await first.bringToFront();
  await expect(first.getByText(/no heartbeat for/).first()).toBeVisible();
  await expect(first.getByTestId('user-menu')).toBeVisible();
  await expect(first.getByRole('button', { name: /^Acknowledge/ })).toHaveCount(0);
  const { alerts } = (await (
    await viewing.request.get(`${server.url}/api/alerts?status=unhandled`)
  ).json()) as AlertPage;
  expect(alerts).toHaveLength(3);
  const refused = await send(viewing, server, 'POST', '/api/alerts/ack', { ids: [alerts[0]!.id] });
  expect([refused.status(), (await refused.json()).code]).toEqual([403, 'forbidden']);

  const { sessions } = (await (
    await context.request.get(`${server.url}/api/sessions`)
  ).json()) as SessionList;
  const watching = sessions.filter(({ user }) => user === 'watch');
  expect(watching).toHaveLength(1);
  const revokedAt = Date.now();
  expect((await send(context, server, 'DELETE', `/api/sessions/${watching[0]!.id}`)).status()).toBe(200);
  for (const tab of tabs) await expect(pill(tab)).toHaveAttribute('data-status', 'signed-out');
  expect(Date.now() - revokedAt).toBeLessThan(ENDED_WITHIN_MS);
  await expect(tabs[0]!.getByTestId('signed-out-banner')).toBeVisible();

  // Signed in again in one tab, the others go on by themselves.
  await first.goto(`${server.url}/alerts`);
  await expect(first).toHaveURL(/\/login/);
  await signIn(first, 'watch', VIEWER_PASSWORD);
  await expect(first).toHaveURL(`${server.url}/alerts`);
  for (const tab of tabs) await expect(pill(tab)).toHaveAttribute('data-status', 'live');

  await page.bringToFront();
  await page.getByTestId('user-menu').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/login/);
  await page.goto(`${server.url}/settings`);
  await expect(page).toHaveURL(/\/login\?next=%2Fsettings/);
  await signIn(page, 'root', ROOT_PASSWORD);
  await expect(page).toHaveURL(`${server.url}/settings`);
  await expect(page.getByRole('heading', { name: 'Audit log' })).toBeVisible();
  expect(complaints.filter((text) => !/40[13]/.test(text))).toEqual([]);
  for (const secret of [ROOT_PASSWORD, VIEWER_PASSWORD, token]) expect(server.output).not.toContain(secret);
  await viewing.close();
});
