/** The limit in the ingest benchmark: a recvmmsg loop that counts and looks at nothing. */
import { workerData } from 'node:worker_threads';
import { readForEver } from './ingest-recvmmsg-loop.ts';

readForEver(new Float64Array(workerData as SharedArrayBuffer));
