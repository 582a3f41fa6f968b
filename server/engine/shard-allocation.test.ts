import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

test('E120: a million binary beats of known hosts leave the heap as it was', {
  timeout: 60_000,
}, async () => {
  const child = fileURLToPath(new URL('./testing/allocation-child.ts', import.meta.url));
  // A young generation so large that nothing is collected between the two looks at the heap.
  const flags = ['--expose-gc', '--max-semi-space-size=256', '--min-semi-space-size=256'];
  const { stdout } = await run(process.execPath, [...flags, child]);
  const { bytesABeat, withView, read, accepted } = JSON.parse(stdout) as Record<string, number>;
  expect([read, accepted]).toEqual([4_000_000, 4_000_000]);
  // One boxed number would be 16 bytes a beat; what is left are the calls, the ticks and the compiler.
  expect(bytesABeat).toBeLessThan(8);
  // The measure sees one view a beat.
  expect(withView! - bytesABeat!).toBeGreaterThan(60);
});
