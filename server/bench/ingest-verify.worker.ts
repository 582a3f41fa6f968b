/**
 * The limit for signed beats: the same recvmmsg loop, and of each datagram whether its tag is that of the host it
 * names, by that host's own key, derived when it first comes. No run, no replay window, no state. The hashing is
 * server/host-keys.ts, as the server's is: the least that node:crypto takes for it.
 */
import { workerData } from 'node:worker_threads';
import { FLAG_TAGGED, HEADER_BYTES, OFFSET, TAG_BYTES } from '../../lib/protocol/heartbeat.ts';
import { HOST_KEY_WORDS, HostMac } from '../host-keys.ts';
import { BENCH_KEY } from './ingest-messages.ts';
import { type Batch, readForEver } from './ingest-recvmmsg-loop.ts';

/** Twice as many as there are hosts, by the first bits of an id, which is a hash already. */
const PLACES = 2 ** 21;

/** Datagrams read; of these, those whose tag was wrong or missing. */
const counts = new Float64Array(workerData as SharedArrayBuffer);
const mac = new HostMac();
const extracted = mac.extract(BENCH_KEY.master);
const keys = new Uint32Array(PLACES * HOST_KEY_WORDS);
const first = new Int32Array(PLACES);
const second = new Int32Array(PLACES);

const wordAt = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** Where the key of the host stands whose id begins at `at`. */
function placeOf(bytes: Uint8Array, at: number): number {
  const [one, two] = [wordAt(bytes, at), wordAt(bytes, at + 4)];
  let place = one & (PLACES - 1);
  while (first[place] !== one || second[place] !== two) {
    if (first[place] === 0 && second[place] === 0) {
      first[place] = one;
      second[place] = two;
      mac.derive(extracted, BENCH_KEY.id, bytes, at, keys, place);
      return place;
    }
    place = (place + 1) & (PLACES - 1);
  }
  return place;
}

function isRight(bytes: Uint8Array, at: number, length: number): boolean {
  if (length !== HEADER_BYTES + TAG_BYTES) return false;
  if (bytes[at + OFFSET.flags] !== FLAG_TAGGED || bytes[at + OFFSET.keyId] !== BENCH_KEY.id) return false;
  return mac.verify(bytes, at, HEADER_BYTES, keys, placeOf(bytes, at + OFFSET.hostId));
}

readForEver(counts, {
  look: ({ bytes, strideBytes, lengthOf }: Batch, taken) => {
    let wrong = 0;
    for (let i = 0; i < taken; i++) {
      if (!isRight(bytes, i * strideBytes, lengthOf(i))) wrong++;
    }
    if (wrong > 0) counts[1] = counts[1]! + wrong;
  },
});
