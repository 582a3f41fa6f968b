import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { HOST_KEY_WORDS, HostMac, hostKey } from './host-keys.ts';

const words = (key: Uint8Array): Uint32Array => new Uint32Array(Uint8Array.from(key).buffer);

test('E135: the key is HKDF-SHA256 without salt over name, key id and host id', () => {
  // Reckoned by hand from RFC 5869: extract with 32 zero bytes, then one block of expand.
  const master = randomBytes(32);
  const hostId = randomBytes(8);
  const extracted = createHmac('sha256', new Uint8Array(32)).update(master).digest();
  const info = Buffer.concat([Buffer.from('pulsewatch-host-v1'), Buffer.of(7), hostId]);
  const expected = createHmac('sha256', extracted).update(info).update(Uint8Array.of(1)).digest();
  expect(Buffer.from(hostKey(master, 7, hostId))).toEqual(expected);
});

test('E135: the fast way derives and signs what Node’s own HKDF and HMAC do', () => {
  const mac = new HostMac();
  const keys = new Uint32Array(3 * HOST_KEY_WORDS);
  for (let i = 0; i < 300; i++) {
    const master = randomBytes(16 + (i % 49));
    const message = randomBytes([32, 32, 33, 64, 100, 1_665][i % 6]!);
    const at = i % 5;
    const memory = new Uint8Array(at + message.length + 16 + 3);
    memory.set(message, at);
    const keyId = 1 + (i % 255);
    const reference = hostKey(master, keyId, message.subarray(4, 12));
    mac.derive(mac.extract(master), keyId, memory, at + 4, keys, 2);
    expect(keys.subarray(2 * HOST_KEY_WORDS)).toEqual(words(reference));
    mac.sign(memory, at, message.length, keys, 2);
    const tag = createHmac('sha256', reference).update(message).digest().subarray(0, 16);
    expect(Buffer.from(memory.subarray(at + message.length, at + message.length + 16))).toEqual(tag);
    expect(mac.verify(memory, at, message.length, keys, 2)).toBe(true);
    expect(mac.verify(memory, at, message.length, keys, 1)).toBe(false);
    memory[at + message.length + (i % 16)]! ^= 1 << (i % 8);
    expect(mac.verify(memory, at, message.length, keys, 2)).toBe(false);
  }
});

test('E135: a fixed example, for whoever writes an agent', () => {
  const master = Buffer.from('00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 'hex');
  // printf web-01 | sha256sum | cut -c1-16
  const key = hostKey(master, 1, Buffer.from('0b9d9f06cc8cf447', 'hex'));
  const beat = 'b71101010b9d9f06cc8cf44700505c18a3010000010000000000000064000000';
  const bytes = Uint8Array.from(Buffer.from(beat + '00'.repeat(16), 'hex'));
  new HostMac().sign(bytes, 0, 32, words(key), 0);
  expect(Buffer.from(bytes).toString('hex')).toBe(`${beat}ba86cc400ad5288076eb9a27ef22f465`);
  expect(Buffer.from(key).toString('hex')).toBe(
    '9578e760fbeff57829c75cc0071ebaff2217464f54580ec68f11a7a703f2e6c5',
  );
});
