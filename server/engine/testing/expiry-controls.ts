/**
 * What one would pick instead of our FIFO and wheel, as well made as we can: typed arrays, nothing allocated a beat.
 * Controls of the expiry benchmark; times in ms.
 */

/** Who fell silent: each structure of the benchmark. */
export type Structure = {
  beat(host: number, nowMs: number): void;
  /** How many are newly down as of now. */
  look(nowMs: number): number;
};

const NONE = 0xffff_ffff;

/** ZooKeeper's session tracker: deadlines rounded up to a bucket, a beat moves the host between buckets. */
export function buckets(hosts: number, timeoutMs: number): Structure {
  const BUCKET_MS = 1_000;
  const SLOTS = 64;
  const heads = new Uint32Array(SLOTS).fill(NONE);
  const prev = new Uint32Array(hosts);
  const next = new Uint32Array(hosts);
  const bucketOf = new Float64Array(hosts).fill(-1);
  let begun = Number.NaN;
  return {
    beat(host, nowMs) {
      const bucket = Math.floor((nowMs + timeoutMs) / BUCKET_MS) + 1;
      const before = bucketOf[host]!;
      if (before === bucket) return;
      if (before !== -1) {
        const left = prev[host]!;
        const right = next[host]!;
        if (left === NONE) heads[before % SLOTS] = right;
        else next[left] = right;
        if (right !== NONE) prev[right] = left;
      }
      const slot = bucket % SLOTS;
      const head = heads[slot]!;
      prev[host] = NONE;
      next[host] = head;
      if (head !== NONE) prev[head] = host;
      heads[slot] = host;
      bucketOf[host] = bucket;
    },
    look(nowMs) {
      const now = Math.floor(nowMs / BUCKET_MS);
      if (Number.isNaN(begun)) begun = now;
      let found = 0;
      for (; begun <= now; begun++) {
        const slot = begun % SLOTS;
        for (let host = heads[slot]!; host !== NONE; host = next[host]!) {
          bucketOf[host] = -1;
          found++;
        }
        heads[slot] = NONE;
      }
      return found;
    },
  };
}

/** A binary heap of deadlines that knows where each host stands. */
export function heap(hosts: number, timeoutMs: number): Structure {
  const deadlines = new Float64Array(hosts);
  const at = new Int32Array(hosts).fill(-1);
  const order = new Uint32Array(hosts);
  let size = 0;
  const put = (place: number, host: number): void => {
    order[place] = host;
    at[host] = place;
  };
  const sink = (from: number, host: number): void => {
    const deadline = deadlines[host]!;
    let place = from;
    for (let child = 2 * place + 1; child < size; child = 2 * place + 1) {
      const right = child + 1;
      if (right < size && deadlines[order[right]!]! < deadlines[order[child]!]!) child = right;
      if (deadlines[order[child]!]! >= deadline) break;
      put(place, order[child]!);
      place = child;
    }
    put(place, host);
  };
  return {
    beat(host, nowMs) {
      deadlines[host] = nowMs + timeoutMs;
      // A new deadline is the latest: a new host belongs at the end, a known one further down.
      if (at[host] === -1) put(size++, host);
      else sink(at[host]!, host);
    },
    look(nowMs) {
      let found = 0;
      while (size > 0 && deadlines[order[0]!]! <= nowMs) {
        at[order[0]!] = -1;
        found++;
        size--;
        if (size > 0) sink(0, order[size]!);
      }
      return found;
    },
  };
}

/** A beat stores its time, a look reads all of them. */
export function scan(hosts: number, timeoutMs: number): Structure {
  const seenAtMs = new Float64Array(hosts).fill(Number.POSITIVE_INFINITY);
  return {
    beat(host, nowMs) {
      seenAtMs[host] = nowMs;
    },
    look(nowMs) {
      const limit = nowMs - timeoutMs;
      let found = 0;
      for (let host = 0; host < hosts; host++) {
        if (seenAtMs[host]! > limit) continue;
        seenAtMs[host] = Number.POSITIVE_INFINITY;
        found++;
      }
      return found;
    },
  };
}
