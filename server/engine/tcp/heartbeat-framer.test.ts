import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeartbeatFramer, MAX_FRAME_BYTES } from './heartbeat-framer.ts';

/** What comes out: messages as latin-1 text, then how it ended. */
function framed(chunks: readonly Uint8Array[]): string[] {
  const framer = new HeartbeatFramer();
  const found: string[] = [];
  for (const chunk of chunks) {
    framer.feed(chunk);
    for (;;) {
      const next = framer.next();
      if (next === 'more') break;
      if (next === 'oversized') return [...found, 'oversized'];
      found.push(Buffer.from(framer.bytes.subarray(framer.at, framer.at + framer.length)).toString('latin1'));
    }
  }
  return framer.isUnfinished ? [...found, 'unfinished'] : found;
}

const text = (value: string): Uint8Array => Buffer.from(value, 'latin1');

function frame(value: string): Uint8Array {
  const bytes = Buffer.from(value, 'latin1');
  const head = Buffer.alloc(2);
  head.writeUInt16BE(bytes.length);
  return Buffer.concat([head, bytes]);
}

/** The same stream in pieces that end at the given shares of it. */
function split(stream: Uint8Array, shares: readonly number[]): Uint8Array[] {
  const ends = [...shares.map((share) => Math.floor(share * (stream.length + 1))), stream.length];
  ends.sort((a, b) => a - b);
  let from = 0;
  return ends.map((to) => {
    const piece = stream.slice(from, to);
    from = to;
    return piece;
  });
}

const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 12 });

describe('the framer', () => {
  test('E140: a line each, with a newline or CR and newline, empty ones too', () => {
    expect(framed([text('web-01 interval=1s\nweb-02\r\n\nweb-03')])).toEqual([
      'web-01 interval=1s',
      'web-02',
      '',
      'unfinished',
    ]);
  });

  test('E140: a message behind each length, whatever bytes it has', () => {
    const stream = Buffer.concat([frame('\n\xb7\n'), frame(''), frame('x'.repeat(MAX_FRAME_BYTES))]);
    expect(framed([stream])).toEqual(['\n\xb7\n', '', 'x'.repeat(MAX_FRAME_BYTES)]);
  });

  test('E140: the first byte of the connection says which, for all of it', () => {
    // A blank line would be half a length.
    expect(framed([text('a\n\n\nb\n')])).toEqual(['a', '', '', 'b']);
    expect(framed([text('\x1f')])).toEqual(['unfinished']);
    expect(framed([text('\x20\n')])).toEqual([' ']);
  });

  test('E140: any splitting of a stream of lines gives the same messages', () => {
    const line = fc.stringMatching(/^[a-z0-9=\r-]{0,30}$/);
    const end = fc.constantFrom('\n', '\r\n');
    const lines = fc.array(fc.tuple(line, end), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(lines, fc.constantFrom('', 'web', 'x\r'), shares, (parts, rest, cuts) => {
        // The first byte makes it text.
        const stream = text(`a${parts.map(([body, ending]) => body + ending).join('')}${rest}`);
        const whole = framed([stream]);
        expect(framed(split(stream, cuts))).toEqual(whole);
        const ended = parts.map(([body, ending], i) =>
          `${i === 0 ? 'a' : ''}${body}${ending}`.replace(/\r?\n$/, ''),
        );
        expect(whole).toEqual(rest === '' ? ended : [...ended, 'unfinished']);
      }),
    );
  });

  test('E140: any splitting of a stream of frames gives the same messages', () => {
    const body = fc
      .oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.uint8Array({ minLength: 1_000, maxLength: MAX_FRAME_BYTES }),
      )
      .map((bytes) => Buffer.from(bytes).toString('latin1'));
    fc.assert(
      fc.property(fc.array(body, { minLength: 1, maxLength: 12 }), shares, (bodies, cuts) => {
        const stream = Buffer.concat(bodies.map(frame));
        expect(framed(split(stream, cuts))).toEqual(bodies);
        expect(framed([...stream].map((byte) => Uint8Array.of(byte)))).toEqual(bodies);
      }),
      { numRuns: 40 },
    );
  });

  test('E140: a message cut off at any byte is unfinished, and only that one', () => {
    const stream = Buffer.concat([frame('one'), frame('two')]);
    for (let cut = 6; cut < stream.length; cut++) {
      expect(framed([stream.subarray(0, cut)]), `${cut}`).toEqual(['one', 'unfinished']);
    }
  });

  test('E141: a line of 1,400 bytes is taken, with CR too; a longer one ends the reading', () => {
    const longest = 'x'.repeat(1_400);
    expect(framed([text(`${longest}\n${longest}\r\n`)])).toEqual([longest, longest]);
    expect(framed([text(`a\n${longest}x\nb\n`)])).toEqual(['a', 'oversized']);
    expect(framed([text(`a\n${longest}x\r\nb\n`)])).toEqual(['a', 'oversized']);
    // It need not come to its end to be too long.
    expect(framed([text(`${longest}xx`)])).toEqual(['oversized']);
  });

  test('E141: a length above 8,191 ends the reading', () => {
    expect(framed([frame('a'), text('\x20\x00'), frame('b')])).toEqual(['a', 'oversized']);
  });

  test('E141: oversized is oversized however the stream is split, and never holds more than one message', () => {
    const streams = [
      text(`${'x'.repeat(1_390)}\n${'y'.repeat(3_000)}`),
      Buffer.concat([frame('a'), text('\xff\xff')]),
    ];
    for (const stream of streams) {
      const whole = framed([stream]);
      expect(whole.at(-1)).toBe('oversized');
      fc.assert(
        fc.property(shares, (cuts) => {
          expect(framed(split(stream, cuts))).toEqual(whole);
        }),
      );
    }
    const framer = new HeartbeatFramer();
    let most = 0;
    for (const byte of frame('z'.repeat(MAX_FRAME_BYTES)).subarray(0, MAX_FRAME_BYTES)) {
      framer.feed(Uint8Array.of(byte));
      expect(framer.next()).toBe('more');
      most = Math.max(most, framer.heldBytes);
    }
    expect(most).toBeLessThanOrEqual(MAX_FRAME_BYTES + 2);
  });

  test('E141: between two messages nothing is held', () => {
    const framer = new HeartbeatFramer();
    framer.feed(text('web-'));
    framer.next();
    expect(framer.heldBytes).toBeGreaterThan(0);
    framer.feed(text('01\n'));
    expect(framer.next()).toBe('message');
    expect(framer.next()).toBe('more');
    expect(framer.heldBytes).toBe(0);
    expect(framer.bytes.length).toBe(0);
  });
});
