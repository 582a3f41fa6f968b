import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { guardRules, refusalOf } from './guard.ts';

const own = Object.values(networkInterfaces())
  .flatMap((card) => card ?? [])
  .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address));
const asked = (host: string, origin?: string) => ({
  headers: { host, ...(origin === undefined ? {} : { origin }) },
  rawHeaders: ['Host', host],
});

describe('who may ask by default', () => {
  test.each(['0.0.0.0', '::'])(
    'U58: for HOST %s each address of this machine, at this port, and the loopback names',
    (host) => {
      const rules = guardRules(host, 3_000, null, null);
      const reached = own.filter(({ family }) => family === 'IPv4' || host === '::');
      const names = reached.map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address));
      expect(new Set(rules.allowedHosts)).toEqual(new Set([...names, 'localhost', '127.0.0.1', '[::1]']));
      for (const name of rules.allowedHosts) {
        expect(refusalOf(asked(`${name}:3000`, `http://${name}:3000`), rules)).toBeNull();
        expect(refusalOf(asked(`${name}:3000`, `http://${name}:4000`), rules)?.code).toBe('foreign_origin');
      }
    },
  );

  test('U58: no name and no other address, of which a stranger could make this server', () => {
    const rules = guardRules('0.0.0.0', 3_000, null, null);
    for (const host of ['evil.example', '198.51.100.77', '0.0.0.0', '[::]', '127.0.0.1.evil.example']) {
      expect(refusalOf(asked(`${host}:3000`), rules)?.code).toBe('foreign_host');
    }
    const page = refusalOf(asked('127.0.0.1:3000', 'http://198.51.100.77:3000'), rules);
    expect(page?.code).toBe('foreign_origin');
  });

  test('U58: what is set replaces it', () => {
    const rules = guardRules('0.0.0.0', 3_000, ['pulse.example.com'], null);
    expect(rules).toEqual({
      allowedHosts: ['pulse.example.com'],
      allowedOrigins: ['http://pulse.example.com:3000'],
    });
  });
});
