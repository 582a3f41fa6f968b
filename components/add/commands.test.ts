import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLabelKey, isLabelValue } from '#lib/protocol/host.ts';
import { agentLine, bashLine, isLoopback, KEY_PLACE, parseLabels, reachableAddress } from './commands.ts';

const LOCAL = { host: '127.0.0.1', port: 9990 };

describe('the lines', () => {
  test('are, letter by letter, those the protocol shows', () => {
    expect(bashLine(LOCAL, 'web-01', [['rack', 'r17']])).toBe(
      'while :; do echo "web-01 interval=1s rack=r17" >/dev/udp/127.0.0.1/9990; sleep 1; done',
    );
    expect(agentLine(LOCAL, 'web-01', [['rack', 'r17']])).toBe(
      'npx pulsewatch agent --server 127.0.0.1:9990 --name web-01 --label rack=r17',
    );
  });

  test('over TCP the connection lasts, and the agent is told to use it', () => {
    expect(bashLine(LOCAL, 'web-01', [['rack', 'r17']], 'tcp')).toBe(
      'while :; do (while echo "web-01 interval=1s rack=r17"; do sleep 1; done >/dev/tcp/127.0.0.1/9990); sleep 1; done',
    );
    expect(agentLine(LOCAL, 'web-01', [], { carrier: 'tcp' })).toBe(
      'npx pulsewatch agent --server 127.0.0.1:9990 --tcp --name web-01',
    );
  });

  test('bash connects anew when the server ends the connection, and sends whole lines', async () => {
    const lines: string[] = [];
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const line = bashLine({ host: '127.0.0.1', port }, 'web-01', [], 'tcp').replaceAll(
      'sleep 1',
      'sleep 0.05',
    );
    const child = spawn('bash', ['-c', line], { stdio: 'ignore', detached: true });
    try {
      for (let connection = 0; connection < 3; connection++) {
        const [socket] = (await once(server, 'connection')) as [Socket];
        const [first] = (await once(socket, 'data')) as [Buffer];
        lines.push(String(first).split('\n')[0]!);
        socket.destroy();
      }
      expect(lines).toEqual(Array(3).fill('web-01 interval=1s'));
    } finally {
      process.kill(-child.pid!, 'SIGKILL');
      server.close();
    }
  });

  test('where heartbeats are signed the agent is given a key', () => {
    expect(agentLine(LOCAL, 'web-01', [], { tagged: true })).toBe(
      `HEARTBEAT_KEY=${KEY_PLACE} npx pulsewatch agent --server 127.0.0.1:9990 --name web-01`,
    );
  });

  test('an IPv6 address stands bare for bash and in brackets for the agent', () => {
    const address = { host: '::1', port: 9990 };
    expect(bashLine(address, 'a', [])).toContain('>/dev/udp/::1/9990;');
    expect(agentLine(address, 'a', [])).toBe('npx pulsewatch agent --server [::1]:9990 --name a');
  });

  test('bash reads every accepted label as it stands: nothing is expanded, run or split', () => {
    const awkward = fc.constantFrom(
      '$HOME',
      '$(id)',
      '\\',
      '!!',
      '&',
      ';',
      '|',
      '*',
      '~',
      '#',
      '(',
      ')',
      '<',
      '{a,b}',
    );
    const value = fc
      .array(fc.oneof(awkward, fc.string({ minLength: 1, maxLength: 3 })), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.join(''))
      .filter((text) => isLabelValue(text) && !text.includes('\0'));
    fc.assert(
      fc.property(value, (text) => {
        const echoed = bashLine(LOCAL, 'web-01', [['k', text]]).replace(
          /^while :; do (.*) >\/dev\/udp.*$/s,
          '$1',
        );
        expect(execFileSync('bash', ['-c', echoed], { encoding: 'utf8' })).toBe(
          `web-01 interval=1s k=${text}\n`,
        );
        const words = agentLine(LOCAL, 'web-01', [['k', text]]).replace('npx pulsewatch', "printf '%s\\n'");
        expect(execFileSync('bash', ['-c', words], { encoding: 'utf8' }).split('\n').at(-2)).toBe(
          `k=${text}`,
        );
      }),
      { numRuns: 40, seed: 20260102 },
    );
  });
});

describe('labels as typed', () => {
  test('pairs with any white space between, none at all included', () => {
    expect(parseLabels('  rack=r17   dc=eu-1 ')).toEqual({
      labels: [
        ['rack', 'r17'],
        ['dc', 'eu-1'],
      ],
    });
    expect(parseLabels('url=a=b')).toEqual({ labels: [['url', 'a=b']] });
    expect(parseLabels('   ')).toEqual({ labels: [] });
  });

  test.each([
    ['rack', 'form', 'rack'],
    ['=r17', 'form', '=r17'],
    ['Rack=r17', 'key', 'Rack'],
    ['interval=2s', 'reserved', 'interval'],
    ['__proto__=x', 'reserved', '__proto__'],
    ['rack=', 'value', 'rack='],
    ['rack="r17"', 'value', 'rack="r17"'],
    [`rack=${'ä'.repeat(33)}`, 'value', `rack=${'ä'.repeat(33)}`],
    ['a=1 a=2', 'twice', 'a'],
  ])('%j is refused as %s', (text, kind, part) => {
    expect(parseLabels(text)).toEqual({ problem: { kind, text: part } });
  });

  test('the seventeenth is one too many', () => {
    const pairs = Array.from({ length: 17 }, (_, index) => `k${index}=v`);
    expect(parseLabels(pairs.slice(0, 16).join(' '))).toHaveProperty('labels.length', 16);
    expect(parseLabels(pairs.join(' '))).toEqual({ problem: { kind: 'many' } });
  });

  test('whatever is accepted obeys the protocol', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        const parsed = parseLabels(text);
        if (!('labels' in parsed)) return;
        for (const [key, value] of parsed.labels) {
          expect(isLabelKey(key) && isLabelValue(value)).toBe(true);
        }
      }),
      { seed: 20260103 },
    );
  });
});

describe('addresses', () => {
  test('loopback is told from the rest', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '10.1.4.7', '128.0.0.1', '127.example.org'].some(isLoopback)).toBe(false);
  });

  test('every address of the machine is shown as the one this browser used', () => {
    const all = { port: 1, addresses: ['10.1.4.7', '2001:db8::7'] };
    expect(reachableAddress({ ...all, host: '0.0.0.0' }, 'pulse.example.org').host).toBe('pulse.example.org');
    expect(reachableAddress({ ...all, host: '::' }, '[2001:db8::7]').host).toBe('2001:db8::7');
    expect(reachableAddress({ ...LOCAL, addresses: [] }, 'pulse.example.org')).toEqual(LOCAL);
  });

  test('a browser on the machine itself is shown the address others reach', () => {
    for (const own of ['localhost', '127.0.0.1', '[::1]']) {
      const all = { host: '0.0.0.0', port: 1, addresses: ['10.1.4.7', '10.2.4.7'] };
      expect(reachableAddress(all, own)).toEqual({ host: '10.1.4.7', port: 1 });
      expect(reachableAddress({ ...all, addresses: [] }, own).host).toBe(own.replace(/[[\]]/g, ''));
    }
  });
});
