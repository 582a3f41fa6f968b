import { uptime } from 'node:os';
import { expect, test } from 'vitest';
import { sleepUs, suspendedMs } from './kernel-clock.ts';
import { libc, succeed, systemError, whyNoLibc } from './libc.ts';
import { PinnedMemory } from './pinned-memory.ts';

test('E78: suspended time is what the clock with suspensions has more than the one without', () => {
  const beforeMs = suspendedMs();
  const [seconds, nanoseconds] = process.hrtime();
  const expectedMs = uptime() * 1_000 - (seconds * 1_000 + nanoseconds / 1e6);
  // os.uptime counts hundredths of a second.
  expect(Math.abs(beforeMs - expectedMs)).toBeLessThan(200);
  sleepUs(20_000);
  // Time that passes is not time suspended.
  expect(Math.abs(suspendedMs() - beforeMs)).toBeLessThan(10);
});

test('E74: a failed call is the error Node would have made of it', () => {
  expect(whyNoLibc()).toBeNull();
  expect(() => succeed(libc().close(-1), 'close')).toThrow(
    expect.objectContaining({ message: 'close EBADF', code: 'EBADF', errno: -9, syscall: 'close' }),
  );
  expect(systemError(98, 'bind', { host: '::1', port: 7 })).toMatchObject({
    message: 'bind EADDRINUSE ::1:7',
    code: 'EADDRINUSE',
    address: '::1',
    port: 7,
  });
  expect(systemError(0, 'recvmmsg').message).toBe('recvmmsg errno 0');
});

test('E76: pinned memory keeps its address, is whole words and zeroed', () => {
  const small = new PinnedMemory(1);
  expect([...small.bytes]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect(small.address % 8).toBe(0);
  small.setPointer(0, 0x7fff_1234_5678);
  expect([...small.words]).toEqual([0x1234_5678, 0x7fff]);
  const others = Array.from({ length: 50 }, () => new PinnedMemory(40));
  expect(new Set(others.map(({ address }) => address)).size).toBe(50);
});
