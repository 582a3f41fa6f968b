/** Finds a Chromium for the browser tests, or gets one: Playwright's own, the system's, Debian's package. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright';

const SYSTEM_BROWSERS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The browser to start, or undefined for Playwright's own. `CHROMIUM_PATH` wins. */
export function chromiumExecutable(): string | undefined {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  if (existsSync(chromium.executablePath())) return undefined;
  return SYSTEM_BROWSERS.find((path) => existsSync(path));
}

function run(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'inherit', timeout: 300_000 });
    return true;
  } catch {
    return false;
  }
}

/** Makes sure that a browser is there; throws with the remedies when none can be had. */
export function ensureBrowser(): void {
  const present = () => chromiumExecutable() !== undefined || existsSync(chromium.executablePath());
  if (present()) return;
  console.log('No Chromium found; installing one for the browser tests.');
  if (run('npx', ['playwright', 'install', 'chromium']) && present()) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    run('apt-get', ['update']);
    if (
      run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-noto-cjk']) &&
      present()
    ) {
      return;
    }
  }
  throw new Error(
    'No Chromium for the browser tests. Install one (`apt-get install chromium`, or `npx playwright install --with-deps chromium`), or set CHROMIUM_PATH.',
  );
}
