/** Memory of this process that is in use. For tests of what may not grow. */
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The heap and what buffers hold, after a collection; hundreds of ms. */
export async function bytesInUse(): Promise<number> {
  collectGarbage();
  // What buffers held is given back by a later turn.
  await turn();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
