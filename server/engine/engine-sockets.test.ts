import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { clockOrigin } from '../clock.ts';
import { bufferNotice, chooseReceiver } from './engine-sockets.ts';
import { type Engine, type EngineOptions, startEngine, TransitionKind, TransitionReason } from './index.ts';
import { ENGINE_MODES, shardOf } from './testing/engine-modes.ts';

const engines: Engine[] = [];

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
});

async function start(options: Partial<EngineOptions>): Promise<Engine> {
  const engine = await startEngine({
    addresses: [
      { host: '127.0.0.1', port: 0 },
      { host: '::1', port: 0 },
    ],
    shards: 1,
    maxHosts: 1_000,
    misses: 5,
    minTimeoutMs: 500,
    maxTimeoutMs: 3_600_000,
    clockOrigin: clockOrigin(),
    receiver: 'auto',
    onBatch: () => {},
    onFault: (error) => {
      throw error;
    },
    ...options,
  });
  engines.push(engine);
  return engine;
}

describe('which receiver', () => {
  const no = { possible: false, why: 'the system is plan9' } as const;
  const noticesOf = (wanted: 'auto' | 'recvmmsg' | 'dgram', possible: { possible: true } | typeof no) => {
    const notices: string[] = [];
    return [
      chooseReceiver(
        wanted,
        (text) => notices.push(text),
        () => possible,
      ),
      notices.join(),
    ];
  };

  test('E95: auto takes recvmmsg where it can be had, and else says why not', () => {
    expect(noticesOf('auto', { possible: true })).toEqual(['recvmmsg', '']);
    expect(noticesOf('auto', no)).toEqual(['dgram', expect.stringContaining('the system is plan9')]);
  });

  test('E95: by name it is that one or an error', () => {
    expect(noticesOf('recvmmsg', { possible: true })).toEqual(['recvmmsg', '']);
    expect(noticesOf('dgram', { possible: true })).toEqual(['dgram', '']);
    expect(() => noticesOf('recvmmsg', no)).toThrow(/recvmmsg cannot be had here: the system is plan9/);
  });

  test('E95: a small buffer is told with what helps, one as asked for is not', () => {
    expect(bufferNotice(1_000_000, 1_000_000)).toBeNull();
    expect(bufferNotice(425_984, null)).toBeNull();
    expect(bufferNotice(425_984, 134_217_728)).toMatch(
      /425984 bytes.*instead of 134217728.*net\.core\.rmem_max=67108864/,
    );
  });
});

describe.each(ENGINE_MODES)('TCP, $receiver with $shards', (mode) => {
  test('E88: heartbeats over TCP, on the same port: up by the owner, down at once when the process is gone', async () => {
    const told: { shard: number; kind: number; reason: number; tookMs: number }[] = [];
    const names: string[] = [];
    let endedAtMs = Number.NaN;
    let wake = (): void => {};
    const engine = await start({
      ...mode,
      tcp: true,
      onBatch: ({ shard, described, transitions }) => {
        for (const { name } of described) names.push(name ?? '?');
        for (let i = 0; i < transitions.length; i++) {
          const tookMs = performance.now() - endedAtMs;
          told.push({ shard, kind: transitions.kinds[i]!, reason: transitions.reasons[i]!, tookMs });
        }
        wake();
      },
    });
    const until = async (enough: () => boolean): Promise<void> => {
      while (!enough()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    const { host, port } = engine.addresses[1]!;
    const connection = connect(port, host);
    connection.write('by-tcp interval=10s rack=r1\n');
    await until(() => told.length === 1);
    expect(names).toEqual(['by-tcp']);
    expect(told[0]).toMatchObject({ shard: shardOf('by-tcp', mode.shards), kind: TransitionKind.up });
    expect(engine.ingest()).toMatchObject({ tcp: { connections: 1 } });
    endedAtMs = performance.now();
    connection.end();
    await until(() => told.length === 2);
    expect(told[1]).toMatchObject({ kind: TransitionKind.down, reason: TransitionReason.closed });
    await expect.poll(() => engine.ingest()).toMatchObject({ read: 1, accepted: 1, tcp: { connections: 0 } });
  });

  test('E47: where the port is taken for TCP the start is rejected, and no socket stays open', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const addresses = [{ host: '127.0.0.1', port }];
    await expect(start({ ...mode, addresses, tcp: true })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      port,
    });
    const again = createSocket('udp4').bind(port, '127.0.0.1');
    await once(again, 'listening');
    again.close();
    holder.close();
  });
});
