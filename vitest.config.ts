import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { '@': import.meta.dirname } },
  test: {
    include: ['{app,components,lib,server}/**/*.test.{ts,tsx}'],
    environment: 'node',
    testTimeout: 15_000,
    // More than the two cores we count on, because most of the long tests wait for sockets and processes; but few
    // enough that a test that waits for a moment gets its turn.
    maxWorkers: 3,
    restoreMocks: true,
  },
});
