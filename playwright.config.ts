import { defineConfig } from 'playwright/test';
import { chromiumExecutable } from './e2e/support/browser.ts';

const LOOKS = ['**/accessibility.spec.ts', '**/access.spec.ts'];

export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  globalSetup: './e2e/support/global-setup.ts',
  outputDir: 'test-results',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  workers: 2,
  projects: [
    // They measure real latencies beside a real server: two at once on two cores would measure each other.
    { name: 'journeys', testIgnore: LOOKS, workers: 1 },
    // What a page shows, whenever it does.
    { name: 'looks', testMatch: LOOKS, fullyParallel: true, dependencies: ['journeys'] },
  ],
  forbidOnly: process.env.CI === 'true',
  retries: 0,
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    launchOptions: {
      executablePath: chromiumExecutable(),
      args: [
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
    locale: 'en-GB',
    trace: 'retain-on-failure',
  },
});
