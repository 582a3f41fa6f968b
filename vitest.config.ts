import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { '@': import.meta.dirname } },
  test: {
    include: ['{app,components,lib,server}/**/*.test.{ts,tsx}'],
    environment: 'node',
    testTimeout: 15_000,
    // Two cores are the house rule; process tests need one of them for the processes they start.
    maxWorkers: 2,
    restoreMocks: true,
  },
});
